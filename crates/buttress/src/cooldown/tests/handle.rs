use std::hash::RandomState;

use buttress_core::Key;
use buttress_core::key::KeyKind;
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower_layer::Layer;

use super::*;
use crate::look::Look;

#[tokio::test(start_paused = true)]
async fn it_reads_where_a_pause_stands() {
    let layer = exact();
    let handle = layer.handle();
    let mut client = layer.layer(Script::of([limited(10)]));
    let open = handle.snapshot(Key::ALL);
    assert_eq!((open.phase, open.epoch), (Phase::Open, 0));
    client.call(request()).await.unwrap();
    let mut waiter = task::spawn(client.call(request()));
    assert_pending!(waiter.poll());
    let paused = handle.snapshot(Key::ALL);
    assert_eq!(
        (paused.phase, paused.epoch, paused.waiting),
        (Phase::Paused, 1, 1)
    );
    assert_eq!(paused.until, handle.now() + 10 * SECOND);
    assert_eq!(handle.snapshots(), [(Key::ALL, paused)]);
}

#[tokio::test(start_paused = true)]
async fn a_release_by_hand_lets_the_first_go() {
    let layer = exact();
    let mut client = layer.layer(Script::default());
    layer.handle().hold(Key::ALL, 100 * SECOND);
    let mut waiter = task::spawn(client.call(request()));
    assert_pending!(waiter.poll());
    layer.handle().release(Key::ALL);
    assert!(waiter.is_woken());
    assert_ready_ok!(waiter.poll());
    assert_eq!(layer.handle().snapshot(Key::ALL).phase, Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_told_of_changes_and_keep_none_waiting_when_dropped() {
    let layer = exact();
    let mut changes = layer.handle().follow(Key::ALL);
    {
        let mut changed = task::spawn(changes.changed());
        assert_pending!(changed.poll());
        layer.handle().hold(Key::ALL, SECOND);
        assert!(changed.is_woken());
        assert_eq!(assert_ready!(changed.poll()).phase, Phase::Paused);
    }
    layer.handle().release(Key::ALL);
    let mut changed = task::spawn(changes.changed());
    assert_eq!(
        assert_ready!(changed.poll()).phase,
        Phase::Releasing { step: 1 }
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_takes_nothing_and_refuses_only_what_cannot_wait() {
    let layer = exact().with_max_wait(10 * SECOND);
    let handle = layer.handle();
    let look = || {
        handle
            .look(&request(), handle.now())
            .map(|rejected| rejected.why)
    };
    assert_eq!(look(), None);
    handle.hold(Key::ALL, 10 * SECOND);
    assert_eq!(look(), None);
    handle.hold(Key::ALL, 11 * SECOND);
    assert_eq!(look(), Some(Why::Cooldown));
    advance(11 * SECOND).await;
    assert_eq!(look(), None);
    assert_eq!(handle.snapshot(Key::ALL).released, 0);
}

/// There is no runtime here, so that making a timer would panic.
#[test]
fn ten_thousand_keys_in_cooldown_cost_no_timers() {
    let secret = RandomState::new();
    let handle = exact().handle();
    for n in 0..10_000 {
        handle.hold(Key::new(KeyKind::Custom, n, &secret), 60 * SECOND);
    }
    assert!(handle.snapshots().len() > 9_000);
}

#[tokio::test(start_paused = true)]
async fn preflight_says_what_is_known_and_asks_only_if_nothing_is() {
    let handle = exact().handle();
    assert_eq!(handle.preflight(&request()), Preflight::Ready);
    let ask = || {
        let mut server = Script::of([Response::default()]);
        let asked = server.clone();
        (server.call(request()), asked)
    };
    let (asking, _) = ask();
    let found = handle.preflight_by(&request(), asking, |_| None).await;
    assert_eq!(found.unwrap(), Preflight::Ready);
    let (asking, _) = ask();
    let found = handle
        .preflight_by(&request(), asking, |_| Some(30 * SECOND))
        .await;
    let until = handle.now() + 30 * SECOND;
    let Preflight::Limited(rejected) = found.unwrap() else {
        panic!("ready")
    };
    assert_eq!(
        (rejected.why, rejected.not_before),
        (Why::Cooldown, Some(until))
    );
    let never = std::future::pending::<Result<Response<()>, BoxError>>();
    let found = handle.preflight_by(&request(), never, |_| None).await;
    assert_eq!(found.unwrap(), Preflight::Limited(rejected));
}

#[tokio::test(start_paused = true)]
async fn a_preflight_that_is_limited_itself_pauses_the_key() {
    let handle = exact().handle();
    let ask = Script::of([limited(7)]).call(request());
    let found = handle.preflight_by(&request(), ask, |_| None).await;
    assert!(matches!(found.unwrap(), Preflight::Limited(_)));
    assert_eq!(handle.snapshot(Key::ALL).until, handle.now() + 7 * SECOND);
}
