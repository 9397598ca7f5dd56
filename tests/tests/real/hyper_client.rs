//! hyper-util's client underneath.

use std::time::Duration;

use buttress::classify::{ClassifyLayer, Rules};
use buttress::core::backoff::Backoff;
use buttress::core::history::End;
use buttress::core::{BoxError, Class, Failure, History};
use buttress::providers::openai;
use buttress::retry::{Retries, RetryLayer};
use buttress_testkit::{Fault, Hint, Server};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{ServiceBuilder, ServiceExt};

use crate::rig::{COMPLETION, bytes, class_of, deaf, history, server, with, within};

type Ask = Request<Full<Bytes>>;

async fn send(
    request: Ask,
) -> Result<Response<impl http_body::Body<Data = Bytes, Error = impl Into<BoxError>>>, BoxError> {
    let nano = Duration::from_nanos(1);
    let retries = Retries::default().with_backoff(Backoff::new(nano, nano).unwrap());
    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(retries))
        .layer(ClassifyLayer::new(Rules::new().then(openai::PROFILE)))
        .service(Client::builder(TokioExecutor::new()).build_http());
    within(client.oneshot(request)).await
}

fn completion(server: &Server) -> Ask {
    let request = Request::post(format!("{}/v1/chat/completions", server.url()));
    request
        .header("x-job", "j")
        .body(COMPLETION.into())
        .unwrap()
}

#[tokio::test]
async fn failures_are_repeated_until_one_is_none() {
    let server = server();
    server.push_fault(Fault::ServerError);
    server.push_fault(Fault::RateLimited(Hint::Millis(20)));
    server.push_fault(Fault::ResetBeforeHead);
    server.push_fault(Fault::ResetInHead);
    let response = send(completion(&server)).await.unwrap();
    assert_eq!(response.status(), 200);
    let history = response.extensions().get::<History>().unwrap();
    let classes = history.repeated().iter().map(|attempt| attempt.class);
    let expected = [
        Class::ServerError,
        Class::RateLimited,
        Class::Interrupted,
        Class::Interrupted,
    ];
    assert!(classes.eq(expected), "{history:?}");
    assert_eq!((history.attempts(), history.end()), (5, End::Succeeded));
    let (body, error) = within(bytes(response.into_body())).await;
    assert!(error.is_none() && body.ends_with(b"}"));
    let seen = server.seen();
    assert_eq!((seen.completions.requests, seen.early), (5, 0));
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_connection_that_was_not_made() {
    let (_socket, addr) = deaf();
    let request = Request::post(format!("http://{addr}/")).body("order".into());
    let result = send(request.unwrap()).await;
    assert_eq!(class_of(&result), Class::Connect);
    let error = result.err().unwrap();
    assert_eq!(history(&error).attempts(), 5);
    let client = Failure::find_source::<hyper_util::client::legacy::Error>(&*error).unwrap();
    assert!(client.is_connect());
}

#[tokio::test]
async fn a_failure_comes_through_whole() {
    let fault = Fault::OddBody(
        http::StatusCode::BAD_REQUEST,
        buttress_testkit::OddBody::Huge,
    );
    let server = with(fault);
    let response = send(completion(&server)).await.unwrap();
    assert_eq!(response.status(), 400);
    let length = response.headers()["content-length"]
        .to_str()
        .unwrap()
        .parse();
    let (body, error) = within(bytes(response.into_body())).await;
    assert!(error.is_none());
    assert_eq!(Ok(body.len()), length);
}
