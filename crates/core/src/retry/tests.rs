use proptest::prelude::*;

use super::*;
use crate::outcome::Class;

const SECOND: Duration = Duration::from_secs(1);
const NOW: Timestamp = Timestamp::from_nanos(1_000_000_000_000);

const CALL: Call = Call {
    attempts: 1,
    restarted: 0,
    previous: Duration::ZERO,
    is_repeatable: true,
    is_replayable: true,
    deadline: None,
    max_attempts: None,
};

fn told(wait: Duration) -> Outcome {
    let source = HintSource::RetryAfter;
    Outcome::new(Class::RateLimited).with_hint(Some(Hint { wait, source }))
}

fn decide(retry: &Retries, outcome: &Outcome, call: &Call) -> Decision {
    let mut random = fastrand::Rng::with_seed(1);
    retry.decide(outcome, call, &Budget::unlimited(), NOW, &mut random)
}

fn end(decision: Decision) -> Option<End> {
    match decision {
        Decision::Stop { end, .. } => Some(end),
        Decision::Again { .. } => None,
    }
}

#[test]
fn a_hint_is_waited_in_full_and_lengthened_by_a_tenth_at_most() {
    let Decision::Again { wait, cause } = decide(&Retries::default(), &told(20 * SECOND), &CALL)
    else {
        panic!("20 s may be waited");
    };
    assert!(wait >= 20 * SECOND && wait <= 22 * SECOND);
    assert_eq!(cause, Cause::Hint);
}

#[test]
fn a_pushback_is_waited_to_the_nanosecond_and_a_zero_too() {
    let source = HintSource::GrpcPushback;
    for wait in [Duration::ZERO, 20 * SECOND] {
        let told = Outcome::new(Class::RateLimited).with_hint(Some(Hint { wait, source }));
        let expected = Decision::Again {
            wait,
            cause: Cause::Hint,
        };
        assert_eq!(decide(&Retries::default(), &told, &CALL), expected);
    }
}

#[test]
fn a_hint_of_zero_is_backoff() {
    let decision = decide(&Retries::default(), &told(Duration::ZERO), &CALL);
    assert!(matches!(
        decision,
        Decision::Again {
            cause: Cause::Backoff,
            ..
        }
    ));
}

#[test]
fn the_margin_never_leads_past_the_longest_wait() {
    for seed in 0..100 {
        let random = &mut fastrand::Rng::with_seed(seed);
        let budget = Budget::unlimited();
        let near = told(119 * SECOND);
        let decision = Retries::default().decide(&near, &CALL, &budget, NOW, random);
        let Decision::Again { wait, .. } = decision else {
            panic!("119 s may be waited");
        };
        assert!(wait >= 119 * SECOND && wait <= 120 * SECOND, "{wait:?}");
    }
}

#[test]
fn a_hint_over_the_longest_wait_is_refused_with_the_time() {
    let decision = decide(&Retries::default(), &told(121 * SECOND), &CALL);
    let not_before = Some(NOW + 121 * SECOND);
    assert_eq!(
        decision,
        Decision::Stop {
            end: End::MaxWait,
            not_before
        }
    );
    assert_eq!(
        end(decide(&Retries::default(), &told(120 * SECOND), &CALL)),
        None
    );
}

#[test]
fn long_hints_can_be_passed_over_or_cut() {
    let over = decide(&Retries::sixty_second_sdk(), &told(61 * SECOND), &CALL);
    assert!(matches!(
        over,
        Decision::Again {
            cause: Cause::Backoff,
            ..
        }
    ));
    let cut = decide(&Retries::anthropic_sdk(), &told(Duration::MAX), &CALL);
    let wait = Duration::from_secs(4_294_967);
    assert_eq!(
        cut,
        Decision::Again {
            wait,
            cause: Cause::Hint
        }
    );
}

#[test]
fn the_longer_of_hint_and_backoff_can_be_chosen() {
    let slow = Backoff::new(9 * SECOND, 9 * SECOND).unwrap();
    let slow = slow.with_jitter(crate::backoff::Jitter::None);
    let retry = Retries::default()
        .with_backoff(slow)
        .with_hint_use(HintUse::Lengthen);
    let decision = decide(&retry, &told(SECOND), &CALL);
    assert_eq!(
        decision,
        Decision::Again {
            wait: 9 * SECOND,
            cause: Cause::Backoff
        }
    );
}

