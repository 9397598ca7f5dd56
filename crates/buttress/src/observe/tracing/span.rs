use std::cell::LazyCell;

use buttress_core::Class;
use buttress_core::event::About;
use tracing::field::Empty;
use tracing::{error_span, info_span};

use crate::observe::metric::DROPPED;

/// The span of a call or an attempt, or none. Where no subscriber wants it, it is made by one look at a static, and nothing
/// is found out about the request.
pub(in crate::observe) struct Span(tracing::Span);

impl Span {
    pub(in crate::observe) const fn none() -> Self {
        Self(tracing::Span::none())
    }

    /// At the level of errors: a span that a filter leaves out is missing in every line inside it, the warning that a call
    /// was lost among them.
    pub(in crate::observe) fn call<'a>(about: impl FnOnce() -> About<'a>) -> Self {
        let about = LazyCell::new(about);
        Self(error_span!(
            "call",
            correlation_id = told(about.correlation),
            http.request.method = told(about.method),
            server.address = told(about.server),
            error.type = Empty,
        ))
    }

    /// With the fields that OpenTelemetry's conventions have for the span of an HTTP client.
    pub(in crate::observe) fn attempt<'a>(about: impl FnOnce() -> About<'a>, attempt: u32) -> Self {
        let about = LazyCell::new(about);
        // "Only if the request was a retry": attempts count from 1, and what was sent again from 0.
        let resends = Some(attempt.saturating_sub(1)).filter(|resends| *resends > 0);
        Self(info_span!(
            "attempt",
            otel.name = told(about.method),
            otel.kind = "client",
            http.request.method = told(about.method),
            server.address = told(about.server),
            server.port = about.port,
            http.request.resend_count = resends,
            http.response.status_code = Empty,
            error.type = Empty,
        ))
    }

    /// Whether nobody collects it.
    pub(in crate::observe) fn is_off(&self) -> bool {
        self.0.is_disabled()
    }

    pub(in crate::observe) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.in_scope(work)
    }

    /// `error.type` is the status where there is one of an error, and our own word where there is none.
    pub(in crate::observe) fn ended(&self, status: Option<u16>, class: Option<Class>) {
        if self.is_off() {
            return;
        }
        if let Some(status) = status {
            self.0.record("http.response.status_code", status);
        }
        match (status, class) {
            (_, None) => self.0.record("error.type", DROPPED),
            (_, Some(Class::Ok)) => &self.0,
            (Some(status @ 400..), _) => {
                self.0.record("error.type", tracing::field::display(status))
            }
            (_, Some(class)) => self.0.record("error.type", class.name()),
        };
    }
}

/// A field that is empty is left out.
fn told(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
