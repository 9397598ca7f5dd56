use buttress_core::Key;
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::ServiceExt;
use tower::limit::ConcurrencyLimit;
use tower_layer::Layer;
use tower_test::mock;

use super::*;
use crate::call_time::CallTime;

#[tokio::test(start_paused = true)]
async fn whoever_comes_during_a_pause_waits_until_its_end_and_not_longer() {
    let server = Script::of([limited(10)]);
    let mut client = exact().layer(server.clone());
    assert_eq!(client.call(request()).await.unwrap().status(), 429);
    let mut waiter = task::spawn(client.call(request()));
    assert_pending!(waiter.poll());
    advance(10 * SECOND - Duration::from_millis(1)).await;
    assert_pending!(waiter.poll());
    advance(Duration::from_millis(2)).await;
    assert!(waiter.is_woken());
    assert_eq!(assert_ready_ok!(waiter.poll()).status(), 200);
}

#[tokio::test(start_paused = true)]
async fn one_who_sleeps_when_the_deadline_grows_goes_on_sleeping() {
    let layer = exact();
    let mut client = layer.layer(Script::default());
    layer.handle().hold(Key::ALL, 10 * SECOND);
    let mut waiter = task::spawn(client.call(request()));
    assert_pending!(waiter.poll());
    layer.handle().hold(Key::ALL, 20 * SECOND);
    advance(11 * SECOND).await;
    assert_pending!(waiter.poll());
    advance(10 * SECOND).await;
    assert_ready_ok!(waiter.poll());
}

#[tokio::test(start_paused = true)]
async fn after_the_pause_one_goes_and_the_others_when_it_was_good() {
    let (inner, mut server) = mock::spawn_with(|inner: mock::Mock<_, Response<()>>| inner);
    let layer = exact();
    let mut client = layer.layer(inner.into_inner());
    layer.handle().hold(Key::ALL, SECOND);
    server.allow(10);
    let mut calls: Vec<_> = (0..4)
        .map(|_| task::spawn(client.call(request())))
        .collect();
    calls
        .iter_mut()
        .for_each(|call| assert_pending!(call.poll()));
    advance(2 * SECOND).await;
    calls
        .iter_mut()
        .for_each(|call| assert_pending!(call.poll()));
    let (_, probe) = assert_ready!(task::spawn(server.next_request()).poll()).unwrap();
    assert_pending!(task::spawn(server.next_request()).poll());
    probe.send_response(Response::default());
    calls.iter_mut().for_each(|call| drop(call.poll()));
    calls
        .iter_mut()
        .skip(1)
        .for_each(|call| assert_pending!(call.poll()));
    for _ in 0..2 {
        assert_ready!(task::spawn(server.next_request()).poll()).unwrap();
    }
    assert_pending!(task::spawn(server.next_request()).poll());
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_refused_at_once_and_says_when() {
    let layer = exact().with_max_wait(9 * SECOND);
    let server = Script::of([limited(10)]);
    let mut client = layer.layer(server.clone());
    client.call(request()).await.unwrap();
    let now = layer.handle().now();
    let refused = assert_ready_err!(task::spawn(client.call(request())).poll());
    let rejected = Rejected::find(&*refused).unwrap();
    assert_eq!(rejected.why, Why::Cooldown);
    assert_eq!(rejected.not_before, Some(now + 10 * SECOND));
    assert_eq!(server.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_callers_deadline_is_refused() {
    let layer = exact();
    let time = CallTime::until(layer.handle().now() + 5 * SECOND);
    let mut client = layer.layer(Script::of([limited(4), limited(6)]));
    client.call(request()).await.unwrap();
    let mut waiter = task::spawn(time.enter(|| client.call(request())));
    assert_pending!(waiter.poll());
    drop(waiter);
    advance(4 * SECOND + Duration::from_millis(1)).await;
    client.call(request()).await.unwrap();
    let mut refused = task::spawn(time.enter(|| client.call(request())));
    let refused = assert_ready_err!(refused.poll());
    assert_eq!(why(&refused), Some(Why::Cooldown));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_longer_than_it_may_is_refused_though_the_pause_is_over() {
    let (inner, mut server) = mock::spawn_with(|inner: mock::Mock<_, Response<()>>| inner);
    let pauses = Pauses::default().with_patience(100 * SECOND);
    let layer = exact().with_pauses(pauses).with_max_wait(5 * SECOND);
    let mut client = layer.layer(inner.into_inner());
    layer.handle().hold(Key::ALL, SECOND);
    server.allow(10);
    let mut probe = task::spawn(client.call(request()));
    let mut behind = task::spawn(client.call(request()));
    assert_pending!(probe.poll());
    assert_pending!(behind.poll());
    advance(2 * SECOND).await;
    assert_pending!(probe.poll());
    assert_pending!(behind.poll());
    advance(4 * SECOND).await;
    assert_eq!(why(&assert_ready_err!(behind.poll())), Some(Why::Cooldown));
}

#[tokio::test(start_paused = true)]
async fn a_used_up_quota_refuses_everybody() {
    let spent = Response::builder().status(402).body(()).unwrap();
    let mut client = exact().layer(Script::of([spent]));
    client.call(request()).await.unwrap();
    let refused = assert_ready_err!(task::spawn(client.call(request())).poll());
    let rejected = Rejected::find(&*refused).unwrap();
    assert_eq!(rejected.why, Why::QuotaExhausted);
    assert!(rejected.not_before.is_some());
}

#[tokio::test(start_paused = true)]
async fn no_permit_of_an_inner_layer_is_held_while_waiting_or_refused() {
    let layer = exact().with_max_wait(100 * SECOND);
    let inner = ConcurrencyLimit::new(Script::default(), 1);
    let mut other = inner.clone();
    let mut client = layer.layer(inner);
    for seconds in [10, 1_000] {
        layer.handle().hold(Key::ALL, Duration::from_secs(seconds));
        assert!(is_ready(&mut client));
        let mut call = task::spawn(client.call(request()));
        let _ = call.poll();
        assert!(is_ready(&mut other));
        other = other.clone();
    }
}

fn is_ready(service: &mut impl Service<Request<()>, Error = BoxError>) -> bool {
    task::spawn(service.ready()).poll().is_ready()
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_begins_while_the_service_gets_ready_holds_the_call_back() {
    let (inner, mut server) = mock::spawn_with(|inner: mock::Mock<_, Response<()>>| inner);
    let layer = exact();
    let mut client = layer.layer(inner.into_inner());
    layer.handle().hold(Key::ALL, SECOND);
    server.allow(0);
    let mut call = task::spawn(client.call(request()));
    assert_pending!(call.poll());
    advance(2 * SECOND).await;
    assert_pending!(call.poll());
    layer.handle().hold(Key::ALL, 10 * SECOND);
    server.allow(1);
    assert_pending!(call.poll());
    assert_pending!(task::spawn(server.next_request()).poll());
    advance(11 * SECOND).await;
    assert_pending!(call.poll());
    assert_ready!(task::spawn(server.next_request()).poll()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_no_limit_pauses_nobody() {
    let server_error = Response::builder().status(500).body(()).unwrap();
    let unavailable = Response::builder().status(503).body(()).unwrap();
    let mut client = exact().layer(Script::of([server_error, unavailable]));
    for _ in 0..2 {
        client.call(request()).await.unwrap();
        let call = assert_ready_ok!(task::spawn(client.call(request())).poll());
        drop(call);
    }
}
