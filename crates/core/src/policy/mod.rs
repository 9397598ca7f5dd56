//! The whole stack as one validated value.
//!
//! A [`Policy`] says which layers there are, and how each of them is to behave. It knows nothing of a file: whatever a
//! configuration is read from is turned into one of these, and so is a policy that is written in Rust. Two policies that
//! say the same are equal, wherever they came from.
//!
//! ```
//! use std::time::Duration;
//!
//! use buttress_core::policy::{Limit, Policy, ProfileName, RateLimit};
//! use buttress_core::quota::Quota;
//!
//! # fn main() -> Result<(), buttress_core::Invalid> {
//! let limits = [Limit::requests(Quota::per_minute(500)?), Limit::tokens(Quota::per_minute(200_000)?)];
//! let policy = Policy::new(ProfileName::new("openai")?)
//!     .with_deadline(Duration::from_secs(120))?
//!     .with_attempt_timeout(Duration::from_secs(30))?
//!     .with_rate_limit(RateLimit::new(limits)?);
//! # let _ = policy;
//! # Ok(())
//! # }
//! ```
//!
//! # What cannot be
//!
//! is refused by the constructor of the part that it is in, and what two parts of a policy cannot be together, by the
//! policy: an attempt timeout over the deadline. What can be and is hardly meant is found by [`Policy::check`].
//!
//! # The profile
//!
//! is a name here. Which profiles there are is known to the crates above.

mod breaker;
mod budget;
mod check;
mod concurrency;
mod cooldown;
mod figures;
mod idempotency;
mod key_by;
mod names;
mod rate_limit;
mod retry;
#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests;
mod upstream;

use std::time::Duration;

pub use self::breaker::Breaker;
pub use self::budget::RetryBudget;
pub use self::check::{Finding, Severity};
pub use self::concurrency::Concurrency;
pub use self::cooldown::Cooldown;
pub use self::figures::Figures;
pub use self::idempotency::IdempotencyKey;
pub use self::key_by::KeyBy;
pub use self::names::{Host, ProfileName, UpstreamName};
pub use self::rate_limit::{Limit, RateLimit};
pub use self::retry::Retry;
pub use self::upstream::Upstream;

use crate::invalid::Invalid;
pub use crate::quota::published::Unit;

/// The whole stack: which layers there are, and how each behaves.
///
/// Parts are set with `with_…`; `None` leaves the layer out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    profile: ProfileName,
    deadline: Option<Duration>,
    retry: Option<Retry>,
    fail_fast: bool,
    cooldown: Option<Cooldown>,
    concurrency: Option<Concurrency>,
    rate_limit: Option<RateLimit>,
    breaker: Option<Breaker>,
    attempt_timeout: Option<Duration>,
    isolation: bool,
}

/// How long a request may take in the OpenAI and the Anthropic SDK.
const DEADLINE: Duration = Duration::from_secs(600);

impl Default for Policy {
    /// That of the profile `generic`.
    fn default() -> Self {
        Self::new(ProfileName::default())
    }
}

impl Policy {
    /// What a profile alone means: a deadline of ten minutes, [`Retry`], fail-fast, [`Cooldown`], [`Breaker`] and isolation,
    /// each by its default.
    ///
    /// * Ten minutes are what the OpenAI and Anthropic SDKs give a request. A call without a bound is one that a silent
    ///   server holds for ever.
    /// * No attempt timeout: one API answers in 50 ms, another thinks for minutes before the first byte.
    /// * No rate limit and no bound on concurrency: the numbers are the account's, and a wrong one slows down a program
    ///   that was well. What a server says of its limits is obeyed by the cooldown.
    pub const fn new(profile: ProfileName) -> Self {
        Self {
            profile,
            deadline: Some(DEADLINE),
            retry: Some(Retry::DEFAULT),
            fail_fast: true,
            cooldown: Some(Cooldown::DEFAULT),
            concurrency: None,
            rate_limit: None,
            breaker: Some(Breaker::DEFAULT),
            attempt_timeout: None,
            isolation: true,
        }
    }

    /// The profile and nothing else: every layer but classification is left out.
    pub const fn bare(profile: ProfileName) -> Self {
        Self {
            profile,
            deadline: None,
            retry: None,
            fail_fast: false,
            cooldown: None,
            concurrency: None,
            rate_limit: None,
            breaker: None,
            attempt_timeout: None,
            isolation: false,
        }
    }

    /// With another profile.
    #[must_use]
    pub fn with_profile(self, profile: ProfileName) -> Self {
        Self { profile, ..self }
    }

