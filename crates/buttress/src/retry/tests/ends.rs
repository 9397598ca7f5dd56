use std::io;
use std::task::Poll;

use buttress_core::budget::{Budget, Share};
use buttress_core::history::{Attempt, Cause};
use buttress_core::{BoxError, Class, Failure, Key, Rejected, Why};

use super::*;
use crate::Clock;

/// What the call returns whose attempts are all answered with `status`, and how many they were.
async fn exhaust<B: 'static>(layer: &RetryLayer, request: Request<B>, status: u16) -> (Reply, u32) {
    let mut rig = Rig::new(layer);
    let mut call = rig.call(request);
    for sent in 1.. {
        rig.answer(reply(status));
        if let Poll::Ready(result) = call.poll() {
            rig.nothing_is_sent();
            return (result.unwrap(), sent);
        }
        after(60 * SECOND, &mut call).await;
    }
    unreachable!("attempts are counted in 32 bits")
}

/// What the call returns that fails with `error`, of which there is no repetition.
fn failed(
    layer: &RetryLayer,
    request: Request<&'static str>,
    error: impl Into<BoxError>,
) -> BoxError {
    let mut rig = Rig::new(layer);
    let mut call = rig.call(request);
    rig.sent().1.send_error(error);
    let Poll::Ready(Err(error)) = call.poll() else {
        panic!("there is nothing to wait for");
    };
    rig.nothing_is_sent();
    error
}

#[tokio::test(start_paused = true)]
async fn five_attempts_are_made_the_first_included() {
    let (reply, sent) = exhaust(&layer(), get(), 500).await;
    assert_eq!((sent, reply.status().as_u16()), (5, 500));
    assert_eq!(end(&reply), (5, End::Attempts));
    let waits = history(&reply).repeated().iter();
    let waits = waits.map(|attempt| (attempt.class, attempt.wait.as_secs(), attempt.cause));
    let expected = [1, 2, 4, 8].map(|wait| (Class::ServerError, wait, Cause::Backoff));
    assert!(waits.eq(expected));
    assert_eq!(history(&reply).not_before(), None);
}

