//! Events as OpenTelemetry's metrics.

use buttress::core::Class;
use buttress::observe::{DROPPED, Event, Metric, Observer};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

/// What this program wants to know; each instrument is made once. `buttress::observe::Metrics` has the whole list.
pub(crate) struct Meters {
    calls: Counter<u64>,
    retries: Counter<u64>,
    waits: Histogram<f64>,
    requests: Histogram<f64>,
}

impl Meters {
    pub(crate) fn new(meter: &Meter) -> Self {
        let counter = |metric: Metric| {
            let counter = meter.u64_counter(metric.name());
            counter.with_description(metric.help()).build()
        };
        let histogram = |metric: Metric| {
            let histogram = meter.f64_histogram(metric.name()).with_unit("s");
            let histogram = histogram.with_boundaries(metric.buckets().to_vec());
            histogram.with_description(metric.help()).build()
        };
        Self {
            calls: counter(Metric::Calls),
            retries: counter(Metric::Retries),
            waits: histogram(Metric::WaitDuration),
            requests: histogram(Metric::HttpClientRequestDuration),
        }
    }
}

impl Observer for Meters {
    fn observe(&self, event: &Event<'_>) {
        match *event {
            Event::CallEnded { class, .. } => {
                let class = class.map_or(DROPPED, Class::name);
                self.calls.add(1, &[KeyValue::new("class", class)]);
            }
            Event::RetryScheduled { cause, .. } => {
                self.retries.add(1, &[KeyValue::new("cause", cause.name())]);
            }
            Event::Waited { cause, wait, .. } => {
                let cause = KeyValue::new("cause", cause.name());
                self.waits.record(wait.as_secs_f64(), &[cause]);
            }
            Event::AttemptEnded {
                method,
                status,
                elapsed,
                ..
            } => {
                let status = i64::from(status.unwrap_or_default());
                let labels = [
                    KeyValue::new("http.request.method", method),
                    KeyValue::new("http.response.status_code", status),
                ];
                self.requests.record(elapsed.as_secs_f64(), &labels);
            }
            _ => {}
        }
    }
}