#[test]
fn an_attempt_that_could_not_begin_before_the_deadline_is_not_waited_for() {
    let retry = Retries::default().with_margin(false);
    let until = |wait| Call {
        deadline: Some(NOW + wait),
        ..CALL
    };
    assert_eq!(
        end(decide(&retry, &told(SECOND), &until(SECOND))),
        Some(End::Deadline)
    );
    let later = until(SECOND + Duration::from_nanos(1));
    assert_eq!(end(decide(&retry, &told(SECOND), &later)), None);
}

#[test]
fn the_margin_is_never_what_makes_a_hint_too_long() {
    let just = Call {
        deadline: Some(NOW + SECOND + Duration::from_nanos(1)),
        ..CALL
    };
    let decision = decide(&Retries::default(), &told(SECOND), &just);
    assert_eq!(
        decision,
        Decision::Again {
            wait: SECOND,
            cause: Cause::Hint
        }
    );
}

#[test]
fn what_the_server_may_have_acted_on_is_repeated_only_if_that_does_no_harm() {
    let once = Call {
        is_repeatable: false,
        ..CALL
    };
    let broken = Outcome::new(Class::Interrupted);
    assert_eq!(
        end(decide(&Retries::default(), &broken, &once)),
        Some(End::NotRepeatable)
    );
    assert_eq!(end(decide(&Retries::default(), &broken, &CALL)), None);
    assert_eq!(end(decide(&Retries::default(), &told(SECOND), &once)), None);
    assert_eq!(
        end(decide(
            &Retries::default(),
            &Outcome::new(Class::Connect),
            &once
        )),
        None
    );
}

#[test]
fn attempts_are_counted_with_the_first_and_the_caller_may_change_their_number() {
    let fifth = Call {
        attempts: 5,
        ..CALL
    };
    assert_eq!(
        end(decide(&Retries::default(), &told(SECOND), &fifth)),
        Some(End::Attempts)
    );
    let more = Call {
        max_attempts: NonZeroU32::new(6),
        ..fifth
    };
    assert_eq!(end(decide(&Retries::default(), &told(SECOND), &more)), None);
}

#[test]
fn a_refused_retry_takes_nothing_from_the_budget() {
    let budget = Budget::of_active(crate::budget::Share::from_percent(0).unwrap(), 1);
    let random = &mut fastrand::Rng::with_seed(1);
    let gone = Call {
        deadline: Some(NOW),
        ..CALL
    };
    Retries::default().decide(&told(SECOND), &gone, &budget, NOW, random);
    assert_eq!(budget.balance(NOW), 1);
    Retries::default().decide(&told(SECOND), &CALL, &budget, NOW, random);
    assert_eq!(budget.balance(NOW), 0);
    let refused = Retries::default().decide(&told(SECOND), &CALL, &budget, NOW, random);
    assert_eq!(end(refused), Some(End::Budget));
}

fn waits() -> impl Strategy<Value = Duration> {
    let second = 1_000_000_000_u64;
    prop_oneof![
        Just(0),
        Just(1),
        Just(second),
        Just(120 * second),
        Just(u64::MAX),
        any::<u64>()
    ]
    .prop_map(Duration::from_nanos)
}

proptest! {
    /// Whatever the policy: a hint that is followed is never shortened, and a deadline is never passed.
    #[test]
    fn never_early_and_never_past_the_deadline(
        told_wait in waits(), max_wait in waits(), left in waits(), attempts in 1_u32..8, seed: u64,
        long_hint in prop_oneof![Just(LongHint::Refuse), Just(LongHint::PassOver)],
        hint_use in prop_oneof![Just(HintUse::Replace), Just(HintUse::Lengthen)],
    ) {
        let retry = Retries::default()
            .with_max_wait(max_wait)
            .with_long_hint(long_hint)
            .with_hint_use(hint_use);
        let call = Call { attempts, deadline: Some(NOW + left), ..CALL };
        let random = &mut fastrand::Rng::with_seed(seed);
        let decision = retry.decide(&told(told_wait), &call, &Budget::unlimited(), NOW, random);
        if let Decision::Again { wait, cause } = decision {
            prop_assert!(cause == Cause::Backoff || wait >= told_wait);
            prop_assert!(NOW + wait < NOW + left);
            if told_wait <= max_wait && hint_use == HintUse::Lengthen {
                prop_assert!(wait >= told_wait);
            }
        }
    }
}
