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
        Self::DEFAULT
    }
}

impl Retries {
    pub(crate) const DEFAULT: Self = Self {
        max_attempts: FIVE,
        backoff: Backoff::DEFAULT,
        max_wait: Duration::from_secs(120),
        long_hint: LongHint::Refuse,
        hint_use: HintUse::Replace,
        margin: true,
    };

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

    /// The wait where the server did not say.
    pub const fn backoff(&self) -> Backoff {
        self.backoff
    }

    /// The longest wait for a hint.
    pub const fn max_wait(&self) -> Duration {
        self.max_wait
    }

    /// What a longer hint does.
    pub const fn long_hint(&self) -> LongHint {
        self.long_hint
    }

    /// What a hint does to the backoff.
    pub const fn hint_use(&self) -> HintUse {
        self.hint_use
    }

    /// Whether a hint is lengthened by a random margin.
    pub const fn has_margin(&self) -> bool {
        self.margin
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

#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests;
