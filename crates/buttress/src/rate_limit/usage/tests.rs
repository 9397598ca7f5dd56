use std::convert::Infallible;

use buttress_core::{BoxError, Key};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use super::count::Count;
use super::estimate::of_body;
use super::*;
use crate::rate_limit::{ByExtension, Cost, Quota, RateLimitLayer};

const ASK: &str =
    r#"{"max_tokens": 100, "messages": [{"role": "user", "content": "twelve bytes"}]}"#;

fn layer() -> RateLimitLayer<crate::key::Everything, ByExtension> {
    RateLimitLayer::new([Quota::per_minute(1_000).unwrap()]).with_terms(ByExtension)
}

fn used(layer: &RateLimitLayer<crate::key::Everything, ByExtension>) -> u64 {
    1_000 - layer.handle().snapshot(Key::ALL).levels[0].remaining
}

#[test]
fn an_estimate_is_text_and_what_may_be_answered() {
    // "user" is four bytes, and the text twelve.
    assert_eq!(estimate(ASK.as_bytes()), Some(104));
    assert_eq!(
        estimate(br#"{"max_completion_tokens": 5, "max_tokens": 9, "n": 3, "input": "abcd"}"#),
        Some(16)
    );
    assert_eq!(estimate(br#"{"max_tokens": 99999999999}"#), Some(u32::MAX));
    let image = r#"{"messages":[{"content":[{"image_url":{"url":"data:image/png;base64,AAAAAAAA"}},{"source":{"data":"AAAA"}}]}]}"#;
    assert_eq!(estimate(image.as_bytes()), None);
    assert_eq!(
        (estimate(b"{"), estimate(b"[]"), estimate(b"")),
        (None, None, None)
    );
}

#[test]
fn every_body_in_memory_is_read() {
    let all = [
        of_body(&Bytes::from(ASK), &Count::Estimated),
        of_body(&String::from(ASK), &Count::Estimated),
        of_body(&ASK.as_bytes().to_vec(), &Count::Estimated),
        of_body(&ASK, &Count::Estimated),
        of_body(&Full::new(Bytes::from(ASK)), &Count::Estimated),
    ];
    assert!(all.iter().all(|cost| *cost == Some(104)), "{all:?}");
    assert_eq!(of_body(&(), &Count::Estimated), None);
}

/// The body of every request that `send_with` sends.
#[cfg(feature = "reqwest")]
#[test]
fn a_body_of_reqwest_is_read_unless_it_is_a_stream() {
    let cost = |body: reqwest::Body| of_body(&body, &Count::Estimated);
    assert_eq!(cost(ASK.into()), Some(104));
    assert_eq!(cost(reqwest::Body::wrap(Full::new(Bytes::from(ASK)))), None);
}

/// Answers in these frames.
async fn exchange(answer: Vec<&'static str>, status: u16, cost: Option<Cost>) -> (u64, u64, Bytes) {
    let layer = layer();
    let reply = service_fn(move |_: Request<String>| {
        let frames = answer
            .clone()
            .into_iter()
            .map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from(text))));
        let body = StreamBody::new(futures_util::stream::iter(frames));
        let response = Response::builder().status(status).body(body).unwrap();
        std::future::ready(Ok::<_, BoxError>(response))
    });
    let mut service = ServiceBuilder::new()
        .layer(UsageLayer::default())
        .layer(layer.clone())
        .service(reply);
    let mut request = Request::post("/").body(String::from(ASK)).unwrap();
    if let Some(cost) = cost {
        request.extensions_mut().insert(cost);
    }
    let response = service.ready().await.unwrap().call(request).await.unwrap();
    let before = used(&layer);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (before, used(&layer), body)
}

#[tokio::test(start_paused = true)]
async fn what_was_estimated_is_settled_by_what_a_stream_reports() {
    let frames = vec![
        "data: {\"usage\":{\"total_to",
        "kens\":2",
        "9}}\n\ndata: [DONE]\n\n",
    ];
    let (before, after, body) = exchange(frames.clone(), 200, None).await;
    assert_eq!((before, after), (104, 29));
    assert_eq!(body, frames.concat());
}

#[tokio::test(start_paused = true)]
async fn more_than_was_estimated_is_debt() {
    let (before, after, _) = exchange(vec![r#"{"usage":{"total_tokens":990}}"#], 200, None).await;
    assert_eq!((before, after), (104, 990));
}

#[tokio::test(start_paused = true)]
async fn a_cost_that_the_caller_gave_is_kept_and_failures_are_not_settled() {
    let usage = vec![r#"{"usage":{"total_tokens":29}}"#];
    assert_eq!(exchange(usage.clone(), 200, Some(Cost(50))).await.0, 50);
    let (before, after, _) = exchange(usage, 500, None).await;
    assert_eq!((before, after), (104, 104));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_left_in_the_middle_keeps_its_estimate() {
    let start = r#"{"usage":{"input_tokens":25,"output_tokens":1}}"#;
    assert_eq!(left_after(vec![start, "more"]).await, 104);
    let total = r#"{"usage":{"total_tokens":25}}"#;
    assert_eq!(left_after(vec![total, "more"]).await, 25);
    assert_eq!(left_after(vec!["{}", "more"]).await, 104);
}

/// What is used once a body was dropped after its first frame.
async fn left_after(frames: Vec<&'static str>) -> u64 {
    let layer = layer();
    let reply = service_fn(move |_: Request<String>| {
        let frames = frames
            .clone()
            .into_iter()
            .map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from(text))));
        let body = StreamBody::new(futures_util::stream::iter(frames));
        std::future::ready(Ok::<_, BoxError>(Response::new(body)))
    });
    let mut service = ServiceBuilder::new()
        .layer(UsageLayer::default())
        .layer(layer.clone())
        .service(reply);
    let response = service
        .call(Request::post("/").body(String::from(ASK)).unwrap())
        .await
        .unwrap();
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    used(&layer)
}
