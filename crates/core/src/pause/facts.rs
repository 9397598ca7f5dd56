//! What is said of a pause, and to those who meet it.

use crate::rejected::Why;
use crate::time::Timestamp;

/// Where a pause stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// There is none: everybody goes.
    Open,
    /// It is in force, and callers wait.
    Paused,
    /// The quota is used up: callers are refused.
    Parked,
    /// It is over, and is released step by step.
    Releasing {
        /// As many may be on their way at a time.
        step: usize,
    },
}

impl Phase {
    /// The name used in documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Parked => "parked",
            Self::Releasing { .. } => "releasing",
        }
    }
}

/// What is known of a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Where it stands.
    pub phase: Phase,
    /// When the last pause ended or will end; the origin of time if there was none.
    pub until: Timestamp,
    /// How many pauses there have been.
    pub epoch: u64,
    /// How many wait.
    pub waiting: usize,
    /// How many of those that were released one by one are called up or on their way.
    pub released: usize,
    /// How many limits there have been in a row.
    pub limits: u32,
}

/// Why somebody may not go and may not wait either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub why: Why,
    /// When somebody would be let go, if that is known.
    pub not_before: Option<Timestamp>,
}

/// What became of a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It began.
    Began {
        /// When it will end, as far as is known.
        until: Timestamp,
        /// Whether it is [`Why::Cooldown`] or [`Why::QuotaExhausted`].
        why: Why,
    },
    /// It was released, and nobody waits.
    Ended,
}

/// What somebody who wants to go has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Go, and say so by [`Gate::go`](super::Gate::go) at the moment of sending.
    Yours,
    /// Wait to be woken.
    Wait {
        /// And look again then, if not woken before. Only the first in the line is told.
        until: Option<Timestamp>,
    },
    /// Leave.
    Refused(Refusal),
}

/// How an attempt was let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Let {
    /// With everybody.
    Free,
    /// As one of those that are released: it has to come back.
    Released,
}