#[tokio::test(start_paused = true)]
async fn a_single_attempt_can_be_all_there_is() {
    let one = std::num::NonZeroU32::MIN;
    let layer = RetryLayer::new(retries().with_max_attempts(one));
    let (reply, sent) = exhaust(&layer, get(), 503).await;
    assert_eq!((sent, end(&reply)), (1, (1, End::Attempts)));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_may_have_acted_on_is_not_sent_twice() {
    for status in [500, 502, 503, 504, 408] {
        let (reply, sent) = exhaust(&layer(), post(), status).await;
        assert_eq!(
            (sent, end(&reply)),
            (1, (1, End::NotRepeatable)),
            "{status}"
        );
    }
    let error = failed(
        &layer(),
        post(),
        io::Error::from(io::ErrorKind::ConnectionReset),
    );
    let history = Failure::find(&*error).and_then(Failure::history).unwrap();
    assert_eq!((history.attempts(), history.end()), (1, End::NotRepeatable));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_has_refused_is_sent_again_whatever_it_is() {
    for status in [429, 529] {
        let (reply, sent) = exhaust(&layer(), post(), status).await;
        assert_eq!((sent, end(&reply)), (5, (5, End::Attempts)), "{status}");
    }
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(post());
    rig.answer(told(503, "3"));
    assert_pending!(call.poll());
    after(3 * SECOND, &mut call).await;
    rig.sent();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_never_made_is_tried_again_whatever_the_request() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(post());
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    rig.sent().1.send_error(refused);
    assert_pending!(call.poll());
    after(SECOND, &mut call).await;
    rig.answer(reply(200));
    let reply = assert_ready_ok!(call.poll());
    assert_eq!(history(&reply).repeated()[0].class, Class::Connect);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_better_for_being_repeated_is_not() {
    for status in [400, 401, 402, 403, 404, 409, 422] {
        let (reply, sent) = exhaust(&layer(), get(), status).await;
        assert_eq!((sent, end(&reply)), (1, (1, End::NotRetryable)), "{status}");
    }
}

struct Stream(&'static str);

#[tokio::test(start_paused = true)]
async fn a_body_that_cannot_be_copied_is_sent_once_and_whole() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(Request::put("/").body(Stream("whole")).unwrap());
    let (request, send) = rig.sent();
    assert_eq!(request.body().0, "whole");
    send.send_response(told(429, "1"));
    let reply = assert_ready_ok!(call.poll());
    rig.nothing_is_sent();
    assert_eq!(end(&reply), (1, End::NotReplayable));
    let not_before = Clock::default().now() + SECOND;
    assert_eq!(history(&reply).not_before(), Some(not_before));
}

#[tokio::test(start_paused = true)]
async fn a_retry_without_a_place_in_the_budget_returns_the_failure_as_it_is() {
    let budget = Arc::new(Budget::of_active(Share::from_percent(0).unwrap(), 1));
    let layer = layer().with_budget(Arc::clone(&budget));
    let balance = || budget.balance(Clock::default().now());
    let (mut first, mut second) = (Rig::new(&layer), Rig::new(&layer));
    let mut waiting = first.call(get());
    first.answer(reply(503));
    assert_pending!(waiting.poll());
    assert_eq!(balance(), 0);
    let mut refused = second.call(get());
    let answer = told(503, "9");
    let body = Held::clone(answer.body());
    second.answer(answer);
    let reply = assert_ready_ok!(refused.poll());
    assert_eq!(end(&reply), (1, End::Budget));
    assert!(Held::ptr_eq(reply.body(), &body));
    let not_before = Clock::default().now() + 9 * SECOND;
    assert_eq!(history(&reply).not_before(), Some(not_before));
    after(SECOND, &mut waiting).await;
    assert_eq!(balance(), 0, "the place is held for the attempt too");
    first.answer(self::reply(200));
    assert_ready_ok!(waiting.poll());
    assert_eq!(balance(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_gives_its_place_back() {
    let budget = Arc::new(Budget::of_active(Share::from_percent(100).unwrap(), 1));
    let layer = layer().with_budget(Arc::clone(&budget));
    let mut rig = Rig::new(&layer);
    let mut calls = [rig.call(get()), rig.call(get()), rig.call(get())];
    let balance = || budget.balance(Clock::default().now());
    assert_eq!(balance(), 3);
    for call in &mut calls {
        rig.answer(reply(500));
        assert_pending!(call.poll());
    }
    assert_eq!(balance(), 0);
    drop(calls);
    assert_eq!(balance(), 1);
    assert!(budget.try_retry(Clock::default().now()));
    budget.retry_ended();
}

fn rejected() -> Rejected {
    Rejected::new(Why::Cooldown, Key::ALL)
        .with_not_before(Some(Clock::default().now() + 9 * SECOND))
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_ours_passes_untouched_and_takes_nothing() {
    let log = Arc::new(Log::default());
    let budget = Arc::new(Budget::of_active(Share::from_percent(0).unwrap(), 1));
    let observer = Arc::<Log>::clone(&log);
    let layer = layer()
        .with_observer(observer)
        .with_budget(Arc::clone(&budget));
    let error = failed(&layer, get(), rejected());
    assert_eq!(*error.downcast::<Rejected>().unwrap(), rejected());
    assert_eq!(log.lines(), [""; 0]);
    assert_eq!(budget.balance(Clock::default().now()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_ours_that_is_wrapped_is_not_repeated_either() {
    let error = failed(&layer(), get(), io::Error::other(rejected()));
    assert_eq!(Rejected::find(&*error), Some(&rejected()));
    assert!(error.downcast::<io::Error>().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_ours_of_a_later_attempt_ends_the_call_and_can_be_found() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    rig.answer(reply(500));
    assert_pending!(call.poll());
    after(SECOND, &mut call).await;
    rig.sent().1.send_error(rejected());
    let Poll::Ready(Err(error)) = call.poll() else {
        panic!("there is nothing to wait for");
    };
    let Rejected { why, .. } = Rejected::find(&*error).unwrap();
    assert_eq!(*why, Why::Cooldown);
    let history = Failure::find(&*error).and_then(Failure::history).unwrap();
    assert_eq!(history.end(), End::NotRetryable);
}

#[tokio::test(start_paused = true)]
async fn only_a_success_after_a_failure_has_a_history() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    rig.answer(reply(200));
    let first = assert_ready_ok!(call.poll());
    assert!(first.extensions().get::<History>().is_none());
    let mut call = rig.call(get());
    rig.answer(told(429, "2"));
    assert_pending!(call.poll());
    after(2 * SECOND, &mut call).await;
    rig.answer(reply(201));
    let second = assert_ready_ok!(call.poll());
    assert_eq!(second.status(), 201);
    assert_eq!(end(&second), (2, End::Succeeded));
    let of = |one: &Attempt| (one.class, one.elapsed, one.wait, one.cause);
    let repeated: Vec<_> = history(&second).repeated().iter().map(of).collect();
    let limited = (Class::RateLimited, Duration::ZERO, 2 * SECOND, Cause::Hint);
    assert_eq!(repeated, [limited]);
    assert_eq!(history(&second).not_before(), None);
}

#[tokio::test(start_paused = true)]
async fn the_clients_error_comes_back_with_the_history() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    for _ in 1..5 {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        rig.sent().1.send_error(reset);
        assert_pending!(call.poll());
        after(8 * SECOND, &mut call).await;
    }
    rig.sent().1.send_error(io::Error::other("the last"));
    let Poll::Ready(Err(error)) = call.poll() else {
        panic!("five attempts are all there are");
    };
    assert_eq!(
        error.to_string(),
        "no answer: interrupted after 5 attempts, as no more are allowed"
    );
    let failure = error.downcast::<Failure>().unwrap();
    assert_eq!(failure.history().map(History::attempts), Some(5));
    let last = failure.into_source().downcast::<io::Error>().unwrap();
    assert_eq!(last.to_string(), "the last");
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_that_breaks_while_the_call_waits_ends_it_and_is_not_hidden() {
    let log = Arc::new(Log::default());
    let observer = Arc::<Log>::clone(&log);
    let mut rig = Rig::new(&layer().with_observer(observer));
    let mut call = rig.call(get());
    rig.answer(reply(500));
    assert_pending!(call.poll());
    rig.client.send_error(io::Error::other("gone"));
    tokio::time::advance(SECOND).await;
    let Poll::Ready(Err(error)) = call.poll() else {
        panic!("a service that is broken is not awaited");
    };
    rig.nothing_is_sent();
    assert!(Failure::find_source::<io::Error>(&*error).is_some());
    let history = Failure::find(&*error).and_then(Failure::history).unwrap();
    assert_eq!(history.end(), End::NotRetryable);
    assert_eq!(log.lines().len(), 2, "{:?}", log.lines());
    let mut next = rig.call(get());
    rig.answer(reply(200));
    assert_ready_ok!(next.poll());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_never_sent_is_not_counted() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    rig.answer(reply(500));
    assert_pending!(call.poll());
    rig.client.send_error(io::Error::other("gone"));
    tokio::time::advance(SECOND).await;
    let Poll::Ready(Err(error)) = call.poll() else {
        panic!("a service that is broken is not awaited");
    };
    rig.nothing_is_sent();
    let history = Failure::find(&*error).and_then(Failure::history).unwrap();
    assert_eq!(history.attempts(), 1);
}

/// The default's kind of budget, which knows of no end: only what was not sent is given back.
#[tokio::test(start_paused = true)]
async fn a_retry_that_is_dropped_in_its_wait_was_not_paid_for_and_one_that_was_sent_is() {
    let share = Share::from_percent(100).unwrap();
    let budget = Arc::new(Budget::of_calls(share, 0, 60 * SECOND).unwrap());
    let layer = layer().with_budget(Arc::clone(&budget));
    let balance = || budget.balance(Clock::default().now());
    let mut rig = Rig::new(&layer);
    let mut call = rig.call(get());
    rig.answer(reply(500));
    assert_pending!(call.poll());
    assert_eq!(balance(), 0);
    drop(call);
    assert_eq!(balance(), 1);

    let mut call = rig.call(get());
    rig.answer(reply(500));
    assert_pending!(call.poll());
    after(60 * SECOND / 2, &mut call).await;
    drop(rig.sent());
    drop(call);
    assert_eq!(balance(), 1, "two calls, and one retry that was sent");
}
