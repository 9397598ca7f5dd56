//! hyper's client through the stack, and a bill that is not paid.
//!
//! You will see a 429 that is not repeated, as no wait lifts it, and by which rule that was known:
//!
//! ```text
//! 429 Too Many Requests: quota_exhausted by the rule "openai quota", 1 attempt, as such a failure is not repeated
//! ```

use buttress::classify::{ClassifyLayer, Rules};
use buttress::core::{History, Outcome};
use buttress::providers::openai;
use buttress::retry::{Retries, RetryLayer};
use buttress_testkit::{Config, OpenAiLimits, Server};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{ServiceBuilder, ServiceExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), buttress::BoxError> {
    let spent = OpenAiLimits::default().with_quota(0);
    let server = Server::start(Config::default().with_openai(spent))?;

    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(Retries::default()))
        .layer(ClassifyLayer::new(Rules::new().then(openai::PROFILE)))
        .service(Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>());

    let body = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}"#;
    let request = Request::post(format!("{}/v1/chat/completions", server.url()))
        .header("content-type", "application/json")
        .body(Full::from(body))?;
    let reply = client.oneshot(request).await?;

    let extensions = reply.extensions();
    let (outcome, history) = (extensions.get::<Outcome>(), extensions.get::<History>());
    let (outcome, history) = (outcome.ok_or("no outcome")?, history.ok_or("no history")?);
    println!(
        "{}: {} by the rule {:?}, {history}",
        reply.status(),
        outcome.class(),
        outcome.rule()
    );
    Ok(())
}
