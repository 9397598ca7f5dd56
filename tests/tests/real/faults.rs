//! Each fault, and the class that comes out; reqwest underneath.

use std::time::Duration;

use buttress::core::hint::HintSource;
use buttress::core::{BoxError, Class, Failure};
use buttress_testkit::{Fault, Hint, OddBody, Server};
use http::{HeaderValue, Request, StatusCode};
use tower::ServiceExt;

use crate::rig::*;

const HOUR: Duration = Duration::from_secs(3_600);

async fn class_after(fault: Fault) -> (Class, Server) {
    let server = with(fault);
    let result = within(once().oneshot(completion(&server))).await;
    (class_of(&result), server)
}

#[tokio::test]
async fn every_answer_has_its_class() {
    for (fault, class) in [
        (Fault::ServerError, Class::ServerError),
        (Fault::Unavailable(Hint::None), Class::Overloaded),
        (Fault::RateLimited(Hint::None), Class::RateLimited),
        (Fault::EdgeBadGateway, Class::Unavailable),
        (Fault::EdgeTooManyRequests, Class::RateLimited),
        (
            Fault::OddBody(StatusCode::TOO_MANY_REQUESTS, OddBody::Truncated),
            Class::RateLimited,
        ),
        (
            Fault::OddBody(StatusCode::SERVICE_UNAVAILABLE, OddBody::Huge),
            Class::Overloaded,
        ),
        (
            Fault::OddBody(StatusCode::SERVICE_UNAVAILABLE, OddBody::NotUtf8),
            Class::Overloaded,
        ),
    ] {
        let kind = fault.kind();
        let (found, server) = class_after(fault).await;
        assert_eq!(found, class, "{kind}");
        let seen = server.seen().completions;
        assert_eq!((seen.requests, seen.faults[kind]), (1, 1));
    }
}

#[tokio::test]
async fn without_a_fault_all_is_well_and_nothing_is_said_of_it() {
    let server = server();
    let response = within(once().oneshot(completion(&server))).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(outcome(&response), None);
    let (body, error) = within(bytes(response.into_body())).await;
    assert!(error.is_none());
    assert!(body.starts_with(b"{") && body.ends_with(b"}"));
}

#[tokio::test]
async fn a_hint_comes_through() {
    for (hint, wait, source) in [
        (Hint::Seconds(30), 30_000, HintSource::RetryAfter),
        (Hint::Millis(1_500), 1_500, HintSource::RetryAfterMs),
    ] {
        let server = with(Fault::RateLimited(hint));
        let response = within(once().oneshot(completion(&server))).await.unwrap();
        let hint = outcome(&response).unwrap().hint().unwrap();
        assert_eq!(
            (hint.wait, hint.source),
            (Duration::from_millis(wait), source)
        );
    }
}

