//! The one error that we make.

use std::error::Error;
use std::fmt;

use crate::key::Key;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Why.
    pub why: Why,
    /// When a call for the same key would pass, as far as is known now.
    pub not_before: Option<Timestamp>,
    /// What the refusal holds for.
    pub key: Key,
}

impl Rejected {
    /// Finds a refusal of ours in the chain of an error.
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        crate::failure::find(error)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rejected before sending: {}", self.why.name())
    }
}

impl Error for Rejected {}
