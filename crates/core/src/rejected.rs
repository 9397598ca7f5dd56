//! The one error that we make.

use std::error::Error;
use std::fmt;

use crate::key::{Key, KeyKind};
use crate::quota::{Counts, Quota};
use crate::time::Timestamp;

/// Why a call was refused before anything was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// The wait for a free slot of a quota is longer than this call may wait.
    RateLimit,
    /// The call costs more than its quota ever holds.
    TooLarge,
    /// The server said "not now" to somebody who shares this key, and the pause is longer than this call may wait.
    Cooldown,
    /// The key's money or plan is used up.
    QuotaExhausted,
    /// The circuit is open.
    CircuitOpen,
    /// Too many calls are in flight.
    Concurrency,
    /// The call's deadline has passed.
    Deadline,
    /// The inner service is broken, and there is no other yet.
    Rebuilding,
}

impl Why {
    /// Every reason, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::RateLimit,
        Self::TooLarge,
        Self::Cooldown,
        Self::QuotaExhausted,
        Self::CircuitOpen,
        Self::Concurrency,
        Self::Deadline,
        Self::Rebuilding,
    ];

    /// Its place in [`Why::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name used in metrics and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RateLimit => "rate_limit",
            Self::TooLarge => "too_large",
            Self::Cooldown => "cooldown",
            Self::QuotaExhausted => "quota_exhausted",
            Self::CircuitOpen => "circuit_open",
            Self::Concurrency => "concurrency",
            Self::Deadline => "deadline",
            Self::Rebuilding => "rebuilding",
        }
    }
}

/// A refusal made by us, before anything was sent: why, when it would be granted if that is known, and whose key.
///
/// ```
/// use buttress_core::{Key, Rejected, Timestamp, Why};
///
/// let rejected = Rejected::new(Why::CircuitOpen, Key::ALL).with_not_before(Some(Timestamp::MAX));
/// assert_eq!(rejected.to_string(), "rejected before sending: circuit_open");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// Why.
    pub why: Why,
    /// When a call for the same key would pass, as far as is known now.
    pub not_before: Option<Timestamp>,
    /// What the refusal holds for.
    pub key: Key,
    /// What the call would have cost, and of which quota, where a quota refused it.
    pub charge: Option<Charge>,
}

/// What a call costs of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charge {
    /// The cost, in the quota's units.
    pub cost: u64,
    /// The quota.
    pub quota: Quota,
}

impl Charge {
    /// `cost` units of `quota`.
    pub const fn new(cost: u64, quota: Quota) -> Self {
        Self { cost, quota }
    }
}

impl Rejected {
    /// A refusal of which it is not known when it will end.
    pub const fn new(why: Why, key: Key) -> Self {
        Self {
            why,
            not_before: None,
            key,
            charge: None,
        }
    }

    /// With the time at which a call for the same key would pass, if it is known.
    #[must_use]
    pub const fn with_not_before(self, not_before: Option<Timestamp>) -> Self {
        Self { not_before, ..self }
    }

    /// With what the call would have cost, and of which quota.
    #[must_use]
    pub const fn with_charge(self, charge: Charge) -> Self {
        Self {
            charge: Some(charge),
            ..self
        }
    }

    /// Finds a refusal of ours in the chain of an error.
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        crate::failure::find(error)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rejected before sending: {}", self.why.name())?;
        match self.key.kind() {
            KeyKind::All => {}
            // Of what kind, and never which: a key may be a secret.
            kind => write!(f, " for one {}", kind.name())?,
        }
        match &self.charge {
            None => Ok(()),
            Some(charge) => write!(f, ": {charge}"),
        }
    }
}

impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cost, quota } = self;
        let (units, period) = (quota.units(), quota.period());
        match quota.counts() {
            Counts::Requests => write!(f, "the quota holds {units} requests per {period:?}"),
            Counts::Cost if quota.largest() == units => {
                write!(
                    f,
                    "the call costs {cost}, the quota holds {units} per {period:?}"
                )
            }
            Counts::Cost => {
                let burst = quota.largest();
                write!(
                    f,
                    "the call costs {cost}, the quota holds {burst} and has {units} per {period:?}"
                )
            }
        }
    }
}

impl Error for Rejected {}

#[cfg(test)]
mod tests {
    use std::hash::RandomState;

    use super::*;

    fn told(quota: Quota) -> String {
        let charge = Charge::new(5_000, quota);
        Rejected::new(Why::TooLarge, Key::ALL)
            .with_charge(charge)
            .to_string()
    }

    #[test]
    fn a_refusal_tells_the_numbers() {
        let tokens = Quota::per_minute(1_000).unwrap();
        let said =
            "rejected before sending: too_large: the call costs 5000, the quota holds 1000 per 60s";
        assert_eq!(told(tokens), said);
        let burst = "the call costs 5000, the quota holds 50 and has 1000 per 60s";
        assert!(told(tokens.with_burst(50).unwrap()).ends_with(burst));
        assert!(
            told(tokens.counting_requests()).ends_with("the quota holds 1000 requests per 60s")
        );
    }

    #[test]
    fn a_refusal_tells_the_kind_of_its_key_and_nothing_else_of_it() {
        let key = Key::new(KeyKind::Credential, "sk-secret", &RandomState::new());
        let told = Rejected::new(Why::Cooldown, key).to_string();
        assert_eq!(told, "rejected before sending: cooldown for one credential");
    }

    #[test]
    fn a_refusal_stays_small_enough_to_be_passed_about() {
        assert!(size_of::<Rejected>() <= 80, "{}", size_of::<Rejected>());
    }

    #[test]
    fn a_reason_is_found_where_it_says() {
        for (index, why) in Why::ALL.into_iter().enumerate() {
            assert_eq!(why.index(), index, "{why:?}");
        }
    }
}
