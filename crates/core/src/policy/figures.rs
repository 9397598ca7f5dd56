use std::num::NonZeroU32;
use std::time::Duration;

use super::Policy;
use super::budget::RetryBudget;

/// What follows from a policy: how long a call may take, how often it is sent, how much more the server may see.
///
/// They hold for calls that say nothing else of themselves: a caller may give one call more attempts, or an earlier
/// deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    max_attempts: NonZeroU32,
    longest_call: Option<Duration>,
    budget: Option<RetryBudget>,
}

impl Policy {
    /// What follows from it.
    pub fn figures(&self) -> Figures {
        Figures {
            max_attempts: self.max_attempts(),
            longest_call: self.longest_call(),
            budget: self.retry().map(|retry| *retry.budget()),
        }
    }

    fn max_attempts(&self) -> NonZeroU32 {
        let attempts = self.retry().map(|retry| retry.retries().max_attempts());
        attempts.unwrap_or(NonZeroU32::MIN)
    }

    fn longest_call(&self) -> Option<Duration> {
        let by_parts = self.longest_by_parts();
        match (self.deadline(), by_parts) {
            (Some(deadline), Some(parts)) => Some(deadline.min(parts)),
            (deadline, parts) => deadline.or(parts),
        }
    }

    /// Each attempt may wait in each layer that waits, and then take its time; between two there is a wait.
    fn longest_by_parts(&self) -> Option<Duration> {
        let admissions = [
            self.cooldown().map(super::Cooldown::max_wait),
            self.concurrency().map(super::Concurrency::max_wait),
            self.rate_limit().map(super::RateLimit::max_wait),
        ];
        let waits = admissions.into_iter().flatten();
        let attempt = waits.fold(self.attempt_timeout()?, Duration::saturating_add);
        let attempts = self.max_attempts().get();
        let between = self.retry().map_or(Duration::ZERO, |retry| {
            let retries = retry.retries();
            retries.max_wait().max(retries.backoff().cap())
        });
        let sending = attempt.saturating_mul(attempts);
        Some(sending.saturating_add(between.saturating_mul(attempts - 1)))
    }
}

impl Figures {
    /// How often a call is sent at most.
    pub const fn max_attempts(&self) -> NonZeroU32 {
        self.max_attempts
    }

    /// How long a call may take until the head of its response; `None` if nothing bounds it.
    ///
    /// The deadline, or the sum of what its parts may take if that is less and there is an attempt timeout:
    ///
    /// ```text
    /// attempts × (cooldown + concurrency + rate limit, each its longest wait, + attempt timeout)
    ///     + (attempts − 1) × the longer of the backoff's cap and the longest hint
    /// ```
    ///
    /// That a client is slow to become ready is not in the sum: the deadline bounds that too.
    pub const fn longest_call(&self) -> Option<Duration> {
        self.longest_call
    }

    /// How many attempts the server sees at most, of `calls` calls that are made within `over`.
    ///
    /// `calls × max_attempts`, or the calls and what the retry budget grants if that is less: its share of the calls, and
    /// its floor for as many memories as that time touches.
    pub fn most_attempts(&self, calls: u64, over: Duration) -> u64 {
        let by_attempts = calls.saturating_mul(self.max_attempts.get().into());
        let granted = self
            .budget
            .and_then(|budget| budget.most_retries(calls, over));
        let by_budget = granted.map_or(u64::MAX, |granted| calls.saturating_add(granted));
        by_attempts.min(by_budget)
    }

    /// How many attempts there may be for each call in the long run, in millionths, beside
    /// [`floor`](Self::floor) retries a second: 1 200 000 is a load of 120 %.
    ///
    /// Never more than `max_attempts`; as much, where there is no budget.
    pub fn load_millionths(&self) -> u64 {
        let by_attempts = u64::from(self.max_attempts.get()) * 1_000_000;
        let share = self.budget.and_then(|budget| budget.share());
        let by_share = share.map_or(u64::MAX, |share| 1_000_000 + u64::from(share.millionths()));
        by_attempts.min(by_share)
    }

    /// How many retries a second are granted whatever the share says; zero where there are none, or no budget.
    pub fn floor(&self) -> u32 {
        let floor = self.budget.and_then(|budget| budget.per_second());
        floor.filter(|_| self.max_attempts.get() > 1).unwrap_or(0)
    }
}