#[tokio::test]
async fn a_date_is_measured_by_the_servers_own() {
    let date = HeaderValue::from_static("Fri, 31 Dec 9999 23:59:59 GMT");
    let server = with(Fault::RateLimited(Hint::Value(date)));
    let response = within(once().oneshot(completion(&server))).await.unwrap();
    let hint = outcome(&response).unwrap().hint().unwrap();
    assert_eq!(hint.source, HintSource::RetryAfterDate);
    assert!(hint.wait > HOUR);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_head_is_whole_is_interrupted() {
    for fault in [Fault::ResetBeforeHead, Fault::ResetInHead] {
        let server = with(fault);
        let result = within(once().oneshot(completion(&server))).await;
        assert_eq!(class_of(&result), Class::Interrupted);
        let error = result.err().unwrap();
        let source = Failure::find_source::<reqwest::Error>(&*error).unwrap();
        assert!(source.is_request(), "{source:?}");
        assert_eq!(server.seen().completions.requests, 1);
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_connection_that_was_not_made() {
    let (_socket, addr) = deaf();
    let request = Request::post(format!("http://{addr}/"));
    let request = request.body(reqwest::Body::from("")).unwrap();
    let result = within(once().oneshot(request)).await;
    assert_eq!(class_of(&result), Class::Connect);
}

#[tokio::test]
async fn a_head_that_does_not_come_in_the_clients_time_is_a_timeout() {
    let server = with(Fault::SlowHead(HOUR));
    let timeout = builder()
        .timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let client = buttress::reqwest::Transport::new(timeout);
    let client = tower_layer::Layer::layer(&classify(buttress::providers::openai::PROFILE), client);
    let result = within(client.oneshot(completion(&server))).await;
    assert_eq!(class_of(&result), Class::Timeout);
    assert_eq!(server.seen().completions.requests, 1);
}

#[tokio::test]
async fn a_success_that_breaks_in_its_body_is_the_readers_to_see() {
    let server = with(Fault::ResetInBody);
    let response = within(once().oneshot(completion(&server))).await.unwrap();
    assert_eq!(outcome(&response), None);
    let length = response.headers()["content-length"]
        .to_str()
        .unwrap()
        .parse();
    let (body, error) = within(bytes(response.into_body())).await;
    assert_eq!(Ok(body.len()), length.map(|length: usize| length / 2));
    assert!(error.is_some());
}

#[tokio::test]
async fn a_failure_that_breaks_in_its_body_is_judged_and_breaks_again_for_the_reader() {
    let server = with(Fault::ResetInBody);
    let response = within(once().oneshot(lost(&server))).await.unwrap();
    assert_eq!(outcome(&response).unwrap().class(), Class::ClientError);
    let (body, error) = within(bytes(response.into_body())).await;
    assert!(body.starts_with(b"{"), "{body:?}");
    let error: BoxError = error.unwrap();
    assert!(Failure::find_source::<reqwest::Error>(&*error).is_some());
}

#[tokio::test]
async fn a_failure_without_an_end_is_judged_and_streams_on() {
    let server = with(Fault::EndlessBody);
    let response = within(once().oneshot(lost(&server))).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(outcome(&response).unwrap().class(), Class::ClientError);
    let mut body = Box::pin(response.into_body());
    for _ in 0..10 {
        let frame = within(std::future::poll_fn(|cx| {
            http_body::Body::poll_frame(body.as_mut(), cx)
        }));
        assert_eq!(frame.await.unwrap().unwrap().into_data().unwrap(), " ");
    }
}

#[tokio::test]
async fn a_failure_whose_rest_is_late_is_judged_and_whole_in_the_end() {
    let slow = with(Fault::SlowBody(Duration::from_millis(300)));
    let late = within(once().oneshot(lost(&slow))).await.unwrap();
    assert_eq!(outcome(&late).unwrap().class(), Class::ClientError);
    let (late, error) = within(bytes(late.into_body())).await;
    assert!(error.is_none());
    let plain = server();
    let prompt = within(once().oneshot(lost(&plain))).await.unwrap();
    assert_eq!(late, within(bytes(prompt.into_body())).await.0);
}

#[tokio::test]
async fn a_failure_comes_through_byte_for_byte() {
    for odd in [OddBody::Huge, OddBody::NotUtf8, OddBody::Truncated] {
        let fault = Fault::OddBody(StatusCode::SERVICE_UNAVAILABLE, odd);
        let server = with(fault.clone());
        let judged = within(once().oneshot(completion(&server))).await.unwrap();
        assert!(outcome(&judged).is_some());
        server.push_fault(fault);
        let plain = buttress::reqwest::Transport::new(raw());
        let plain = within(plain.oneshot(completion(&server))).await.unwrap();
        let without_id = |headers: &http::HeaderMap| {
            let mut headers = headers.clone();
            for name in ["x-request-id", "date"] {
                assert!(headers.remove(name).is_some());
            }
            headers
        };
        assert_eq!(without_id(judged.headers()), without_id(plain.headers()));
        let judged = within(bytes(judged.into_body())).await.0;
        assert_eq!(judged, within(bytes(plain.into_body())).await.0);
    }
}
