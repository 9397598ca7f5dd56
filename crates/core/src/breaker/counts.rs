//! Calls by result, and whether they are too many.

use std::time::Duration;

use super::bounds::Rate;

/// What one result adds to: failed or not, slow or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) is_failed: bool,
    pub(super) is_slow: bool,
}

impl Kind {
    pub(super) const COUNT: usize = 4;

    pub(super) const GOOD: Self = Self {
        is_failed: false,
        is_slow: false,
    };

    pub(super) const fn index(self) -> usize {
        (self.is_failed as usize) << 1 | self.is_slow as usize
    }

    pub(super) const fn from_index(index: usize) -> Self {
        Self {
            is_failed: index & 2 != 0,
            is_slow: index & 1 != 0,
        }
    }
}

/// Calls by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub calls: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that took too long, failed or not.
    pub slow: u64,
    /// Those that took too long and failed.
    pub slow_failed: u64,
    /// How long they took together; zero where nothing asks how long a call takes.
    pub time: Duration,
}

impl Counts {
    pub(super) fn add(&mut self, kind: Kind, count: u64) {
        self.calls += count;
        self.failed += count * u64::from(kind.is_failed);
        self.slow += count * u64::from(kind.is_slow);
        self.slow_failed += count * u64::from(kind.is_failed && kind.is_slow);
    }

    /// Those that did not fail.
    pub const fn successful(&self) -> u64 {
        self.calls.saturating_sub(self.failed)
    }

    /// The share that failed, from 0 to 1; 0 where there is none. To be shown: decisions do not use it.
    pub fn failure_rate(&self) -> f64 {
        self.share_of(self.failed)
    }

    /// The share that took too long, from 0 to 1; 0 where there is none. To be shown: decisions do not use it.
    pub fn slow_rate(&self) -> f64 {
        self.share_of(self.slow)
    }

    /// How long a call took on average; `None` where there is none.
    pub fn mean_time(&self) -> Option<Duration> {
        let mean = self.time.as_nanos().checked_div(u128::from(self.calls))?;
        Some(Duration::from_nanos(
            u64::try_from(mean).unwrap_or(u64::MAX),
        ))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a number to be shown, and counts are far below 2^52"
    )]
    fn share_of(&self, some: u64) -> f64 {
        some as f64 / self.calls.max(1) as f64
    }

    /// Whether `some` of all calls reach `rate`. Exact.
    pub(super) fn reach(&self, some: u64, rate: Rate) -> bool {
        let limit = u128::from(self.calls) * u128::from(rate.millionths());
        u128::from(some) * u128::from(Rate::WHOLE) >= limit
    }
}

/// Which bounds were exceeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exceeded {
    /// The failure rate.
    pub failures: bool,
    /// The slow-call rate.
    pub slow: bool,
    /// The failures in a row.
    pub consecutive: bool,
}

impl Exceeded {
    /// Whether any was.
    pub const fn any(self) -> bool {
        self.failures || self.slow || self.consecutive
    }

    /// What is new here beside `told`.
    pub(super) const fn beside(self, told: Self) -> Self {
        Self {
            failures: self.failures && !told.failures,
            slow: self.slow && !told.slow,
            consecutive: self.consecutive && !told.consecutive,
        }
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self {
            failures: self.failures || other.failures,
            slow: self.slow || other.slow,
            consecutive: self.consecutive || other.consecutive,
        }
    }
}

#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests {
    use super::*;

    #[test]
    fn half_of_three_is_not_reached_by_one() {
        let counts = |calls, failed| Counts {
            calls,
            failed,
            ..Counts::default()
        };
        let half = Rate::from_percent(50).unwrap();
        assert!(!counts(3, 1).reach(1, half));
        assert!(counts(3, 2).reach(2, half));
        assert!(counts(2, 1).reach(1, half));
        let third = Rate::from_millionths(333_333).unwrap();
        assert!(counts(3, 1).reach(1, third));
    }

    #[test]
    fn a_slow_failure_counts_in_both() {
        let mut counts = Counts::default();
        (0..Kind::COUNT).for_each(|index| counts.add(Kind::from_index(index), 1));
        let Counts {
            calls,
            failed,
            slow,
            slow_failed,
            ..
        } = counts;
        assert_eq!((calls, failed, slow, slow_failed), (4, 2, 2, 1));
        assert!((0..Kind::COUNT).all(|index| Kind::from_index(index).index() == index));
    }
}
