//! reqwest through the stack: a server that is unavailable twice, and then limits.
//!
//! You will see one call that took four attempts, and who chose each wait:
//!
//! ```text
//! 200 OK after 4 attempts
//!   unavailable, then a wait of 1 s that the server chose
//!   …
//! ```

use buttress::classify::{ClassifyLayer, Rules};
use buttress::core::History;
use buttress::providers::openai;
use buttress::reqwest::{SendWith, Transport};
use buttress::retry::{Retries, RetryLayer};
use buttress_testkit::{Config, Fault, Hint, Server};
use tower::ServiceBuilder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), buttress::BoxError> {
    let server = Server::start(Config::default())?;
    server.push_fault(Fault::Unavailable(Hint::None));
    server.push_fault(Fault::Unavailable(Hint::Millis(300)));
    server.push_fault(Fault::RateLimited(Hint::Millis(500)));

    let raw = reqwest::Client::new();
    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(Retries::default()))
        .layer(ClassifyLayer::new(Rules::new().then(openai::PROFILE)))
        .service(Transport::new(raw.clone()));

    let request = raw
        .post(format!("{}/v1/chat/completions", server.url()))
        .header("content-type", "application/json")
        .body(r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}"#);
    let reply = request.send_with(&client).await?;

    let attempts = reply
        .extensions()
        .get::<History>()
        .map_or(1, History::attempts);
    println!("{} after {attempts} attempts", reply.status());
    for attempt in reply.extensions().get().map_or(&[][..], History::repeated) {
        let (class, wait, by) = (attempt.class, attempt.wait, attempt.cause.name());
        println!("  {class}, then a wait of {wait:?}, chosen by {by}");
    }
    println!(
        "the server saw {} requests, {} of them too early",
        server.seen().requests(),
        server.seen().early
    );
    Ok(())
}
