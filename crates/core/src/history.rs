//! What became of a call: its attempts, its waits, and why it ended.

use std::fmt;
use std::time::Duration;

use crate::outcome::{Class, Outcome};
use crate::time::Timestamp;

/// What a wait was for; between attempts, who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Our own backoff.
    Backoff,
    /// The server.
    Hint,
    /// The server, in its answer to somebody who shares the key.
    Cooldown,
    /// A free slot of a quota.
    RateLimit,
    /// A place among those in flight.
    Concurrency,
}

impl Cause {
    /// Every cause, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::Backoff,
        Self::Hint,
        Self::Cooldown,
        Self::RateLimit,
        Self::Concurrency,
    ];

    /// Its place in [`Cause::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name used in metrics and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Backoff => "backoff",
            Self::Hint => "hint",
            Self::Cooldown => "cooldown",
            Self::RateLimit => "rate_limit",
            Self::Concurrency => "concurrency",
        }
    }
}

/// Why there was no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum End {
    /// The last attempt did what was asked.
    Succeeded,
    /// An outcome of this class is never repeated.
    NotRetryable,
    /// The request is not idempotent, and the server may have acted on it.
    NotRepeatable,
    /// The request could not be kept for another attempt: its body is a stream.
    NotReplayable,
    /// All attempts that the policy allows were made.
    Attempts,
    /// The server's hint, or the wait that it led to, is longer than the policy's `max_wait`.
    MaxWait,
    /// The next attempt could not have begun before the call's deadline.
    Deadline,
    /// The retry budget is used up.
    Budget,
    /// A retry layer further in has given up already.
    GivenUpInside,
}

impl End {
    /// The name used in metrics and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::NotRetryable => "not_retryable",
            Self::NotRepeatable => "not_repeatable",
            Self::NotReplayable => "not_replayable",
            Self::Attempts => "attempts",
            Self::MaxWait => "max_wait",
            Self::Deadline => "deadline",
            Self::Budget => "budget",
            Self::GivenUpInside => "given_up_inside",
        }
    }

    /// For people.
    const fn reason(self) -> &'static str {
        match self {
            Self::Succeeded => "the last succeeded",
            Self::NotRetryable => "such a failure is not repeated",
            Self::NotRepeatable => "to send it twice may do harm",
            Self::NotReplayable => "its body could not be sent again",
            Self::Attempts => "no more are allowed",
            Self::MaxWait => "the wait would have been too long",
            Self::Deadline => "the deadline left no time for another",
            Self::Budget => "the retry budget was used up",
            Self::GivenUpInside => "a retry layer further in had given up",
        }
    }
}

/// One attempt that was followed by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// What it meant.
    pub class: Class,
    /// How long it took.
    pub elapsed: Duration,
    /// How long the wait after it was.
    pub wait: Duration,
    /// Who chose that wait.
    pub cause: Cause,
}

/// Attempts of one call that are kept one by one. Calls with more keep the first ones, and the sums.
const KEPT: usize = 32;

/// What became of a call. In the extensions of a response that failed or needed more than one attempt, and in a
/// [`Failure`](crate::Failure).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    attempts: u32,
    waited: Duration,
    repeated: Vec<Attempt>,
    end: End,
    not_before: Option<Timestamp>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            attempts: 1,
            waited: Duration::ZERO,
            repeated: Vec::new(),
            end: End::Succeeded,
            not_before: None,
        }
    }
}

impl History {
    /// Writes down that another attempt has begun.
    pub fn began(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
    }

    /// Writes down an attempt that is to be followed by another, and the wait between them.
    pub fn repeat(&mut self, outcome: &Outcome, wait: Duration, cause: Cause) {
        if self.repeated.len() < KEPT {
            self.repeated.push(Attempt {
                class: outcome.class(),
                elapsed: outcome.elapsed(),
                wait,
                cause,
            });
        }
        self.waited = self.waited.saturating_add(wait);
    }

    /// Writes down why there was no further attempt, and when one would have been allowed if that is known.
    #[must_use]
    pub fn ended(self, end: End, not_before: Option<Timestamp>) -> Self {
        Self {
            end,
            not_before,
            ..self
        }
    }

    /// How many attempts were made.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long the call waited between attempts, in all.
    pub const fn waited(&self) -> Duration {
        self.waited
    }

    /// The attempts that were followed by another, at most the first 32.
    pub fn repeated(&self) -> &[Attempt] {
        &self.repeated
    }

    /// Why there was no further attempt.
    pub const fn end(&self) -> End {
        self.end
    }

    /// When the server would have taken another attempt: there if it said so and the call could not wait.
    pub const fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.attempts == 1 {
            "attempt"
        } else {
            "attempts"
        };
        write!(f, "{} {noun}, as {}", self.attempts, self.end.reason())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_found_where_it_says() {
        for (index, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause.index(), index, "{cause:?}");
        }
    }

    #[test]
    fn a_long_call_keeps_its_sums_and_bounds_its_list() {
        let mut history = History::default();
        for _ in 0..100 {
            history.repeat(
                &Outcome::new(Class::Timeout),
                Duration::from_secs(1),
                Cause::Backoff,
            );
            history.began();
        }
        assert_eq!(
            (history.attempts(), history.waited()),
            (101, Duration::from_secs(100))
        );
        assert_eq!(history.repeated().len(), KEPT);
    }

    #[test]
    fn it_reads_as_a_sentence() {
        let once = History::default().ended(End::NotRetryable, None);
        let said = "1 attempt, as such a failure is not repeated";
        assert_eq!(once.to_string(), said);
        let mut twice = History::default();
        twice.began();
        let twice = twice.ended(End::Budget, None).to_string();
        assert_eq!(twice, "2 attempts, as the retry budget was used up");
    }
}
