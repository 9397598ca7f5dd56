//! Whether to try again, and when.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::backoff::Backoff;
use crate::budget::Budget;
use crate::hint::{Hint, HintSource, lengthened};
use crate::history::{Cause, End};
use crate::outcome::{Outcome, Repeat};
use crate::random::Random;
use crate::time::Timestamp;

/// What a hint does that is longer than the longest wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LongHint {
    /// Ends the call at once, and says when to come back. To wait less than the server asked is to be refused again.
    #[default]
    Refuse,
    /// Is passed over: backoff, as if it were not there. What many SDKs do; they come back too early.
    PassOver,
    /// Is cut to the longest wait.
    Cut,
}

/// What a hint does to the backoff.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HintUse {
    /// Replaces it.
    #[default]
    Replace,
    /// Lengthens it: the longer of the two is waited, as the AWS SDKs do. The choice for many callers behind one token
    /// bucket, where all are told when the *next* request is admitted, and one of them will be.
    Lengthen,
}

/// Whether to try again, and when: the policy of a retry layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    max_attempts: NonZeroU32,
    backoff: Backoff,
    max_wait: Duration,
    long_hint: LongHint,
    hint_use: HintUse,
    margin: bool,
}

const FIVE: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
const THREE: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

impl Default for Retries {
    /// Five attempts, the [default backoff](Backoff::default), hints up to 120 s.
    ///
    /// Five attempts with full jitter on 500 ms outlast a disturbance of some seconds and end within a minute. 120 s is
    /// where the OpenAI SDK stops to follow a hint too: it is two periods of a per-minute limit.
    fn default() -> Self {
        Self {
            max_attempts: FIVE,
            backoff: Backoff::default(),
            max_wait: Duration::from_secs(120),
            long_hint: LongHint::Refuse,
            hint_use: HintUse::Replace,
            margin: true,
        }
    }
}

impl Retries {
    /// The OpenAI Python SDK: three attempts, its backoff, hints to the letter, none over 120 s.
    pub fn openai_sdk() -> Self {
        Self {
            max_attempts: THREE,
            backoff: Backoff::vendor_sdk(),
            margin: false,
            ..Self::default()
        }
    }

    /// The Anthropic Python SDK since 2.0: as OpenAI's, but any hint is waited, up to 2³² ms.
    pub fn anthropic_sdk() -> Self {
        let max_wait = Duration::from_secs(4_294_967);
        Self {
            max_wait,
            long_hint: LongHint::Cut,
            ..Self::openai_sdk()
        }
    }

    /// The Anthropic SDK before 2.0 and many others: hints over 60 s are passed over.
    pub fn sixty_second_sdk() -> Self {
        let max_wait = Duration::from_secs(60);
        Self {
            max_wait,
            long_hint: LongHint::PassOver,
            ..Self::openai_sdk()
        }
    }

    /// With another number of attempts, the first included.
    #[must_use]
    pub const fn with_max_attempts(self, max_attempts: NonZeroU32) -> Self {
        Self {
            max_attempts,
            ..self
        }
    }

    /// With another backoff.
    #[must_use]
    pub const fn with_backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// With another longest wait for a hint. A backoff is bounded by its own cap.
    #[must_use]
    pub const fn with_max_wait(self, max_wait: Duration) -> Self {
        Self { max_wait, ..self }
    }

    /// With another answer to hints that are longer than that.
    #[must_use]
    pub const fn with_long_hint(self, long_hint: LongHint) -> Self {
        Self { long_hint, ..self }
    }

    /// With another use of hints.
    #[must_use]
    pub const fn with_hint_use(self, hint_use: HintUse) -> Self {
        Self { hint_use, ..self }
    }

    /// With or without the random margin that lengthens a hint.
    #[must_use]
    pub const fn with_margin(self, margin: bool) -> Self {
        Self { margin, ..self }
    }

    /// How many attempts a call has, the first included.
    pub const fn max_attempts(&self) -> NonZeroU32 {
        self.max_attempts
    }
}

