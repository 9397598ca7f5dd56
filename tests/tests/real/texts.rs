//! URLs hold keys: no error of ours shows one.

use std::time::Duration;

use buttress::core::{BoxError, Class, Failure};
use buttress::providers::openai;
use buttress::reqwest::{SendWith, Transport};
use buttress_testkit::{Fault, Server};
use http::Request;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::rig::*;

fn shows_nothing(error: &(dyn std::error::Error + 'static)) {
    let texts = texts(error);
    for secret in ["sk-secret", "http://", "/v1/"] {
        assert!(!texts.contains(secret), "{texts}");
    }
}

fn get(server: &Server) -> reqwest::RequestBuilder {
    raw().get(format!("{}/v1/models?key=sk-secret", server.url()))
}

async fn fails(request: reqwest::RequestBuilder) -> BoxError {
    within(request.send_with(&stack(openai::PROFILE)))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_refused_connection_does_not_show_where_it_was_to_go() {
    let (_socket, addr) = deaf();
    let request = raw().get(format!("http://{addr}/v1/models?key=sk-secret"));
    shows_nothing(&*fails(request).await);
}

#[tokio::test]
async fn a_reset_does_not() {
    let server = server();
    server.storm(Fault::ResetBeforeHead);
    shows_nothing(&*fails(get(&server)).await);
}

#[tokio::test]
async fn a_timeout_does_not() {
    let server = server();
    server.storm(Fault::SlowHead(Duration::from_secs(3_600)));
    let request = get(&server).timeout(Duration::from_millis(50));
    shows_nothing(&*fails(request).await);
}

#[tokio::test]
async fn going_round_in_circles_does_not_and_is_not_repeated() {
    let addr = redirecting(|addr| format!("http://{addr}/v1/?key=sk-secret")).await;
    let error = fails(raw().get(format!("http://{addr}/v1/?key=sk-secret"))).await;
    shows_nothing(&*error);
    assert_eq!(
        Failure::find(&*error).unwrap().outcome().class(),
        Class::ClientError
    );
    assert_eq!(history(&error).attempts(), 1);
}

#[tokio::test]
async fn a_request_that_cannot_be_built_does_not_and_is_not_sent() {
    let server = server();
    let error = fails(get(&server).header("bad\n", "x")).await;
    shows_nothing(&*error);
    assert_eq!(
        Failure::find(&*error).unwrap().outcome().class(),
        Class::ClientError
    );
    let error = fails(raw().get("/v1/models?key=sk-secret")).await;
    shows_nothing(&*error);
    assert_eq!(server.seen().requests(), 0);
}

#[tokio::test]
async fn a_request_without_a_host_does_not_and_is_not_repeated() {
    let request = Request::get("/v1/models?key=sk-secret");
    let request = request.body(reqwest::Body::from("")).unwrap();
    let error = within(stack(openai::PROFILE).oneshot(request))
        .await
        .unwrap_err();
    shows_nothing(&*error);
    assert_eq!(
        Failure::find(&*error).unwrap().outcome().class(),
        Class::ClientError
    );
    assert_eq!(history(&error).attempts(), 1);
}

#[tokio::test]
async fn a_body_that_breaks_does_not() {
    let server = with(Fault::ResetInBody);
    let request = Request::get(format!("{}/v1/models?key=sk-secret", server.url()));
    let client = classify(openai::PROFILE).layer(Transport::new(raw()));
    let response = within(client.oneshot(request.body(reqwest::Body::from("")).unwrap())).await;
    let (_, error) = within(bytes(response.unwrap().into_body())).await;
    shows_nothing(&*error.unwrap());
}
