//! Time is tokio's, paused, and the service beneath notes when what is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress_core::{BoxError, Rejected, Timestamp, Why};
use buttress_providers::github_lanes::Lane;
use http::{Method, Request, Response};
use http_body_util::Empty;
use tokio_test::task;
use tower::{Service, service_fn};
use tower_layer::Layer;

use super::*;
use crate::time::Clock;

type Body = Empty<bytes::Bytes>;
type Sent = Arc<Mutex<Vec<(String, u64)>>>;

fn now() -> Timestamp {
    Clock::default().now()
}

fn request(method: &str, path: &str) -> Request<()> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let builder = Request::builder().method(method).uri(path);
    builder.body(()).unwrap()
}

/// Sends them all at once, in order, and says when each came out, in tenths of a second.
async fn send(layer: &LanesLayer, requests: &[(&str, &str)]) -> Vec<(String, u64)> {
    let (sent, began) = (Sent::default(), now());
    let note = Arc::clone(&sent);
    let mut service = layer.layer(service_fn(move |request: Request<()>| {
        let tenths = now().since(began).as_millis() / 100;
        let line = format!("{} {}", request.method(), request.uri().path());
        note.lock()
            .unwrap()
            .push((line, u64::try_from(tenths).unwrap()));
        std::future::ready(Ok::<_, BoxError>(Response::new(Body::new())))
    }));
    let calls = requests
        .iter()
        .map(|(method, path)| service.call(request(method, path)))
        .collect::<Vec<_>>();
    for call in futures_util::future::join_all(calls).await {
        call.unwrap();
    }
    let sent = sent.lock().unwrap();
    sent.clone()
}

fn times(sent: &[(String, u64)], path: &str) -> Vec<u64> {
    let of_path = sent.iter().filter(|(line, _)| line.ends_with(path));
    of_path.map(|(_, time)| *time).collect()
}

#[tokio::test(start_paused = true)]
async fn each_lane_is_spaced_and_what_reads_passes_all_that_wait() {
    let layer = LanesLayer::new().unwrap();
    let sent = send(
        &layer,
        &[
            ("POST", "/a"),
            ("DELETE", "/a"),
            ("POST", "/graphql"),
            ("GET", "/search/code"),
            ("GET", "/search/issues"),
            ("GET", "/b"),
            ("HEAD", "/b"),
        ],
    )
    .await;
    assert_eq!(times(&sent, "/a"), [0, 10]);
    assert_eq!(times(&sent, "/graphql"), [20]);
    assert_eq!(times(&sent, "/search/code"), [0]);
    assert_eq!(times(&sent, "/search/issues"), [20]);
    assert_eq!(times(&sent, "/b"), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn mails_are_three_seconds_apart_and_hold_up_nothing_that_sends_none() {
    let mail = "/repos/o/r/issues";
    let layer = LanesLayer::new().unwrap();
    let all = [
        ("POST", mail),
        ("POST", mail),
        ("POST", "/a"),
        ("POST", "/a"),
        ("PUT", "/repos/o/r/pulls/1/merge"),
    ];
    let sent = send(&layer, &all).await;
    assert_eq!(times(&sent, mail), [0, 30]);
    assert_eq!(times(&sent, "/a"), [20, 30]);
    assert_eq!(times(&sent, "/merge"), [60]);
}

#[tokio::test(start_paused = true)]
async fn a_request_for_a_token_passes_ten_that_wait_for_it() {
    let layer = LanesLayer::new().unwrap();
    let token = "/login/oauth/access_token";
    let mut service = layer.layer(service_fn(move |request: Request<()>| async move {
        if request.uri().path() != token {
            std::future::pending::<()>().await;
        }
        Ok::<_, BoxError>(Response::new(Body::new()))
    }));
    let mut waiting: Vec<_> = (0..11)
        .map(|_| task::spawn(service.call(request("GET", "/user"))))
        .collect();
    assert!(waiting.iter_mut().all(|call| call.poll().is_pending()));
    let handle = layer.places();
    assert_eq!((handle.in_flight(), handle.waiting()), (10, 1));
    let mut call = task::spawn(service.call(request("POST", token)));
    assert!(matches!(call.poll(), std::task::Poll::Ready(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_its_lanes_and_layers_do_not() {
    let layer = LanesLayer::new().unwrap().with_max_wait(Duration::ZERO);
    let post = [("POST", "/a")];
    send(&layer, &post).await;
    let mut again = layer.clone().layer(service_fn(|_: Request<()>| {
        std::future::ready(Ok::<_, BoxError>(Response::new(Body::new())))
    }));
    let refused = again.call(request("POST", "/a")).await.unwrap_err();
    let rejected = Rejected::find(&*refused).unwrap();
    assert_eq!(
        (rejected.why, rejected.not_before),
        (Why::RateLimit, Some(now() + Duration::from_secs(1)))
    );
    send(&LanesLayer::new().unwrap(), &post).await;
}

#[tokio::test(start_paused = true)]
async fn a_time_can_be_changed_and_none_at_all_is_refused() {
    let layer = LanesLayer::new().unwrap();
    assert!(
        layer
            .clone()
            .with_min_time(Lane::Write, Duration::ZERO)
            .is_err()
    );
    let layer = layer
        .with_min_time(Lane::Write, Duration::from_millis(200))
        .unwrap();
    let sent = send(&layer, &[("POST", "/a"), ("POST", "/a")]).await;
    assert_eq!(times(&sent, "/a"), [0, 2]);
}
