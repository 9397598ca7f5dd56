//! A call of gRPC over a socket that tells its failure in its trailers.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress::breaker::{Circuit, CircuitBreakerLayer, Rate, Window};
use buttress::core::hint::HintSource;
use buttress::core::policy::Cooldown;
use buttress::core::{Event, Key, Observer, Outcome, Rejected, Why};
use buttress::providers::grpc;
use buttress::reqwest::Transport;
use buttress::stack::Stack;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::rig::*;

const LIMITED: &str = "grpc-status: 8\r\ngrpc-retry-pushback-ms: 2000\r\n";

/// Answers one request with an empty message, and then these trailers.
async fn ending(trailers: &'static str) -> SocketAddr {
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ntransfer-encoding: chunked\r\n\
         trailer: grpc-status\r\n\r\n5\r\n\0\0\0\0\0\r\n0\r\n{trailers}\r\n"
    );
    answering([answer.into_bytes()]).await
}

fn request(addr: SocketAddr) -> Request<reqwest::Body> {
    let request = Request::post(format!("http://{addr}/"));
    request.body(reqwest::Body::from("")).unwrap()
}

/// The trailers, once the message was read.
async fn trailers<B: Body<Error: std::fmt::Debug>>(response: Response<B>) -> HeaderMap {
    let collected = within(response.into_body().collect()).await.unwrap();
    let trailers = collected.trailers().cloned().unwrap();
    assert_eq!(&*collected.to_bytes(), [0; 5]);
    trailers
}

#[derive(Default)]
struct Failures(Mutex<Vec<Outcome>>);

impl Observer for Failures {
    fn observe(&self, event: &Event<'_>) {
        if let Event::StreamFailed { outcome } = event {
            self.0.lock().unwrap().push(**outcome);
        }
    }
}

#[tokio::test]
async fn the_trailers_arrive_and_the_breaker_counts_the_failure_in_them() {
    for (told, status, counted) in [
        ("grpc-status: 14\r\n", "14", (2, 1)),
        ("grpc-status: 0\r\n", "0", (1, 0)),
    ] {
        let addr = ending(told).await;
        let failures = Arc::new(Failures::default());
        let circuit = Circuit::default()
            .with_window(Window::calls(10).unwrap())
            .with_failure_rate(Rate::ALL);
        let breaker = CircuitBreakerLayer::new(circuit);
        let classify = classify(grpc::PROFILE).with_observer(failures.clone());
        let client = breaker.layer(classify.layer(Transport::new(raw())));
        let response = within(client.oneshot(request(addr))).await.unwrap();
        let counts = || breaker.handle().snapshot(Key::ALL).unwrap().counts;
        assert_eq!((counts().calls, counts().failed), (1, 0));
        assert_eq!(trailers(response).await["grpc-status"], status);
        assert_eq!((counts().calls, counts().failed), counted, "{status}");
        let heard = failures.0.lock().unwrap().len();
        assert_eq!(heard, usize::from(status != "0"));
    }
}

#[tokio::test]
async fn a_pushback_in_the_trailers_holds_the_next_call_and_nothing_is_sent_again() {
    let addr = ending(LIMITED).await;
    let failures = Arc::new(Failures::default());
    let stack = Stack::builder()
        .profile("grpc")
        .cooldown(Cooldown::default().with_max_wait(Duration::ZERO))
        .fail_fast(false)
        .with_observer(failures.clone())
        .build()
        .unwrap();
    let client = stack.layer(Transport::new(raw()));
    let response = within(client.clone().oneshot(request(addr))).await.unwrap();
    // The server answers once: what was sent again would not be answered.
    assert_eq!(trailers(response).await["grpc-status"], "8");
    let hint = failures.0.lock().unwrap()[0].hint().unwrap();
    let pushback = (Duration::from_secs(2), HintSource::GrpcPushback);
    assert_eq!((hint.wait, hint.source), pushback);
    let refused = within(client.oneshot(request(addr))).await.unwrap_err();
    assert_eq!(Rejected::find(&*refused).unwrap().why, Why::Cooldown);
}
