use buttress_core::history::Cause;
use buttress_core::{Key, Rejected, Why};

use super::*;

#[test]
fn calls_and_attempts_are_counted_by_class_and_timed() {
    let story = Story::default();
    let overloaded = Outcome::new(Class::Overloaded);
    let events = [
        attempt(Some(&overloaded), Some(529)),
        attempt(None, None),
        call(Some(Class::Ok), &story),
        call(None, &story),
    ];
    let expected = [
        "attempt_duration_seconds 2/2",
        "attempts_total{class=dropped} 1",
        "attempts_total{class=overloaded} 1",
        "call_duration_seconds 2/4",
        "calls_total{class=dropped} 1",
        "calls_total{class=ok} 1",
    ];
    assert_eq!(told(&events), expected);
}

#[test]
fn a_stream_that_fails_is_counted_by_class_and_its_call_stays_a_success() {
    let story = Story::default();
    let (cut, busy) = [Class::Interrupted, Class::Overloaded]
        .map(Outcome::new)
        .into();
    let failed = |outcome| Event::StreamFailed { outcome };
    let ended = call(Some(Class::Ok), &story);
    let expected = [
        "call_duration_seconds 1/2",
        "calls_total{class=ok} 1",
        "stream_failures_total{class=interrupted} 1",
        "stream_failures_total{class=overloaded} 2",
    ];
    assert_eq!(
        told(&[ended, failed(&cut), failed(&busy), failed(&busy)]),
        expected
    );
}

#[test]
fn a_limit_hit_by_an_attempt_that_had_a_slot_is_one_that_the_limiter_missed() {
    let limited = Outcome::new(Class::RateLimited);
    let mut without = attempt(Some(&limited), Some(429));
    if let Event::AttemptEnded { had_slot, .. } = &mut without {
        *had_slot = false;
    }
    let missed = |events: &[Event<'_>]| told(events).contains(&"limiter_missed_total 1".to_owned());
    assert!(missed(&[attempt(Some(&limited), Some(429)), without]));
    assert!(!missed(&[
        without,
        attempt(Some(&Outcome::new(Class::Ok)), None)
    ]));
}

#[test]
fn whoever_waits_is_a_waiter_until_the_wait_is_over() {
    let began = |cause| Event::WaitBegan {
        cause,
        key: Key::ALL,
        wait: None,
    };
    let events = [
        began(Cause::Cooldown),
        began(Cause::Cooldown),
        began(Cause::RateLimit),
        Event::Waited {
            cause: Cause::Cooldown,
            key: Key::ALL,
            wait: 3 * SECOND,
            given_up: true,
        },
    ];
    let expected = [
        "wait_duration_seconds{cause=cooldown} 1/3",
        "waiters{cause=cooldown} 1",
        "waiters{cause=rate_limit} 1",
    ];
    assert_eq!(told(&events), expected);
}

#[test]
fn refusals_retries_and_malformed_hints_are_counted() {
    let rejected = Rejected::new(Why::CircuitOpen, Key::ALL);
    let outcome = Outcome::new(Class::RateLimited).with_malformed_hints(2);
    let events = [
        Event::Rejected {
            rejected: &rejected,
        },
        Event::Classified { outcome: &outcome },
        Event::RetryScheduled {
            attempt: 1,
            outcome: &outcome,
            wait: SECOND,
            cause: Cause::Hint,
        },
    ];
    let expected = [
        "malformed_hints_total 2",
        "rejections_total{why=circuit_open} 1",
        "retries_total{cause=hint} 1",
    ];
    assert_eq!(told(&events), expected);
}
