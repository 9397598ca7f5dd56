use std::time::Duration;

use crate::budget::{Budget, Share};
use crate::invalid::Invalid;
use crate::time::{Timestamp, saturating_nanos};

/// What a [`Budget`] is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryBudget(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OfCalls {
        share: Share,
        per_second: u32,
        memory: Duration,
    },
    Unlimited,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl RetryBudget {
    /// That of [`Budget::default`].
    pub const DEFAULT: Self = Self(Kind::OfCalls {
        share: Share::FIFTH,
        per_second: 10,
        memory: Duration::from_secs(10),
    });

    /// No bound.
    pub const UNLIMITED: Self = Self(Kind::Unlimited);

    /// A share of the calls of the last `memory`, and `per_second` retries on top.
    ///
    /// # Errors
    ///
    /// If `memory` is not between 1 s and 60 s, as [`Budget::of_calls`] says.
    pub fn of_calls(share: Share, per_second: u32, memory: Duration) -> Result<Self, Invalid> {
        Budget::of_calls(share, per_second, memory)?;
        Ok(Self(Kind::OfCalls {
            share,
            per_second,
            memory,
        }))
    }

    /// Whether there is no bound.
    pub const fn is_unlimited(&self) -> bool {
        matches!(self.0, Kind::Unlimited)
    }

    /// The share of calls; `None` without a bound.
    pub const fn share(&self) -> Option<Share> {
        match self.0 {
            Kind::OfCalls { share, .. } => Some(share),
            Kind::Unlimited => None,
        }
    }

    /// How many retries a second there may be on top; `None` without a bound.
    pub const fn per_second(&self) -> Option<u32> {
        match self.0 {
            Kind::OfCalls { per_second, .. } => Some(per_second),
            Kind::Unlimited => None,
        }
    }

    /// For how long calls are remembered; `None` without a bound.
    pub const fn memory(&self) -> Option<Duration> {
        match self.0 {
            Kind::OfCalls { memory, .. } => Some(memory),
            Kind::Unlimited => None,
        }
    }

    /// A budget of this description, of which nothing has been used.
    pub fn budget(&self) -> Budget {
        match self.0 {
            Kind::OfCalls {
                share,
                per_second,
                memory,
            } => Budget::of_calls(share, per_second, memory).unwrap_or_default(),
            Kind::Unlimited => Budget::unlimited(),
        }
    }

    /// Makes `budget` one of this description: what was spent stays spent. `false` if that cannot be, as the one is without a
    /// bound and the other is not; then it is left as it is.
    pub fn change(&self, budget: &Budget, now: Timestamp) -> bool {
        match self.0 {
            Kind::OfCalls {
                share,
                per_second,
                memory,
            } => budget
                .change(share, per_second, memory, now)
                .unwrap_or(false),
            Kind::Unlimited => budget.is_unlimited(),
        }
    }

    /// How many retries it grants at most, of `calls` calls within `over`.
    ///
    /// What is granted within one memory is at most the share of its calls and the floor of as many seconds. A stretch
    /// of time touches a tenth of a memory more than it is long at either end, and so so many memories:
    ///
    /// ```text
    /// share × calls + per_second × memory × ⌈(⌊over ÷ (memory ÷ 10)⌋ + 2) ÷ 10⌉
    /// ```
    pub(super) fn most_retries(&self, calls: u64, over: Duration) -> Option<u64> {
        let Kind::OfCalls {
            share,
            per_second,
            memory,
        } = self.0
        else {
            return None;
        };
        let nanos = saturating_nanos(memory);
        let slices = saturating_nanos(over) / (nanos / 10).max(1) + 2;
        let floor = u128::from(per_second) * u128::from(nanos) / 1_000_000_000;
        let of_calls = u128::from(calls) * u128::from(share.millionths()) / 1_000_000;
        let most = of_calls + floor * u128::from(slices.div_ceil(10));
        Some(u64::try_from(most).unwrap_or(u64::MAX))
    }
}
