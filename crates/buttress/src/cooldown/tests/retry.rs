use buttress_core::backoff::Backoff;
use buttress_core::budget::Budget;
use buttress_core::history::Cause;
use buttress_core::{History, Key};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower_layer::Layer;

use super::*;
use crate::retry::{Retries, RetryLayer};

#[tokio::test(start_paused = true)]
async fn the_waiting_is_left_to_the_pause_and_grows_with_it() {
    let cooldown = exact();
    let handle = cooldown.handle();
    let retry = RetryLayer::new(Retries::default()).with_pause(handle.clone());
    let mut client = retry.layer(cooldown.layer(Script::of([limited(10)])));
    let mut call = task::spawn(client.call(request()));
    assert_pending!(call.poll());
    assert_eq!(
        handle.snapshot(Key::ALL).waiting,
        1,
        "it stands in the line"
    );
    handle.release(Key::ALL);
    assert!(call.is_woken(), "and its retry does not sleep");
    let answer = assert_ready_ok!(call.poll());
    let history: &History = answer.extensions().get().unwrap();
    let wait = &history.repeated()[0];
    assert_eq!((wait.cause, wait.wait), (Cause::Cooldown, 10 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_longer_than_the_pause_is_slept_in_the_retry() {
    let cooldown = exact();
    let handle = cooldown.handle();
    let backoff = Backoff::new(60 * SECOND, 60 * SECOND).unwrap();
    let backoff = backoff.with_jitter(buttress_core::backoff::Jitter::None);
    let retry = RetryLayer::new(Retries::default().with_backoff(backoff));
    let unhinted = Response::builder().status(429).body(()).unwrap();
    let mut client = retry
        .with_pause(handle.clone())
        .layer(cooldown.layer(Script::of([unhinted])));
    let mut call = task::spawn(client.call(request()));
    assert_pending!(call.poll());
    assert_eq!(handle.snapshot(Key::ALL).waiting, 0);
    advance(61 * SECOND).await;
    assert_ready_ok!(call.poll());
}

/// All are told at once, wait once, and are through.
#[tokio::test(start_paused = true)]
async fn a_hundred_retries_wait_in_one_line() {
    let cooldown = exact();
    let handle = cooldown.handle();
    let retry = RetryLayer::new(Retries::default()).with_budget(Budget::unlimited());
    let server = Script::of((0..100).map(|_| limited(5)));
    let slow = tower::service_fn({
        let server = server.clone();
        move |request: Request<()>| {
            let answer = server.clone().call(request);
            async move {
                tokio::time::sleep(SECOND / 10).await;
                answer.await
            }
        }
    });
    let client = retry.with_pause(handle).layer(cooldown.layer(slow));
    let calls: Vec<_> = (0..100)
        .map(|_| tokio::spawn(client.clone().call(request())))
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(server.asked(), 200);
}