    /// With another time that a call may take in all.
    ///
    /// # Errors
    ///
    /// If it is zero, or less than the attempt timeout.
    pub fn with_deadline(self, deadline: impl Into<Option<Duration>>) -> Result<Self, Invalid> {
        let deadline = deadline.into();
        some_time("deadline", deadline)?;
        if let (Some(deadline), Some(attempt)) = (deadline, self.attempt_timeout)
            && deadline < attempt
        {
            let expected = "at least the attempt timeout";
            return Err(Invalid::new("deadline", deadline, expected));
        }
        Ok(Self { deadline, ..self })
    }

    /// With another time that one attempt may take.
    ///
    /// # Errors
    ///
    /// If it is zero, or more than the deadline: it would never be reached.
    pub fn with_attempt_timeout(
        self,
        attempt_timeout: impl Into<Option<Duration>>,
    ) -> Result<Self, Invalid> {
        let attempt_timeout = attempt_timeout.into();
        some_time("attempt timeout", attempt_timeout)?;
        if let (Some(deadline), Some(attempt)) = (self.deadline, attempt_timeout)
            && attempt > deadline
        {
            return Err(Invalid::new(
                "attempt timeout",
                attempt,
                "at most the deadline",
            ));
        }
        Ok(Self {
            attempt_timeout,
            ..self
        })
    }

    /// With other retries, or none.
    #[must_use]
    pub fn with_retry(self, retry: impl Into<Option<Retry>>) -> Self {
        let retry = retry.into();
        Self { retry, ..self }
    }

    /// With or without a look ahead: whether what would be refused further in is refused before it queues.
    #[must_use]
    pub fn with_fail_fast(self, fail_fast: bool) -> Self {
        Self { fail_fast, ..self }
    }

    /// With another cooldown, or none.
    #[must_use]
    pub fn with_cooldown(self, cooldown: impl Into<Option<Cooldown>>) -> Self {
        let cooldown = cooldown.into();
        Self { cooldown, ..self }
    }

    /// With another bound on attempts in flight, or none.
    #[must_use]
    pub fn with_concurrency(self, concurrency: impl Into<Option<Concurrency>>) -> Self {
        let concurrency = concurrency.into();
        Self {
            concurrency,
            ..self
        }
    }

    /// With another rate limit, or none.
    #[must_use]
    pub fn with_rate_limit(self, rate_limit: impl Into<Option<RateLimit>>) -> Self {
        let rate_limit = rate_limit.into();
        Self { rate_limit, ..self }
    }

    /// With another breaker, or none.
    #[must_use]
    pub fn with_breaker(self, breaker: impl Into<Option<Breaker>>) -> Self {
        let breaker = breaker.into();
        Self { breaker, ..self }
    }

    /// With or without isolation: whether a panic of what is inside becomes an outcome.
    #[must_use]
    pub fn with_isolation(self, isolation: bool) -> Self {
        Self { isolation, ..self }
    }

    /// The name of its profile.
    pub const fn profile(&self) -> &ProfileName {
        &self.profile
    }

    /// How long a call may take in all.
    pub const fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Whether and when a call is tried again.
    pub const fn retry(&self) -> Option<&Retry> {
        self.retry.as_ref()
    }

    /// Whether what would be refused further in is refused before it queues.
    pub const fn fail_fast(&self) -> bool {
        self.fail_fast
    }

    /// How all who share a limit wait when one of them is told to.
    pub const fn cooldown(&self) -> Option<&Cooldown> {
        self.cooldown.as_ref()
    }

    /// How many attempts may be in flight.
    pub const fn concurrency(&self) -> Option<&Concurrency> {
        self.concurrency.as_ref()
    }

    /// How fast to send.
    pub const fn rate_limit(&self) -> Option<&RateLimit> {
        self.rate_limit.as_ref()
    }

    /// When a server is left alone.
    pub const fn breaker(&self) -> Option<&Breaker> {
        self.breaker.as_ref()
    }

    /// How long one attempt may take.
    pub const fn attempt_timeout(&self) -> Option<Duration> {
        self.attempt_timeout
    }

    /// Whether a panic of what is inside becomes an outcome.
    pub const fn isolation(&self) -> bool {
        self.isolation
    }
}

fn some_time(what: &'static str, time: Option<Duration>) -> Result<(), Invalid> {
    match time {
        Some(Duration::ZERO) => Err(Invalid::new(what, Duration::ZERO, "some time")),
        _ => Ok(()),
    }
}
