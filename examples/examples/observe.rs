//! What became of each call, in one line, and what was measured of all.
//!
//! The server has one refusal to give. You will see a call that met no trouble, one that was saved, and some numbers:
//!
//! ```text
//! DEBUG call{correlation_id="job-1" …}: call done class="ok" attempts=1 waited_ms=0 elapsed_ms=0
//!  INFO call{correlation_id="job-2" …}: call saved class="ok" attempts=2 classes=rate_limited, ok waits=hint … ms …
//! buttress_attempts_total{upstream="demo",profile="openai",class="rate_limited"} 1
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use buttress::classify::{ClassifyLayer, Rules};
use buttress::observe::{
    AttemptLayer, CallLayer, CorrelationId, Kind, Metric, Metrics, Observer, Report, Tracing,
};
use buttress::providers::openai;
use buttress::retry::{Retries, RetryLayer};
use http::{Request, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tracing_subscriber::filter::LevelFilter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), buttress::BoxError> {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::DEBUG)
        .with_target(false)
        .without_time()
        .init();
    let mut exporter = PrometheusBuilder::new();
    for metric in Metric::ALL.iter().filter(|it| it.kind() == Kind::Histogram) {
        let name = Matcher::Full(metric.name().to_owned());
        exporter = exporter.set_buckets_for_metric(name, metric.buckets())?;
    }
    let recorder = exporter.build_recorder();
    let page = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| "there is a recorder already")?;

    let metrics = Metrics::new("demo").with_profile("openai");
    let observer: Arc<dyn Observer> = Arc::new((metrics.clone(), Tracing));
    let retry = RetryLayer::new(Retries::default()).with_observer(Arc::clone(&observer));
    let budget = Arc::clone(retry.budget());
    let rules = Rules::new().then(openai::PROFILE);
    let requests = AtomicU32::new(0);
    let requests = &requests;
    let mut client = ServiceBuilder::new()
        .layer(CallLayer::new(Arc::clone(&observer)).with_spans())
        .layer(retry)
        .layer(AttemptLayer::new(Arc::clone(&observer)).with_spans())
        .layer(ClassifyLayer::new(rules).with_observer(observer))
        .service(service_fn(async |_: Request<String>| {
            let is_second = requests.fetch_add(1, Ordering::Relaxed) == 1;
            let answer = Response::builder().status(if is_second { 429 } else { 200 });
            answer.header("retry-after-ms", "50").body(String::new())
        }));

    for job in ["job-1", "job-2"] {
        let request = Request::get("https://api.example.com/v1?key=secret");
        let request = request.extension(CorrelationId::new(job));
        client
            .ready()
            .await?
            .call(request.body(String::new())?)
            .await?;
    }

    // Before each scrape: what changes by itself is told as it is now.
    budget.report(&metrics);
    let told = page.render();
    let numbers = told.lines().filter(|line| line.starts_with("buttress"));
    for line in numbers.filter(|line| !line.ends_with(" 0") && !line.contains("_bucket")) {
        println!("{line}");
    }
    Ok(())
}
