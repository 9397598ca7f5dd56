//! Streams that fail after their head.

use buttress_core::hint::{Hint, HintSource};
use buttress_core::{Class, Outcome};
use tower::service_fn;

use super::*;
use crate::key::ByHost;
use crate::stream::Stream;

/// Answers with a stream, and keeps a hand on it.
fn streaming(
    stream: &Stream,
) -> impl Service<Request<u16>, Response = Response<()>, Error = BoxError, Future: Send> + Clone + use<>
{
    let stream = stream.clone();
    service_fn(move |_: Request<u16>| {
        let mut response = Response::new(());
        response.extensions_mut().insert(stream.clone());
        ready(Ok::<_, BoxError>(response))
    })
}

fn failed(class: Class) -> Outcome {
    Outcome::new(class)
}

#[tokio::test(start_paused = true)]
async fn a_head_counts_as_a_success_and_the_failure_after_it_as_a_failure_more() {
    let stream = Stream::default();
    let (log, layer) = logged(small());
    let (handle, mut service) = (layer.handle(), layer.layer(streaming(&stream)));
    ask(&mut service, 200).await.unwrap();
    let counts = snapshot(&handle).counts;
    assert_eq!((counts.calls, counts.failed), (1, 0));
    stream.fail(&failed(Class::Overloaded));
    let counts = snapshot(&handle).counts;
    assert_eq!((counts.calls, counts.failed), (2, 1));
    ask(&mut service, 200).await.unwrap();
    stream.fail(&failed(Class::Overloaded));
    stream.fail(&failed(Class::Overloaded));
    assert_eq!(state(&handle), State::Closed, "each failure is told once");
    assert_eq!(log.lines(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn streams_that_fail_open_the_circuit_and_an_open_one_counts_none() {
    let stream = Stream::default();
    let (log, layer) = logged(small());
    let (handle, mut service) = (layer.handle(), layer.layer(streaming(&stream)));
    for _ in 0..3 {
        ask(&mut service, 200).await.unwrap();
    }
    let hint = Hint {
        wait: secs(30),
        source: HintSource::RetryAfter,
    };
    stream.fail(&failed(Class::Overloaded).with_hint(Some(hint)));
    assert_eq!(state(&handle), State::Open);
    assert_eq!(log.lines().len(), 1);
    refusal(ask(&mut service, 200).await);
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_stream_fails_opens_the_circuit_again() {
    let half = Rate::from_percent(50).unwrap();
    let circuit = small().with_failure_rate(half).with_probes(2).unwrap();
    let stream = Stream::default();
    let layer = CircuitBreakerLayer::new(circuit);
    let (handle, mut service) = (layer.handle(), layer.layer(streaming(&stream)));
    for _ in 0..2 {
        ask(&mut service, 200).await.unwrap();
    }
    stream.fail(&failed(Class::ServerError));
    assert_eq!(state(&handle), State::Open);
    tokio::time::advance(secs(6)).await;
    ask(&mut service, 200).await.unwrap();
    assert_eq!(state(&handle), State::HalfOpen);
    stream.fail(&failed(Class::ServerError));
    assert_eq!(state(&handle), State::Open, "half of the probes failed");
}

#[tokio::test(start_paused = true)]
async fn what_says_nothing_of_the_server_counts_nothing() {
    for class in [
        Class::RateLimited,
        Class::QuotaExhausted,
        Class::ClientError,
        Class::Auth,
    ] {
        let stream = Stream::default();
        let layer = CircuitBreakerLayer::new(small());
        let (handle, mut service) = (layer.handle(), layer.layer(streaming(&stream)));
        ask(&mut service, 200).await.unwrap();
        stream.fail(&failed(class));
        let counts = snapshot(&handle).counts;
        assert_eq!((counts.calls, counts.failed), (1, 0), "{class}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_failure_counts_for_the_key_of_its_call() {
    let stream = Stream::default();
    let layer = CircuitBreakerLayer::new(small()).with_keyer(ByHost::default());
    let (handle, mut service) = (layer.handle(), layer.layer(streaming(&stream)));
    ask(&mut service, 200).await.unwrap();
    stream.fail(&failed(Class::Timeout));
    let request = Request::get("http://a.example/").body(0_u16).unwrap();
    let own = handle.snapshot(handle.key(&request)).unwrap();
    assert_eq!((own.counts.calls, own.counts.failed), (2, 1));
    let shared = handle.snapshot(buttress_core::Key::ALL);
    assert_eq!(shared.map(|shared| shared.counts.calls), Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_was_told_in_the_head_is_not_followed() {
    let stream = Stream::default();
    let inner = stream.clone();
    let client = service_fn(move |_: Request<u16>| {
        let mut response = Response::new(());
        response.extensions_mut().insert(inner.clone());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        ready(Ok::<_, BoxError>(response))
    });
    let layer = CircuitBreakerLayer::new(small());
    let (handle, mut service) = (layer.handle(), layer.layer(client));
    ask(&mut service, 0).await.unwrap();
    stream.fail(&failed(Class::Overloaded));
    assert_eq!(snapshot(&handle).counts.calls, 1);
}
