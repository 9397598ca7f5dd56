//! Who waits, and who comes next.

use buttress_core::{Key, Rejected, Timestamp, Why};
use tower::BoxError;
use tower::limit::ConcurrencyLimit;

use super::*;
use crate::deadline::DeadlineLayer;
use crate::look::Look;
use crate::options::NoOptions;

fn why(error: &BoxError) -> Option<Why> {
    Rejected::find(&**error).map(|rejected| rejected.why)
}

type Waits = Call<Empty<Bytes>>;

/// A place that is taken, and calls 2, 3 and 4 that wait for it.
fn waiting() -> (Rig, Waits, [Waits; 3]) {
    let mut rig = Rig::new(&layer(1));
    let first = rig.call(1);
    let calls = [2, 3, 4].map(|number| rig.call(number));
    assert_eq!(rig.numbers(), (1, 3));
    rig.sent();
    rig.nothing_is_sent();
    (rig, first, calls)
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served() {
    let (mut rig, first, calls) = waiting();
    let mut before = first;
    for (mut call, number) in calls.into_iter().zip(2..) {
        assert!(!call.is_woken());
        drop(before);
        assert!(call.is_woken());
        assert_pending!(call.poll());
        assert_eq!(rig.sent().0, number);
        rig.nothing_is_sent();
        before = call;
    }
    drop(before);
    assert_eq!(rig.numbers(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_others_wait_waits_behind_them() {
    let (mut rig, first, [mut second, ..]) = waiting();
    drop(first);
    // The place is the second call's, who has not been polled since.
    let _late = rig.call(5);
    rig.nothing_is_sent();
    assert_pending!(second.poll());
    assert_eq!(rig.sent().0, 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_dropped_while_waiting_is_passed_over() {
    let (mut rig, first, [second, mut third, _fourth]) = waiting();
    drop(second);
    assert_eq!(rig.numbers(), (1, 2));
    drop(first);
    assert_pending!(third.poll());
    assert_eq!(rig.sent().0, 3);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_given_to_one_who_is_dropped_is_handed_on() {
    let (mut rig, first, [second, mut third, _fourth]) = waiting();
    drop(first);
    assert!(second.is_woken());
    drop(second);
    assert!(third.is_woken());
    assert_pending!(third.poll());
    assert_eq!(rig.sent().0, 3);
    assert_eq!(rig.numbers(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_grows_lets_as_many_in() {
    let (mut rig, first, calls) = waiting();
    drop(first);
    let [mut second, mut third, mut fourth] = calls;
    assert_pending!(second.poll());
    rig.sent().1.send_response(empty(200));
    assert_ready_ok!(second.poll());
    assert_eq!(rig.handle.limit(), 2);
    assert_pending!(third.poll());
    assert_pending!(fourth.poll());
    assert_eq!((rig.sent().0, rig.sent().0), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_grows_by_many_wakes_as_many() {
    let vegas = Vegas::default().with_initial(1);
    let mut rig = Rig::new(&ConcurrencyLayer::new(Algorithm::Vegas(vegas)));
    for number in [1, 2] {
        let mut call = rig.call(number);
        let waiting = [3, 4, 5].map(|number| rig.call(number));
        rig.sent().1.send_response(empty(200));
        assert_ready_ok!(call.poll());
        assert!(number == 1 || waiting.iter().all(|call| call.is_woken()));
    }
    assert_eq!(rig.handle.limit(), 7);
}

#[tokio::test(start_paused = true)]
async fn waiting_is_not_slowness() {
    let (mut rig, first, [mut second, ..]) = waiting();
    rig.client.allow(0);
    advance(10 * SECOND).await;
    drop(first);
    assert_pending!(second.poll());
    advance(10 * SECOND).await;
    rig.client.allow(1);
    assert_pending!(second.poll());
    rig.sent().1.send_response(empty(200));
    assert_ready_ok!(second.poll());
    assert_eq!(rig.handle.limit(), 2);
}

#[tokio::test(start_paused = true)]
async fn where_the_queue_is_full_a_call_is_rejected_at_once() {
    for longest in [0, 1] {
        let mut rig = Rig::<Empty<Bytes>>::new(&layer(1).with_queue(longest));
        let _calls: Vec<_> = (0..=longest).map(|_| rig.call(1)).collect();
        assert_ready_ok!(rig.service.poll_ready());
        let mut refused = task::spawn(rig.service.call(2));
        let error = assert_ready_err!(refused.poll());
        assert_eq!(why(&error), Some(Why::Concurrency));
        assert_eq!(rig.numbers(), (1, longest));
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_or_is_rejected_holds_no_place_of_an_inner_limit() {
    for longest in [0, 1] {
        let pending = tower::service_fn(|_: u32| {
            std::future::pending::<Result<Response<Empty<Bytes>>, BoxError>>()
        });
        let inner = ConcurrencyLimit::new(pending, 2);
        let layer = layer(1).with_queue(longest);
        let mut service = mock::Spawn::new(layer.layer(inner.clone()));
        assert_ready_ok!(service.poll_ready());
        let _first = task::spawn(service.call(1));
        assert_eq!(layer.handle().in_flight(), 1);
        assert_ready_ok!(service.poll_ready());
        let _second = task::spawn(service.call(2));
        let mut other = mock::Spawn::new(inner);
        assert_ready_ok!(other.poll_ready());
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_queue_rejects_and_leaves_the_queue() {
    let layer = layer(1);
    let (mut service, _client) = mock::spawn_with(|client: Client<Empty<Bytes>>| {
        let deadline = DeadlineLayer::new(SECOND).with_options(NoOptions);
        deadline.layer(layer.layer(client))
    });
    assert_ready_ok!(service.poll_ready());
    let _first = task::spawn(service.call(1));
    assert_ready_ok!(service.poll_ready());
    let mut second = task::spawn(service.call(2));
    assert_pending!(second.poll());
    assert_eq!(layer.handle().waiting(), 1);
    advance(SECOND).await;
    assert_eq!(why(&assert_ready_err!(second.poll())), Some(Why::Deadline));
    assert_eq!(layer.handle().waiting(), 0);
}

#[derive(Clone)]
struct Refuses;

impl Look<u32> for Refuses {
    fn look(&self, _request: &u32, _now: Timestamp) -> Option<Rejected> {
        Some(Rejected::new(Why::CircuitOpen, Key::ALL))
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_waited_is_refused_where_another_layer_would_by_now() {
    let layer = layer(1).with_look(Refuses);
    let (mut service, mut client) =
        mock::spawn_with(|client: Client<Empty<Bytes>>| layer.layer(client));
    assert_ready_ok!(service.poll_ready());
    let first = task::spawn(service.call(1));
    assert_ready_ok!(service.poll_ready());
    let mut second = task::spawn(service.call(2));
    assert_pending!(second.poll());
    assert_eq!(assert_ready!(client.poll_request()).unwrap().0, 1);
    drop(first);
    assert_eq!(
        why(&assert_ready_err!(second.poll())),
        Some(Why::CircuitOpen)
    );
    assert_pending!(client.poll_request());
    assert_eq!(layer.handle().in_flight(), 0);
}

/// Calls come, are answered, given up, or polled without need, in a thousand orders.
#[tokio::test(start_paused = true)]
async fn whatever_happens_no_place_is_lost_and_nobody_is_passed_over() {
    for seed in 0..1_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut rig = Rig::<Empty<Bytes>>::new(&layer(2));
        // Numbers grow as they come, so that they must be sent in order.
        let (mut calls, mut sent, mut last) = (Vec::new(), Vec::new(), 0);
        for number in 1..40 {
            match random.u8(..4) {
                0 | 1 => calls.push(rig.call(number)),
                2 if !calls.is_empty() => drop(calls.remove(random.usize(..calls.len()))),
                _ if !sent.is_empty() => {
                    let answer: SendResponse<_> = sent.remove(random.usize(..sent.len()));
                    answer.send_response(empty(*random.choice(&[200, 429, 500]).unwrap()));
                }
                _ => {}
            }
            calls.retain_mut(|call| !call.is_woken() || call.poll().is_pending());
            while let std::task::Poll::Ready(Some((number, answer))) = rig.client.poll_request() {
                assert!(number > last, "{number} was sent after {last}, seed {seed}");
                last = number;
                sent.push(answer);
            }
            let (in_flight, waiting) = rig.numbers();
            assert!(
                in_flight <= 3 && in_flight as usize + waiting == calls.len(),
                "seed {seed}"
            );
            assert!(
                waiting == 0 || in_flight >= rig.handle.limit(),
                "seed {seed}"
            );
        }
        drop(calls);
        assert_eq!(rig.numbers(), (0, 0), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_waited_as_long_as_it_may_is_refused_and_leaves_the_queue() {
    let mut rig = Rig::<Empty<Bytes>>::new(&layer(1).with_max_wait(5 * SECOND));
    let first = rig.call(1);
    rig.sent();
    let mut second = rig.call(2);
    advance(4 * SECOND).await;
    assert_pending!(second.poll());
    let mut third = rig.call(3);
    advance(SECOND).await;
    assert!(second.is_woken());
    assert_eq!(
        why(&assert_ready_err!(second.poll())),
        Some(Why::Concurrency)
    );
    assert_eq!(rig.numbers(), (1, 1));
    drop(first);
    assert_pending!(third.poll());
    assert_eq!(rig.sent().0, 3, "it still has four seconds");
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_takes_over_wakes_those_for_whom_there_is_room_now() {
    let old = layer(1);
    let mut rig = Rig::<Empty<Bytes>>::new(&old);
    let _first = rig.call(1);
    let [mut second, mut third, fourth] = [2, 3, 4].map(|number| rig.call(number));
    rig.sent();
    let _same = layer(1).with_state_of(&old);
    // To begin with three says nothing of what was found since: one.
    let _begins_higher = layer(3).with_state_of(&old);
    assert!(!second.is_woken());
    let fixed = Algorithm::Fixed(std::num::NonZeroU32::new(3).unwrap());
    let _next = ConcurrencyLayer::new(fixed).with_state_of(&old);
    assert!(second.is_woken() && third.is_woken() && !fourth.is_woken());
    assert_pending!(second.poll());
    assert_pending!(third.poll());
    assert_eq!((rig.sent().0, rig.sent().0), (2, 3));
    assert_eq!(rig.numbers(), (3, 1));
}
