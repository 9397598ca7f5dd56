//! How a circuit judges.

use std::time::Duration;

use super::circuit::{Circuit, Verdict};
use super::counts::{Counts, Exceeded};
use super::probes::ProbeRules;
use crate::outcome::{Class, Outcome};
use crate::time::saturating_nanos;

/// No hint keeps a circuit open for longer: what a server says of next week does not hold for all that stands behind it.
pub(super) const LONGEST_HINT: Duration = Duration::from_secs(3_600);

impl Circuit {
    /// What an outcome says of the server.
    pub const fn verdict(&self, outcome: &Outcome) -> Verdict {
        match outcome.class() {
            Class::Ok | Class::Auth | Class::ClientError | Class::Conflict => Verdict::Success,
            Class::RateLimited => self.rate_limited,
            Class::QuotaExhausted | Class::Rejected => Verdict::Nothing,
            Class::Overloaded
            | Class::ServerError
            | Class::Unavailable
            | Class::Timeout
            | Class::Connect
            | Class::Interrupted
            | Class::Panicked => Verdict::Failure,
        }
    }

    /// What a call that was sent and dropped says of the server.
    pub const fn dropped(&self) -> Verdict {
        self.dropped
    }

    /// Whether anything asks how long a call takes.
    pub const fn is_timed(&self) -> bool {
        self.slow.is_some()
    }

    pub(super) const fn counts_consecutive(&self) -> bool {
        self.consecutive.is_some()
    }

    /// As many calls as a window needs to be judged.
    pub(super) fn minimum(&self) -> u64 {
        let capacity = self.window.capacity().unwrap_or(u32::MAX);
        self.minimum.min(capacity).into()
    }

    pub(super) fn probe_rules(&self) -> ProbeRules {
        let minimum = if self.failures.is_some() || self.slow.is_some() {
            self.minimum().min(self.probes.into())
        } else {
            self.probes.into()
        };
        ProbeRules {
            most: self.probes.into(),
            minimum,
            is_strict: self.failures.is_none(),
        }
    }

    pub(super) fn is_slow(&self, elapsed: Option<Duration>) -> bool {
        matches!((self.slow, elapsed), (Some((_, than)), Some(elapsed)) if elapsed > than)
    }

    /// Whether a window's counts, and a run of failures, are too many.
    pub(super) fn exceeded(&self, counts: &Counts, consecutive: u64) -> Exceeded {
        let run = self
            .consecutive
            .is_some_and(|most| consecutive >= most.get().into());
        let exceeded = if counts.calls >= self.minimum() {
            self.judged(counts)
        } else {
            Exceeded::default()
        };
        Exceeded {
            consecutive: run,
            ..exceeded
        }
    }

    /// Whether the counts of probes are too many. Where no rate is set, any failure is.
    pub(super) fn probes_exceeded(&self, counts: &Counts) -> Exceeded {
        Exceeded {
            consecutive: self.failures.is_none() && counts.failed > 0,
            ..self.judged(counts)
        }
    }

    fn judged(&self, counts: &Counts) -> Exceeded {
        let reach = |some, rate| counts.calls > 0 && counts.reach(some, rate);
        Exceeded {
            failures: self.failures.is_some_and(|rate| reach(counts.failed, rate)),
            slow: self.slow.is_some_and(|(rate, _)| reach(counts.slow, rate)),
            consecutive: false,
        }
    }

    /// For how long it is open, the `times`th time since it was last closed, by a result with that hint.
    pub(super) fn opens_for(&self, times: u32, hint: Option<Duration>) -> Duration {
        let longest = saturating_nanos(self.longest_open);
        let mut nanos = saturating_nanos(self.open);
        // Growth by half a per cent of one nanosecond never ends; what has reached the longest grows no more.
        for _ in 1..times {
            let grown = u128::from(nanos) * u128::from(self.growth_percent) / 100;
            let grown = u64::try_from(grown).unwrap_or(u64::MAX).min(longest);
            if grown <= nanos {
                break;
            }
            nanos = grown;
        }
        let hint = hint.unwrap_or_default().min(LONGEST_HINT);
        Duration::from_nanos(nanos).max(hint)
    }
}
