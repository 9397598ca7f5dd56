use super::*;

const SECOND: u64 = 1_000_000_000;
const FOREVER: Timestamp = Timestamp::MAX;

fn at(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

fn limiter(units: u64, burst: u64) -> Limiter {
    let quota = Quota::per_second(units).unwrap().with_burst(burst).unwrap();
    Limiter::new(Schedule::new(&[quota]))
}

fn is_sealed(limiter: &Limiter) -> bool {
    limiter.word.load(Ordering::Relaxed) == SEALED
}

#[test]
fn the_word_is_sealed_while_somebody_waits_and_not_longer() {
    let limiter = limiter(1, 1);
    assert!(limiter.reserve(1, at(0), FOREVER).unwrap().is_granted());
    assert!(!is_sealed(&limiter));
    let waits = limiter.reserve(1, at(0), FOREVER).unwrap();
    assert_eq!((waits.at(), waits.is_granted()), (at(SECOND), false));
    assert!(is_sealed(&limiter));
    let went = limiter.confirm(waits, at(SECOND)).unwrap();
    assert!(went.is_granted() && !is_sealed(&limiter));
    assert!(
        limiter
            .reserve(1, at(2 * SECOND - 1), at(2 * SECOND - 1))
            .is_err()
    );
    assert!(
        limiter
            .reserve(1, at(2 * SECOND), FOREVER)
            .unwrap()
            .is_granted()
    );
}

#[test]
fn a_refusal_takes_nothing() {
    let limiter = limiter(1, 2);
    assert!(limiter.reserve(3, at(0), FOREVER).is_err());
    assert!(limiter.reserve(1, at(0), at(0)).is_ok());
    assert!(limiter.reserve(2, at(0), at(0)).is_err());
    assert!(limiter.reserve(1, at(0), at(0)).is_ok());
}

#[test]
fn a_call_that_was_not_sent_gives_back_what_it_took_through_the_word() {
    let limiter = limiter(1, 1);
    let slot = limiter.reserve(1, at(5), FOREVER).unwrap();
    limiter.give_back(slot, at(5));
    assert!(limiter.reserve(1, at(5), at(5)).unwrap().is_granted());
}

#[test]
fn two_instants_of_a_second_apart_never_share_what_ran_over() {
    // Ten went at 0, nine at 9 s. What the ten took has come back by then, all but one.
    let limiter = limiter(1, 10);
    let first = limiter.reserve(10, at(0), FOREVER).unwrap();
    limiter.reserve(9, at(9 * SECOND), FOREVER).unwrap();
    limiter.give_back(first, at(9 * SECOND));
    let remaining = limiter.snapshot(at(9 * SECOND)).levels[0].remaining;
    assert_eq!(remaining, 1);
}

#[test]
fn at_the_end_of_time_nothing_goes_and_nothing_wraps() {
    let limiter = limiter(1, 10);
    assert!(
        limiter
            .reserve(1, at(u64::MAX - 1), at(u64::MAX - 1))
            .is_ok()
    );
    assert!(limiter.reserve(10, FOREVER, FOREVER).is_ok());
    assert_eq!(limiter.snapshot(FOREVER).waiting, 0);
}
