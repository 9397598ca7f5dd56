//! Traces and metrics over OTLP, to a collector that stands in for yours.
//!
//! Spans come from `tracing` by way of `tracing-opentelemetry`. Metrics are recorded by an observer of this program's own
//! ([`meters`]), over OpenTelemetry's meters.
//!
//! You will see what the collector got, of one call that took three attempts:
//!
//! ```text
//! the call ended with 200 OK
//! spans
//!   call http.request.method=POST server.address=127.0.0.1
//!     POST … http.response.status_code=503 error.type=503
//!     POST … http.request.resend_count=1 http.response.status_code=429 error.type=429
//!     POST … http.request.resend_count=2 http.response.status_code=200
//! metrics
//!   buttress_calls_total, 1 points
//!   …
//! ```

mod collector;
mod export;
mod meters;

use std::sync::Arc;

use buttress::BoxError;
use buttress::classify::{ClassifyLayer, Rules};
use buttress::observe::{AttemptLayer, CallLayer, Observer};
use buttress::providers::openai;
use buttress::reqwest::{SendWith, Transport};
use buttress::retry::{Retries, RetryLayer};
use buttress_testkit::{Config, Fault, Hint, Server};
use opentelemetry::metrics::MeterProvider;
use tower::ServiceBuilder;

use self::collector::Collector;
use self::export::Export;
use self::meters::Meters;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let collector = Collector::start().await?;
    let export = Export::start(collector.url())?;

    let server = Server::start(Config::default())?;
    server.push_fault(Fault::Unavailable(Hint::Millis(200)));
    server.push_fault(Fault::RateLimited(Hint::Millis(300)));

    let observer: Arc<dyn Observer> = Arc::new(Meters::new(&export.meters().meter("buttress")));
    let raw = reqwest::Client::builder().no_proxy().build()?;
    let client = ServiceBuilder::new()
        .layer(CallLayer::new(observer.clone()).with_spans())
        .layer(RetryLayer::new(Retries::default()).with_observer(observer.clone()))
        .layer(AttemptLayer::new(observer).with_spans())
        .layer(ClassifyLayer::new(Rules::new().then(openai::PROFILE)))
        .service(Transport::new(raw.clone()));

    let request = raw
        .post(format!("{}/v1/chat/completions", server.url()))
        .header("content-type", "application/json")
        .body(r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}"#);
    let reply = request.send_with(&client).await?;
    println!("the call ended with {}", reply.status());
    drop((reply, client));

    export.end().await?;
    let report = collector.report();
    print!("{report}");
    missing(&report).map_or(Ok(()), |part| {
        Err(format!("the collector has no {part}").into())
    })
}

/// What the collector did not get of the three attempts and of what is measured, if there is such a thing.
fn missing(report: &str) -> Option<&'static str> {
    let expected = [
        "\n  call http.request.method=POST",
        "\n    POST http.request.method=POST",
        "http.request.resend_count=1 http.response.status_code=429",
        "http.request.resend_count=2 http.response.status_code=200",
        "buttress_calls_total, 1 points",
        "http.client.request.duration, 3 points",
    ];
    expected.into_iter().find(|part| !report.contains(part))
}