/// What a decision needs to know of the call, besides the outcome of its last attempt.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Attempts made so far.
    pub attempts: u32,
    /// The attempt from which the backoff counts: zero, until a server's word [restarts](restarts_backoff) it.
    pub restarted: u32,
    /// The wait before the last attempt; zero before the first.
    pub previous: Duration,
    /// Whether sending the request twice does no more than sending it once.
    pub is_repeatable: bool,
    /// Whether there is a copy of it to send.
    pub is_replayable: bool,
    /// When the caller stops to wait.
    pub deadline: Option<Timestamp>,
    /// The caller's own number of attempts.
    pub max_attempts: Option<NonZeroU32>,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Wait, then try again. A place in the budget has been taken.
    Again {
        /// How long to wait.
        wait: Duration,
        /// Who chose it.
        cause: Cause,
    },
    /// Return what there is.
    Stop {
        /// Why.
        end: End,
        /// When the server would take another attempt, if it said so.
        not_before: Option<Timestamp>,
    },
}

impl Retries {
    /// Decides, after an attempt that failed with `outcome` at `now`.
    ///
    /// The reasons against are looked at from the firmest to the softest, and the budget last, as only a retry that will
    /// be made may take from it.
    pub fn decide(
        &self,
        outcome: &Outcome,
        call: &Call,
        budget: &Budget,
        now: Timestamp,
        random: &mut impl Random,
    ) -> Decision {
        let hint = outcome.hint().filter(is_followed);
        let stop = |end| Decision::Stop {
            end,
            not_before: hint.map(|hint| now + hint.wait),
        };
        if let Some(end) = self.is_out_of_question(outcome, call) {
            return stop(end);
        }
        let Some((wait, cause)) = self.wait(hint, call, now, random) else {
            return stop(End::MaxWait);
        };
        if call.deadline.is_some_and(|deadline| now + wait >= deadline) {
            return stop(End::Deadline);
        }
        if !budget.try_retry(now) {
            return stop(End::Budget);
        }
        Decision::Again { wait, cause }
    }

    fn is_out_of_question(&self, outcome: &Outcome, call: &Call) -> Option<End> {
        let max_attempts = call.max_attempts.unwrap_or(self.max_attempts);
        match outcome.repeat() {
            Repeat::Never => Some(End::NotRetryable),
            Repeat::IfRepeatable if !call.is_repeatable => Some(End::NotRepeatable),
            _ if call.attempts >= max_attempts.get() => Some(End::Attempts),
            _ if !call.is_replayable => Some(End::NotReplayable),
            _ => None,
        }
    }

    /// The wait, or `None` if the server asks for more than may be waited.
    fn wait(
        &self,
        hint: Option<Hint>,
        call: &Call,
        now: Timestamp,
        random: &mut impl Random,
    ) -> Option<(Duration, Cause)> {
        let made = call.attempts.saturating_sub(call.restarted).max(1);
        let backoff = self.backoff.wait(made, call.previous, random);
        let Some(hint) = hint else {
            return Some((backoff, Cause::Backoff));
        };
        let told = match (hint.wait > self.max_wait, self.long_hint) {
            (false, _) => hint.wait,
            (true, LongHint::Refuse) => return None,
            (true, LongHint::PassOver) => return Some((backoff, Cause::Backoff)),
            (true, LongHint::Cut) => self.max_wait,
        };
        if is_exact(&hint) {
            return Some((told, Cause::Hint));
        }
        let told = self.lengthened(
            told,
            call.deadline.map(|deadline| deadline.since(now)),
            random,
        );
        match self.hint_use {
            HintUse::Lengthen if backoff > told => Some((backoff, Cause::Backoff)),
            _ => Some((told, Cause::Hint)),
        }
    }

    /// The margin is ours, and unlike the hint it may be cut: it is never what makes a wait too long.
    fn lengthened(
        &self,
        told: Duration,
        left: Option<Duration>,
        random: &mut impl Random,
    ) -> Duration {
        if !self.margin {
            return told;
        }
        let left = left.map_or(Duration::MAX, |left| {
            left.saturating_sub(Duration::from_nanos(1))
        });
        lengthened(told, left.min(self.max_wait), random)
    }
}

/// Whether the backoff begins anew after a wait for this hint: the server has placed the client in time, and what it
/// says afterwards is a new story (gRFC A6, of pushback).
pub fn restarts_backoff(hint: &Hint) -> bool {
    is_exact(hint)
}

/// A zero is no permission to come back at once, except where the protocol says that it is.
fn is_followed(hint: &Hint) -> bool {
    !hint.wait.is_zero() || is_exact(hint)
}

/// gRPC's pushback is waited as it is, without jitter and without a margin (gRFC A6): the server spreads its clients.
fn is_exact(hint: &Hint) -> bool {
    hint.source == HintSource::GrpcPushback
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
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
        let Decision::Again { wait, cause } =
            decide(&Retries::default(), &told(20 * SECOND), &CALL)
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
}
