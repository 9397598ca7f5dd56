//! reqwest in, reqwest out.

use std::num::NonZeroU32;
use std::time::Duration;

use buttress::core::history::End;
use buttress::core::{Class, Failure};
use buttress::providers::openai;
use buttress::reqwest::{NativeLayer, SendWith};
use buttress::retry::CallOptions;
use buttress_testkit::{Fault, Server};
use tower::ServiceExt;
use tower_layer::Layer;

use crate::rig::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn post(server: &Server) -> reqwest::RequestBuilder {
    let url = format!("{}/v1/chat/completions", server.url());
    raw().post(url).header("x-job", "j").body(COMPLETION)
}

#[tokio::test]
async fn a_request_of_reqwest_is_repeated_and_its_answer_is_one_of_reqwest() {
    let server = with(Fault::ServerError);
    let reply = within(post(&server).send_with(&stack(openai::PROFILE)))
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.url().path(), "/v1/chat/completions");
    assert_eq!(
        reply.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    let text = within(reply.text()).await.unwrap();
    assert!(text.starts_with('{') && text.ends_with('}'));
    assert_eq!(server.seen().completions.requests, 2);
}

#[tokio::test]
async fn the_layer_does_the_same_as_a_service() {
    let server = with(Fault::ServerError);
    let client = NativeLayer.layer(stack(openai::PROFILE));
    let reply = within(client.oneshot(post(&server).build().unwrap()))
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(server.seen().completions.requests, 2);
}

#[tokio::test]
async fn a_timeout_of_one_request_holds_for_each_attempt() {
    let server = server();
    server.storm(Fault::SlowHead(HOUR));
    let request = post(&server).timeout(Duration::from_millis(200));
    let error = within(request.send_with(&stack(openai::PROFILE)))
        .await
        .unwrap_err();
    assert_eq!(
        Failure::find(&*error).unwrap().outcome().class(),
        Class::Timeout
    );
    assert_eq!(
        (history(&error).attempts(), history(&error).end()),
        (5, End::Attempts)
    );
    assert_eq!(server.seen().completions.requests, 5);
}

#[tokio::test]
async fn a_timeout_of_one_request_holds_for_a_body_too() {
    let server = with(Fault::SlowBody(HOUR));
    let request = post(&server).timeout(Duration::from_millis(50));
    let reply = within(request.send_with(&stack(openai::PROFILE)))
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    let error = within(reply.bytes()).await.unwrap_err();
    assert!(
        error.is_timeout() || texts(&error).contains("operation timed out"),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_url_of_an_answer_is_the_one_it_came_from() {
    let server = server();
    let there = format!("{}/rate_limit?a=b", server.url());
    let to = there.clone();
    let addr = redirecting(move |_| to.clone()).await;
    let request = raw().get(format!("http://{addr}/moved"));
    let reply = within(request.send_with(&stack(openai::PROFILE)))
        .await
        .unwrap();
    assert_eq!(
        (reply.status().as_u16(), reply.url().as_str()),
        (200, there.as_str())
    );
    assert_eq!(server.seen().rate_limit.requests, 1);
}

#[tokio::test]
async fn the_url_of_an_answer_that_did_not_move_is_what_was_asked_for() {
    let server = server();
    for path in ["/rate_limit", "/rate_limit?a=b&c=%20d", "/nowhere/%C3%A9?"] {
        let url = format!("{}{path}", server.url());
        let plain = within(raw().get(&url).send()).await.unwrap();
        let reply = within(raw().get(&url).send_with(&stack(openai::PROFILE)))
            .await
            .unwrap();
        assert_eq!(reply.url(), plain.url());
    }
}

#[tokio::test]
async fn what_reqwest_keeps_in_a_request_is_there_for_each_attempt() {
    let server = server();
    server.storm_for(Fault::ServerError, 2);
    let request = post(&server).bearer_auth("token");
    let mut request = request.build().unwrap();
    *request.version_mut() = http::Version::HTTP_11;
    let request = reqwest::RequestBuilder::from_parts(raw(), request);
    let reply = within(request.send_with(&stack(openai::PROFILE)))
        .await
        .unwrap();
    assert_eq!(
        (reply.status(), reply.version()),
        (http::StatusCode::OK, http::Version::HTTP_11)
    );
    assert_eq!(server.seen().jobs["j"].requests, 3);
}

#[tokio::test]
async fn options_of_one_call_reach_the_stack() {
    let server = server();
    server.storm(Fault::ServerError);
    let two = CallOptions::default().with_max_attempts(NonZeroU32::new(2).unwrap());
    let mut request = completion(&server);
    request.extensions_mut().insert(two);
    let client = NativeLayer.layer(stack(openai::PROFILE));
    let reply = within(client.oneshot(request.try_into().unwrap()))
        .await
        .unwrap();
    assert_eq!(reply.status(), 500);
    assert_eq!(server.seen().completions.requests, 2);
}

#[tokio::test]
async fn the_url_of_an_answer_is_that_of_reqwest_alone_in_its_fragment_too() {
    let server = server();
    let url = format!("{}/rate_limit#part", server.url());
    let plain = within(raw().get(&url).send()).await.unwrap();
    let client = stack(openai::PROFILE);
    let reply = within(raw().get(&url).send_with(&client)).await.unwrap();
    assert_eq!(reply.url(), plain.url());
}
