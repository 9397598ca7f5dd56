//! reqwest through two layers: a server that is overloaded twice, and then limits.
//!
//! You will see one call that took four attempts, and who chose each wait:
//!
//! ```text
//! 200 OK after 4 attempts
//!   overloaded, then a wait of 462ms, chosen by backoff
//!   overloaded, then a wait of 326ms, chosen by hint
//!   rate_limited, then a wait of 547ms, chosen by hint
//! the server saw 4 requests, 0 of them too early
//! ```

use buttress::Carrier;
use buttress::classify::{ClassifyLayer, Rules};
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

    let history = reply.history().ok_or("one attempt was enough")?;
    println!("{} after {} attempts", reply.status(), history.attempts());
    for attempt in history.repeated() {
        let (class, wait, by) = (attempt.class, attempt.wait, attempt.cause.name());
        println!("  {class}, then a wait of {wait:.0?}, chosen by {by}");
    }
    println!(
        "the server saw {} requests, {} of them too early",
        server.seen().requests(),
        server.seen().early
    );
    Ok(())
}
