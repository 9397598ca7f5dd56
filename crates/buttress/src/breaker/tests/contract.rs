//! What every layer owes: readiness, and giving back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use buttress_core::Key;
use tokio_test::{assert_pending, assert_ready, task};
use tower::limit::ConcurrencyLimitLayer;
use tower::{ServiceBuilder, service_fn};
use tower_test::mock;

use super::*;

type Mock = mock::Mock<Request<u16>, Response<()>>;

fn mocked(
    circuit: Circuit,
) -> (
    Handle,
    CircuitBreaker<Mock>,
    mock::Handle<Request<u16>, Response<()>>,
) {
    let (inner, server) = mock::pair();
    let layer = CircuitBreakerLayer::new(circuit);
    (layer.handle(), layer.layer(inner), server)
}

fn get() -> Request<u16> {
    Request::get("/").body(200).unwrap()
}

/// A circuit that is half-open, whose one probe is not taken.
fn half_open(handle: &Handle) {
    handle.command(Key::ALL, Command::ForceOpen);
    handle.command(Key::ALL, Command::Probe);
}

#[tokio::test(start_paused = true)]
async fn readiness_is_the_inner_services_whether_the_circuit_is_open_or_not() {
    let (handle, service, mut server) = mocked(small());
    let mut service = task::spawn(service);
    handle.command(Key::ALL, Command::ForceOpen);
    server.allow(0);
    assert_pending!(service.enter(|cx, mut service| service.poll_ready(cx)));
    server.allow(1);
    assert!(service.is_woken());
    assert_ready!(service.enter(|cx, mut service| service.poll_ready(cx))).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_given_back_at_whatever_poll_its_future_is_dropped() {
    for polls in 0..3 {
        let (handle, mut service, mut server) = mocked(small());
        server.allow(100);
        half_open(&handle);
        for round in 0..5 {
            service.ready().await.unwrap();
            let mut probe = task::spawn(service.call(get()));
            (0..polls).for_each(|_| assert_pending!(probe.poll()));
            let other = service.ready().await.unwrap().call(get()).await;
            assert!(other.is_err(), "the probe is taken, round {round}");
            drop(probe);
        }
        assert_eq!(state(&handle), State::HalfOpen);
        assert_eq!(snapshot(&handle).counts.calls, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_counts_as_was_said_and_only_if_it_was_sent() {
    for (verdict, failed) in [
        (Verdict::Nothing, None),
        (Verdict::Success, Some(0)),
        (Verdict::Failure, Some(1)),
    ] {
        let (handle, mut service, mut server) = mocked(small().with_dropped(verdict));
        server.allow(100);
        service.ready().await.unwrap();
        drop(service.call(get()));
        assert_eq!(snapshot(&handle).counts.calls, 0, "never polled");
        service.ready().await.unwrap();
        let mut call = task::spawn(service.call(get()));
        assert_pending!(call.poll());
        drop(call);
        let counts = snapshot(&handle).counts;
        assert_eq!((counts.calls > 0).then_some(counts.failed), failed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_dropped_after_its_answer_gives_nothing_back_again() {
    let (handle, mut service, mut server) = mocked(small().with_dropped(Verdict::Failure));
    server.allow(100);
    service.ready().await.unwrap();
    let mut call = task::spawn(service.call(get()));
    assert_pending!(call.poll());
    server
        .next_request()
        .await
        .unwrap()
        .1
        .send_response(Response::new(()));
    assert_ready!(call.poll()).unwrap();
    drop(call);
    let counts = snapshot(&handle).counts;
    assert_eq!((counts.calls, counts.failed), (1, 0));
}

/// Panics when it is called with 1, when its future is polled with 2.
async fn panics(status: u16) -> (Handle, u64) {
    let inner = service_fn(|request: Request<u16>| {
        assert!(*request.body() != 1, "in call");
        async move {
            assert!(*request.body() != 2, "in poll");
            Ok::<_, BoxError>(Response::new(()))
        }
    });
    let layer = CircuitBreakerLayer::new(small());
    half_open(&layer.handle());
    let mut service = layer.layer(inner);
    let mut broken = service.clone();
    let mut call = task::spawn(ask(&mut broken, status));
    let caught = catch_unwind(AssertUnwindSafe(|| call.poll().is_ready()));
    assert!(caught.is_err());
    drop(call);
    let failed = snapshot(&layer.handle()).counts.failed;
    tokio::time::advance(secs(6)).await;
    ask(&mut service, 200).await.unwrap();
    assert_eq!(state(&layer.handle()), State::Closed);
    (layer.handle(), failed)
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_inner_service_is_a_failure_and_poisons_nothing() {
    assert_eq!(panics(1).await.1, 1);
    assert_eq!(panics(2).await.1, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_holds_no_place_of_the_inner_service() {
    let layer = CircuitBreakerLayer::new(small());
    let service = ServiceBuilder::new()
        .layer(layer.clone())
        .layer(ConcurrencyLimitLayer::new(1))
        .service(Echo);
    layer.handle().command(Key::ALL, Command::ForceOpen);
    let (mut refused, mut other) = (service.clone(), service);
    refusal(ask(&mut refused, 200).await);
    layer.handle().command(Key::ALL, Command::Reset);
    let mut ready = task::spawn(other.ready());
    assert!(
        ready.poll().is_ready(),
        "though the other service still lives"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_passes_is_made_on_the_service_that_was_ready() {
    #[derive(Debug, Default)]
    struct Readied {
        is_ready: bool,
        clones: Arc<AtomicU32>,
    }
    impl Clone for Readied {
        fn clone(&self) -> Self {
            self.clones.fetch_add(1, Ordering::Relaxed);
            Self {
                is_ready: false,
                clones: Arc::clone(&self.clones),
            }
        }
    }
    impl Service<Request<u16>> for Readied {
        type Response = Response<()>;
        type Error = BoxError;
        type Future = Ready<Result<Response<()>, BoxError>>;
        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
            self.is_ready = true;
            Poll::Ready(Ok(()))
        }
        fn call(&mut self, _: Request<u16>) -> Self::Future {
            assert!(
                std::mem::take(&mut self.is_ready),
                "called without being ready"
            );
            ready(Ok(Response::new(())))
        }
    }
    let inner = Readied::default();
    let clones = Arc::clone(&inner.clones);
    let layer = CircuitBreakerLayer::new(small());
    let mut service = layer.layer(inner);
    ask(&mut service, 200).await.unwrap();
    assert_eq!(clones.load(Ordering::Relaxed), 0);
    layer.handle().command(Key::ALL, Command::ForceOpen);
    refusal(ask(&mut service, 200).await);
    layer.handle().command(Key::ALL, Command::Reset);
    ask(&mut service, 200).await.unwrap();
}
