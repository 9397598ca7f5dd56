//! What the server sees of a stack that tries again.

use std::time::Duration;

use buttress::core::history::End;
use buttress::core::{Class, History};
use buttress::providers::{github, openai};
use buttress_testkit::{Config, Fault, Hint, OpenAiLimits, Server};
use bytes::Bytes;
use futures_util::stream;
use http::Request;
use http_body::Frame;
use http_body_util::StreamBody;
use tower::ServiceExt;

use crate::rig::*;

#[tokio::test]
async fn five_attempts_reach_the_server_and_each_tells_its_number() {
    let server = server();
    server.storm(Fault::ServerError);
    let response = within(stack(openai::PROFILE).oneshot(completion(&server)))
        .await
        .unwrap();
    assert_eq!(response.status(), 500);
    let history = response.extensions().get::<History>().unwrap();
    assert_eq!((history.attempts(), history.end()), (5, End::Attempts));
    let seen = server.seen().completions;
    assert_eq!((seen.requests, seen.admitted), (5, 0));
    let numbers = (1..=5).map(|number| (format!("x-attempt: {number}"), 1));
    assert!(seen.attempts.into_iter().eq(numbers));
    let (body, error) = within(bytes(response.into_body())).await;
    assert!(error.is_none() && body.starts_with(b"{\"error\":"));
}

#[tokio::test]
async fn a_hint_is_obeyed_by_the_servers_own_clock() {
    for hint in [Hint::Millis(30), Hint::Millis(1)] {
        let server = with(Fault::RateLimited(hint));
        let response = within(stack(openai::PROFILE).oneshot(completion(&server)))
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let seen = server.seen();
        assert_eq!((seen.completions.requests, seen.early), (2, 0));
        assert_eq!((seen.jobs["j"].done, seen.jobs["j"].confirmed), (1, 1));
    }
}

#[tokio::test]
async fn jobs_over_the_limit_are_all_done_once_and_none_comes_early() {
    // A minute that lasts 60 ms.
    let limits = OpenAiLimits::new(2, 100_000);
    let config = Config::default().with_openai(limits).with_time_scale(1_000);
    let server = Server::start(config).unwrap();
    let client = stack(openai::PROFILE);
    for job in 0..6 {
        let mut request = completion(&server);
        let name = job.to_string().parse().unwrap();
        request.headers_mut().insert("x-job", name);
        let response = within(client.clone().oneshot(request)).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    let seen = server.seen();
    assert!(seen.completions.limited > 0, "the limit was never met");
    assert_eq!(
        (seen.early, seen.duplicates(), seen.completions.admitted),
        (0, 0, 6)
    );
}

#[tokio::test]
async fn a_hint_that_is_too_long_is_no_second_attempt() {
    let server = with(Fault::RateLimited(Hint::Seconds(600)));
    let response = within(stack(openai::PROFILE).oneshot(completion(&server)))
        .await
        .unwrap();
    let history = response.extensions().get::<History>().unwrap();
    assert_eq!(history.end(), End::MaxWait);
    assert!(history.not_before().is_some());
    assert_eq!(server.seen().completions.requests, 1);
}

#[tokio::test]
async fn a_reset_is_repeated_where_the_provider_says_so() {
    let server = with(Fault::ResetBeforeHead);
    let response = within(stack(openai::PROFILE).oneshot(completion(&server)))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let history = response.extensions().get::<History>().unwrap();
    assert_eq!(history.repeated()[0].class, Class::Interrupted);
    let seen = server.seen();
    assert_eq!((seen.completions.requests, seen.jobs["j"].done), (2, 1));
}

#[tokio::test]
async fn a_reset_of_what_may_have_been_done_is_not_repeated_elsewhere() {
    for fault in [Fault::ResetBeforeHead, Fault::ResetInHead] {
        let server = with(fault);
        let request = Request::post(format!("{}/repos/o/r/issues/7/comments", server.url()));
        let request = request
            .body(reqwest::Body::from(r#"{"body":"Me too"}"#))
            .unwrap();
        let error = within(stack(github::PROFILE).oneshot(request))
            .await
            .unwrap_err();
        assert_eq!(history(&error).end(), End::NotRepeatable);
        assert_eq!(server.seen().comments.requests, 1);
    }
}

#[tokio::test]
async fn what_was_never_sent_is_repeated_whatever_it_is() {
    let (_socket, addr) = deaf();
    let request = Request::post(format!("http://{addr}/"));
    let request = request.body(reqwest::Body::from("order")).unwrap();
    let error = within(stack(github::PROFILE).oneshot(request))
        .await
        .unwrap_err();
    assert_eq!(
        (history(&error).attempts(), history(&error).end()),
        (5, End::Attempts)
    );
    assert!(
        history(&error)
            .repeated()
            .iter()
            .all(|attempt| attempt.class == Class::Connect)
    );
}

/// The completion, as a stream of its bytes.
fn streamed() -> reqwest::Body {
    let frame = |byte: u8| Ok::<_, std::io::Error>(Frame::data(Bytes::from(vec![byte])));
    let frames = COMPLETION.bytes().map(frame).collect::<Vec<_>>();
    reqwest::Body::wrap(StreamBody::new(stream::iter(frames)))
}

#[tokio::test]
async fn a_stream_is_sent_once_and_whole() {
    let server = server();
    let request = completion(&server).map(|_| streamed());
    let response = within(stack(openai::PROFILE).oneshot(request))
        .await
        .unwrap();
    assert_eq!(response.status(), 200, "the body was not whole");
    server.storm(Fault::ServerError);
    let request = completion(&server).map(|_| streamed());
    let response = within(stack(openai::PROFILE).oneshot(request))
        .await
        .unwrap();
    assert_eq!(response.status(), 500);
    let history = response.extensions().get::<History>().unwrap();
    assert_eq!((history.attempts(), history.end()), (1, End::NotReplayable));
    assert_eq!(server.seen().completions.requests, 2);
}

#[tokio::test]
async fn a_text_is_sent_whole_each_time() {
    let server = server();
    server.storm_for(Fault::ResetInHead, 3);
    let response = within(stack(openai::PROFILE).oneshot(completion(&server)))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    // Cut answers are done: had a body been empty or short, it would have been refused.
    let seen = server.seen();
    assert_eq!(
        (
            seen.completions.requests,
            seen.jobs["j"].done,
            seen.jobs["j"].confirmed
        ),
        (4, 4, 1)
    );
}

#[tokio::test]
async fn failures_without_an_end_do_not_keep_the_call_and_let_the_connection_go() {
    let server = server();
    let client = stack(openai::PROFILE);
    server.storm_for(Fault::EndlessBody, 1);
    let mut request = lost(&server);
    let options = buttress::retry::CallOptions::default().with_repeatable(true);
    request.extensions_mut().insert(options);
    let response = within(client.oneshot(request)).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(server.seen().other.in_flight.now, 1);
    drop(response);
    within(async {
        while server.seen().other.in_flight.now > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
