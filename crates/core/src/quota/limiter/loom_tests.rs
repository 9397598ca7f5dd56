use std::time::Duration;

use super::*;
use crate::quota::Reading;
use crate::quota::published::{Published, Returns, Unit};
use loom::sync::Arc;
use loom::thread;

fn at(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

/// One unit per nanosecond times ten.
fn schedule(burst: u64) -> Schedule {
    let quota = Quota::new(1, Duration::from_nanos(10)).unwrap();
    let quota = quota.with_burst(burst).unwrap();
    Schedule::new(&[quota]).with_grain(Duration::ZERO)
}

fn limiter(burst: u64) -> Arc<Limiter> {
    Arc::new(Limiter::new(schedule(burst)))
}

#[test]
fn two_threads_never_share_the_last_unit() {
    loom::model(|| {
        let limiter = limiter(1);
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || other.reserve(1, at(5), at(5)).is_ok());
        let granted = [
            limiter.reserve(1, at(5), at(5)).is_ok(),
            thread.join().unwrap(),
        ];
        assert_eq!(granted.iter().filter(|granted| **granted).count(), 1);
    });
}

#[test]
fn sealing_loses_nothing_that_another_thread_takes() {
    loom::model(|| {
        let limiter = limiter(2);
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || {
            let slot = other.reserve(1, at(5), Timestamp::MAX).unwrap();
            slot.at()
        });
        // Three units of two: one of the calls has to wait, and its slot is its own.
        let two = limiter.reserve(1, at(5), Timestamp::MAX).unwrap();
        let three = limiter.reserve(1, at(5), Timestamp::MAX).unwrap();
        let mut slots = [two.at(), three.at(), thread.join().unwrap()];
        slots.sort_unstable();
        assert_eq!(slots, [at(5), at(5), at(15)]);
    });
}

#[test]
fn what_is_given_back_while_another_takes_is_there_once() {
    loom::model(|| {
        let limiter = limiter(1);
        let slot = limiter.reserve(1, at(5), at(5)).unwrap();
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || other.reserve(1, at(5), at(5)).is_ok());
        limiter.give_back(slot, at(5));
        let granted = [
            limiter.reserve(1, at(5), at(5)).is_ok(),
            thread.join().unwrap(),
        ];
        assert_eq!(granted.iter().filter(|granted| **granted).count(), 1);
    });
}

#[test]
fn a_waiter_that_goes_hands_the_word_back_with_its_own_unit_in_it() {
    loom::model(|| {
        let limiter = limiter(1);
        limiter.reserve(1, at(5), at(5)).unwrap();
        let waits = limiter.reserve(1, at(5), Timestamp::MAX).unwrap();
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || other.reserve(1, at(15), at(15)).is_ok());
        let went = limiter.confirm(waits, at(15)).unwrap();
        assert!(went.is_granted());
        assert!(!thread.join().unwrap(), "the slot at 15 was taken");
        assert!(limiter.reserve(1, at(25), at(25)).is_ok());
    });
}

#[test]
fn a_limiter_that_is_renewed_while_another_takes_forgets_nothing_that_went() {
    loom::model(|| {
        let limiter = limiter(2);
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || other.reserve(1, at(5), at(5)).is_ok());
        limiter.renew(&schedule(1), at(5));
        assert!(thread.join().unwrap());
        // Twice: the word must not come back with the interval and the depth that it had.
        assert!(limiter.reserve(1, at(5), at(5)).is_err());
        assert!(limiter.reserve(1, at(5), at(5)).is_err());
        assert!(limiter.reserve(1, at(15), at(15)).is_ok());
    });
}

#[test]
fn a_call_that_goes_while_learning_begins_is_in_flight_until_it_is_told_to_be_lost() {
    loom::model(|| {
        let limiter = limiter(1);
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || {
            let slot = other.reserve(1, at(5), at(5)).unwrap();
            if other.learns() {
                other.lost(slot, at(5));
            }
        });
        limiter.renew(&schedule(1).with_learning(), at(5));
        thread.join().unwrap();
        assert!(limiter.learns());
        assert!(limiter.is_idle(at(100)), "it is counted for ever");
    });
}

/// What remains at the server after the call that it answers, until 105.
fn reading(remaining: u64) -> [Option<Reading>; 1] {
    let published = Published {
        name: "".into(),
        unit: Unit::Requests,
        limit: Some(100),
        remaining: Some(remaining),
        rounding: 0,
        reset: Some(Duration::from_nanos(100)),
        window: None,
        returns: Returns::AtOnce,
    };
    [Some(Reading::from(&published))]
}

#[test]
fn an_answer_holds_for_who_reserves_meanwhile_and_counts_it_once() {
    loom::model(|| {
        let limiter = Arc::new(Limiter::new(schedule(4).with_learning()));
        let slot = limiter.reserve(1, at(5), at(5)).unwrap();
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || other.reserve(1, at(5), at(5)).is_ok());
        let (readings, costs) = (reading(2), None);
        let lesson = Lesson {
            readings: &readings,
            costs,
            adopts: false,
            settles: false,
        };
        limiter.answered(slot, &lesson, at(5));
        assert!(thread.join().unwrap());
        // Two remained, of which the other took one, whether before the answer or after it.
        assert!(limiter.reserve(1, at(5), at(5)).is_ok());
        assert!(limiter.reserve(1, at(5), at(5)).is_err());
    });
}

#[test]
fn two_answers_at_once_leave_the_lower_in_either_order() {
    loom::model(|| {
        let limiter = Arc::new(Limiter::new(schedule(4).with_learning()));
        let slots = [0; 2].map(|_| limiter.reserve(1, at(5), at(5)).unwrap());
        let answer = |limiter: &Limiter, slot, remaining| {
            let readings = reading(remaining);
            let lesson = Lesson {
                readings: &readings,
                costs: None,
                adopts: false,
                settles: false,
            };
            limiter.answered(slot, &lesson, at(5));
        };
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || answer(&other, slots[0], 2));
        answer(&limiter, slots[1], 1);
        thread.join().unwrap();
        // The higher may have come last, and the lower while the other call was in flight: then none is left until more is heard.
        let left = limiter.snapshot(at(5)).learned[0].remaining;
        assert!(left <= 1, "{left}");
        assert!(limiter.is_idle(at(200)), "both are answered");
    });
}
