//! What it costs to be observed: the call and attempt layers alone, each observer, and the whole stack with and without.
//!
//! Metrics go to the recorder that Prometheus is scraped from, as they do in a program. No subscriber is there for what
//! `tracing` would be told: these rows are what everybody pays who has the feature on.

use std::sync::Arc;

use buttress::observe::{AttemptLayer, CallLayer, Metrics, Observer, Tracing};
use metrics_exporter_prometheus::PrometheusBuilder;
use tower::{BoxError, Layer};

use super::stack::{above, beneath};
use crate::bench::Bench;
use crate::load::{Http, Load};

type Layers = (CallLayer, AttemptLayer);

/// Nobody is told; metrics; spans and lines that nobody collects; both.
pub(super) fn rows(bench: &mut Bench) -> Result<(), BoxError> {
    // Installed by whoever gets here first: a handle is resolved by the first call.
    let _already = metrics::set_global_recorder(PrometheusBuilder::new().build_recorder());
    let metrics = || Metrics::new("openai");
    let named = metrics().with_http_names("api.example.com");
    for (alone, whole, (call, attempt)) in [
        ("observe, nobody", "stack, nobody", Layers::default()),
        ("observe, metrics", "stack, metrics", told(metrics())),
        (
            "observe, metrics, http names",
            "stack, metrics, http names",
            told(named),
        ),
        (
            "observe, tracing off",
            "stack, tracing off",
            traced(Tracing),
        ),
        (
            "observe, metrics, tracing off",
            "stack, metrics, tracing off",
            traced((metrics(), Tracing)),
        ),
    ] {
        let inside = attempt.layer(Http::inner());
        bench.row::<Http, _>(alone, None, call.layer(inside));
        let inside = above(attempt.layer(beneath()))?;
        bench.row::<Http, _>(whole, Some("stack"), call.layer(inside));
    }
    Ok(())
}

fn told(observer: impl Observer + 'static) -> Layers {
    let observer: Arc<dyn Observer> = Arc::new(observer);
    (
        CallLayer::new(Arc::clone(&observer)),
        AttemptLayer::new(observer),
    )
}

fn traced(observer: impl Observer + 'static) -> Layers {
    let (call, attempt) = told(observer);
    (call.with_spans(), attempt.with_spans())
}
