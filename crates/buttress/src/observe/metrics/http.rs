use std::sync::{Arc, OnceLock};
use std::time::Duration;

use buttress_core::Class;
use metrics::{Histogram, Label};

use super::labels::http_histogram;
use super::place;
use crate::observe::describe::METHODS;
use crate::observe::metric::DROPPED;

/// OpenTelemetry's duration of a request: a histogram for each method and each status, or each reason why there was none.
///
/// The table has a place for each, so that nothing is looked up by name; a histogram is made when the first value comes.
/// As the convention has it the labels that say nothing are left out.
pub(super) struct Http {
    server: Arc<str>,
    methods: [OnceLock<Box<Method>>; METHODS.len()],
}

struct Method {
    by_status: [OnceLock<Histogram>; STATUSES],
    by_class: [OnceLock<Histogram>; Class::ALL.len() + 1],
}

/// From 100 to 599, which is all that RFC 9110 has. Another is counted as if there were none.
const STATUSES: usize = 500;
const FIRST: u16 = 100;

impl Http {
    pub(super) fn new(server: &str) -> Self {
        Self {
            server: server.into(),
            methods: Default::default(),
        }
    }

    pub(super) fn record(
        &self,
        method: &'static str,
        status: Option<u16>,
        class: Option<Class>,
        elapsed: Duration,
    ) {
        // What is not HTTP has no method, and no metric of HTTP's.
        let Some(index) = METHODS.iter().position(|known| *known == method) else {
            return;
        };
        let table = self.methods[index].get_or_init(Box::default);
        let by_status = status.and_then(|status| {
            let place = status.checked_sub(FIRST)?;
            table.by_status.get(usize::from(place))
        });
        let histogram = match by_status {
            Some(histogram) => histogram.get_or_init(|| self.histogram(method, status, None)),
            None => table.by_class[place(class)].get_or_init(|| {
                let class = class.map_or(DROPPED, Class::name);
                let error = Some(class).filter(|class| *class != Class::Ok.name());
                self.histogram(method, None, error)
            }),
        };
        histogram.record(elapsed);
    }

    fn histogram(
        &self,
        method: &'static str,
        status: Option<u16>,
        class: Option<&'static str>,
    ) -> Histogram {
        let mut labels = vec![
            Label::from_static_parts("http.request.method", method),
            Label::new("server.address", self.server.to_string()),
        ];
        if let Some(status) = status {
            labels.push(Label::new("http.response.status_code", status.to_string()));
        }
        let error = status.filter(|status| *status >= 400);
        let error = error.map(|status| status.to_string());
        if let Some(error) = error.or_else(|| class.map(str::to_owned)) {
            labels.push(Label::new("error.type", error));
        }
        http_histogram(labels)
    }
}

impl Default for Method {
    fn default() -> Self {
        Self {
            by_status: [const { OnceLock::new() }; STATUSES],
            by_class: Default::default(),
        }
    }
}
