use super::*;
use loom::sync::Arc;
use loom::thread;

fn at(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

/// One unit per nanosecond times ten.
fn limiter(burst: u64) -> Arc<Limiter> {
    let quota = Quota::new(1, std::time::Duration::from_nanos(10)).unwrap();
    let quota = quota.with_burst(burst).unwrap();
    let schedule = Schedule::new(&[quota]).with_grain(std::time::Duration::ZERO);
    Arc::new(Limiter::new(schedule))
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
