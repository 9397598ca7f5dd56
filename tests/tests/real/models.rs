//! Two models of one account, and a server that limits one of them, or the account.

use std::time::Duration;

use buttress::core::policy::{Cooldown, KeyBy, Retry};
use buttress::core::{Rejected, Why};
use buttress::reqwest::Transport;
use buttress::stack::{Stack, Stacked};
use buttress_testkit::{Config, Fault, Hint, OpenAiLimits, Server};
use http::Request;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::rig::*;

/// Whoever would have to wait is refused.
fn client(key: KeyBy) -> Stacked<Transport> {
    let cooldown = Cooldown::default().with_key(key);
    let stack = Stack::builder()
        .profile("openai")
        .retry(Retry::default())
        .cooldown(cooldown.with_max_wait(Duration::ZERO))
        .build();
    stack.unwrap().layer(Transport::new(raw()))
}

/// As OpenAI's own client writes it: what it is for stands behind what is said.
fn chat(server: &Server, model: &str) -> Request<reqwest::Body> {
    let url = format!("{}/v1/chat/completions", server.url());
    let body = format!(
        r#"{{"messages":[{{"role":"user","content":"12345678"}}],"max_tokens":98,"model":"{model}"}}"#
    );
    Request::post(url).body(body.into()).unwrap()
}

/// What became of a call: its status, or why it was not sent.
async fn sent(
    client: &Stacked<Transport>,
    server: &Server,
    model: &str,
) -> Result<u16, Option<Why>> {
    let answer = within(client.clone().oneshot(chat(server, model))).await;
    let why = |error: buttress::BoxError| Rejected::find(&*error).map(|rejected| rejected.why);
    answer.map(|answer| answer.status().as_u16()).map_err(why)
}

#[tokio::test]
async fn a_model_that_is_limited_is_left_alone_and_the_other_is_asked() {
    for (key, other) in [
        (KeyBy::Model, Ok(200)),
        (KeyBy::Everything, Err(Some(Why::Cooldown))),
    ] {
        let server = with(Fault::RateLimited(Hint::Seconds(3_600)));
        let client = client(key);
        assert_eq!(sent(&client, &server, "a").await, Ok(429));
        for _ in 0..3 {
            let paused = sent(&client, &server, "a").await;
            assert_eq!(paused, Err(Some(Why::Cooldown)));
            assert_eq!(sent(&client, &server, "b").await, other);
        }
        let seen = server.seen().completions;
        assert_eq!(seen.requests, if other.is_ok() { 4 } else { 1 });
    }
}

#[tokio::test]
async fn an_account_without_credit_is_asked_for_no_model() {
    let limits = OpenAiLimits::new(500, 30_000).with_quota(100);
    let server = Server::start(Config::default().with_openai(limits)).unwrap();
    let client = client(KeyBy::Model);
    assert_eq!(sent(&client, &server, "a").await, Ok(200));
    assert_eq!(sent(&client, &server, "a").await, Ok(429));
    for model in ["a", "b", "c"] {
        let spent = sent(&client, &server, model).await;
        assert_eq!(spent, Err(Some(Why::QuotaExhausted)), "{model}");
    }
    assert_eq!(server.seen().completions.requests, 2);
}
