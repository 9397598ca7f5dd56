#![expect(clippy::disallowed_macros, reason = "this is the one place")]

use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Label, SharedString, Unit};

use crate::observe::metric::{self, Kind, Metric};

/// What all metrics of one upstream are labelled with.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    upstream: Arc<str>,
    profile: Arc<str>,
    server: Option<Arc<str>>,
}

impl Labels {
    pub(super) fn new(upstream: &str) -> Self {
        Self {
            upstream: upstream.into(),
            profile: "".into(),
            server: None,
        }
    }

    pub(super) fn with_profile(self, profile: &str) -> Self {
        let profile = profile.into();
        Self { profile, ..self }
    }

    pub(super) fn with_server(self, server: &str) -> Self {
        let server = Some(server.into());
        Self { server, ..self }
    }

    pub(super) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    pub(super) fn counter(&self, metric: Metric, value: Option<SharedString>) -> Counter {
        metrics::counter!(metric.name(), self.of(metric, value))
    }

    pub(super) fn gauge(&self, metric: Metric, value: Option<SharedString>) -> Gauge {
        metrics::gauge!(metric.name(), self.of(metric, value))
    }

    pub(super) fn histogram(&self, metric: Metric, value: Option<SharedString>) -> Histogram {
        metrics::histogram!(metric.name(), self.of(metric, value))
    }

    /// `upstream` and `profile`, and the third label if the metric has one.
    fn of(&self, metric: Metric, value: Option<SharedString>) -> Vec<Label> {
        let (upstream, profile) = (self.upstream.to_string(), self.profile.to_string());
        let mut labels = vec![
            Label::new("upstream", upstream),
            Label::new("profile", profile),
        ];
        let third = metric.labels().get(2).zip(value);
        labels.extend(third.map(|(name, value)| Label::new(*name, value)));
        labels
    }
}

/// What has OpenTelemetry's name has its labels too.
pub(super) fn http_histogram(labels: Vec<Label>) -> Histogram {
    metrics::histogram!(Metric::HttpClientRequestDuration.name(), labels)
}

/// Tells the recorder units and help texts.
pub(super) fn describe(metric: Metric) {
    let (name, help) = (metric.name(), metric.help());
    let unit = match metric.unit() {
        metric::Unit::Count | metric::Unit::Ratio => Unit::Count,
        metric::Unit::Seconds => Unit::Seconds,
    };
    match metric.kind() {
        Kind::Counter => metrics::describe_counter!(name, unit, help),
        Kind::Gauge => metrics::describe_gauge!(name, unit, help),
        Kind::Histogram => metrics::describe_histogram!(name, unit, help),
    }
}
