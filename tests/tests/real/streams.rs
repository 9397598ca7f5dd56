//! A stream over a socket that fails after its head.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress::breaker::{Circuit, CircuitBreakerLayer, Rate, Window};
use buttress::core::policy::Cooldown;
use buttress::core::{Class, Event, Key, Observer, Rejected, Timestamp, Why};
use buttress::providers::openai;
use buttress::reqwest::Transport;
use buttress::stack::Stack;
use http::Request;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::rig::*;

const EVENTS: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"All\"}}]}\n\n\
    data: {\"error\":{\"message\":\"sorry\",\"type\":\"server_error\"}}\n\n";

const LIMITED: &str = "event: response.created\ndata: {\"type\":\"response.created\"}\n\n\
    event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\
    \"code\":\"rate_limit_exceeded\",\"message\":\"Rate limit reached. Please try again in 11.054s.\"}}}\n\n";

/// Answers one request with events, in chunks of so many bytes.
async fn streaming(events: &'static str, size: usize) -> SocketAddr {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunks = events.as_bytes().chunks(size);
    let chunks =
        chunks.map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    let parts = [head.into()].into_iter().chain(chunks);
    answering(parts.chain([b"0\r\n\r\n".to_vec()])).await
}

#[derive(Default)]
struct Failures(AtomicUsize);

impl Observer for Failures {
    fn observe(&self, event: &Event<'_>) {
        if let Event::StreamFailed { outcome } = event {
            assert_eq!(outcome.class(), Class::ServerError);
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[tokio::test]
async fn the_bytes_arrive_whole_and_the_breaker_counts_the_failure_after_the_head() {
    for size in [1, 7, 1_000] {
        let addr = streaming(EVENTS, size).await;
        let failures = Arc::new(Failures::default());
        let observer: Arc<dyn Observer> = failures.clone();
        let circuit = Circuit::default()
            .with_window(Window::calls(10).unwrap())
            .with_failure_rate(Rate::ALL);
        let breaker = CircuitBreakerLayer::new(circuit);
        let classify = classify(openai::PROFILE).with_observer(observer);
        let client = breaker.layer(classify.layer(Transport::new(raw())));
        let request = Request::get(format!("http://{addr}/"));
        let request = request.body(reqwest::Body::from("")).unwrap();
        let response = within(client.oneshot(request)).await.unwrap();
        let count = || breaker.handle().snapshot(Key::ALL).unwrap().counts;
        assert_eq!((count().calls, count().failed), (1, 0));
        let (body, error) = within(bytes(response.into_body())).await;
        assert!(error.is_none() && body == EVENTS.as_bytes());
        assert_eq!((count().calls, count().failed), (2, 1));
        assert_eq!(failures.0.load(Ordering::Relaxed), 1);
    }
}

/// What was told of the limit, and of the pause after it.
#[derive(Default)]
struct Limits {
    asked: Mutex<Option<(Duration, Timestamp)>>,
    until: Mutex<Option<Timestamp>>,
}

impl Observer for Limits {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::StreamFailed { outcome } => {
                let wait = outcome.hint().map(|hint| hint.wait);
                *self.asked.lock().unwrap() = wait.zip(Some(outcome.received()));
            }
            Event::PauseBegan { until, .. } => *self.until.lock().unwrap() = Some(*until),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_limit_in_the_middle_of_a_stream_holds_whoever_shares_it() {
    let addr = streaming(LIMITED, 7).await;
    let limits = Arc::new(Limits::default());
    let stack = Stack::builder()
        .profile("openai")
        .cooldown(Cooldown::default().with_max_wait(Duration::ZERO))
        .fail_fast(false)
        .with_observer(limits.clone())
        .build()
        .unwrap();
    let client = stack.layer(Transport::new(raw()));
    let ask = || {
        let request = Request::get(format!("http://{addr}/"));
        client
            .clone()
            .oneshot(request.body(reqwest::Body::from("")).unwrap())
    };
    let response = within(ask()).await.unwrap();
    let (body, error) = within(bytes(response.into_body())).await;
    assert!(error.is_none() && body == LIMITED.as_bytes());
    let (wait, received) = limits.asked.lock().unwrap().unwrap();
    assert_eq!(wait, Duration::from_millis(11_054));
    let until = limits.until.lock().unwrap().unwrap();
    let margin = wait / 10;
    assert!((wait..=wait + margin).contains(&until.since(received)));
    let refused = within(ask()).await.unwrap_err();
    let rejected = Rejected::find(&*refused).unwrap();
    assert_eq!(
        (rejected.why, rejected.not_before),
        (Why::Cooldown, Some(until))
    );
}
