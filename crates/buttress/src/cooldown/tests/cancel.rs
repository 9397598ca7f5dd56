use std::panic::{AssertUnwindSafe, catch_unwind};

use buttress_core::Key;
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::service_fn;
use tower_layer::Layer;
use tower_test::mock;

use super::*;

/// Polls a call so often, time going on between, and drops it; then somebody else has to come through.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_after_any_poll_leaves_nothing_behind() {
    for polls in 0..8 {
        let (inner, mut server) = mock::spawn_with(|inner: mock::Mock<_, Response<()>>| inner);
        let layer = exact();
        let mut client = layer.layer(inner.into_inner());
        layer.handle().hold(Key::ALL, 2 * SECOND);
        server.allow(u64::from(polls > 4));
        let mut dropped = task::spawn(client.call(request()));
        let mut behind = task::spawn(client.call(request()));
        for _ in 0..polls {
            assert_pending!(dropped.poll());
            assert_pending!(behind.poll());
            advance(SECOND / 2 + Duration::from_millis(1)).await;
        }
        drop(dropped);
        server.allow(10);
        assert_pending!(behind.poll());
        advance(2 * SECOND).await;
        let _ = behind.poll();
        let _ = behind.poll();
        let mut answered = false;
        while let Poll::Ready(Some((_, send))) = task::spawn(server.next_request()).poll() {
            send.send_response(Response::default());
            answered = true;
        }
        assert!(
            answered,
            "after {polls} polls: {:?}",
            layer.handle().snapshot(Key::ALL)
        );
        assert_ready_ok!(behind.poll());
        let left = layer.handle().snapshot(Key::ALL);
        assert_eq!(
            (left.phase, left.waiting, left.released),
            (Phase::Open, 0, 0)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_gives_its_place_back() {
    let layer = exact();
    let calls = Arc::new(Mutex::new(0));
    let panics = service_fn(move |_: Request<()>| {
        let calls = Arc::clone(&calls);
        async move {
            let mut calls = calls
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            *calls += 1;
            assert!(*calls > 1, "the first one panics");
            Ok::<_, BoxError>(Response::<()>::default())
        }
    });
    let mut client = layer.layer(panics);
    layer.handle().hold(Key::ALL, SECOND);
    let mut first = task::spawn(client.call(request()));
    let mut second = task::spawn(client.call(request()));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    advance(2 * SECOND).await;
    let panicked = catch_unwind(AssertUnwindSafe(|| first.poll()));
    assert!(panicked.is_err());
    assert_pending!(second.poll());
    drop(first);
    assert!(second.is_woken());
    assert_ready_ok!(second.poll());
}

#[tokio::test(start_paused = true)]
async fn one_that_is_never_polled_holds_nobody() {
    let layer = exact();
    let mut client = layer.layer(Script::default());
    layer.handle().hold(Key::ALL, SECOND);
    let _asleep = client.call(request());
    let mut polled = task::spawn(client.call(request()));
    assert_pending!(polled.poll());
    advance(2 * SECOND).await;
    assert_ready_ok!(polled.poll());
}
