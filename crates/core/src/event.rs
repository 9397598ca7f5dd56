//! What happened, for whoever wants to know.

use std::error::Error;
use std::time::Duration;

use crate::breaker::{Change, Exceeded};
use crate::history::{Cause, End};
use crate::key::Key;
use crate::outcome::{Class, Outcome};
use crate::rejected::{Rejected, Why};
use crate::time::Timestamp;

/// Something that happened to one call. Attempts count from 1.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An attempt did not do what was asked, or had hints that could not be used.
    Classified {
        /// What it meant.
        outcome: &'a Outcome,
    },
    /// An attempt failed and will be followed by another.
    RetryScheduled {
        /// The number of the attempt that failed.
        attempt: u32,
        /// What it meant.
        outcome: &'a Outcome,
        /// How long until the next.
        wait: Duration,
        /// Who chose the wait.
        cause: Cause,
    },
    /// A call ended: it failed, or needed more than one attempt.
    CallEnded {
        /// How many attempts were made.
        attempts: u32,
        /// What the last one meant.
        class: Class,
        /// Why there was no further attempt.
        end: End,
        /// How long the call waited between attempts, in all.
        waited: Duration,
    },
    /// A call waits for its slot of a quota.
    RateLimitWait {
        /// Whose quota.
        key: Key,
        /// How long, as far as is known when the wait begins.
        wait: Duration,
    },
    /// A call was refused by us, before anything was sent.
    Rejected {
        /// Why, and when it would be granted.
        rejected: &'a Rejected,
    },
    /// A retry layer found another inside it. Their attempts would multiply; the outer one does not repeat what the
    /// inner one has given up.
    NestedRetry {
        /// How many attempts the inner one made.
        attempts: u32,
    },
    /// The inner service of a rebuild layer is broken: it will never be ready again, or nothing has come of it for long.
    ServiceBroken {
        /// What it said, if it said anything.
        error: Option<&'a (dyn Error + 'static)>,
    },
    /// A broken service was replaced, or could not be.
    ServiceRebuilt {
        /// Why there is no other.
        error: Option<&'a (dyn Error + 'static)>,
    },
    /// The deadline of a call passed before there was an answer.
    DeadlinePassed {
        /// How long the call had.
        after: Duration,
    },
    /// A circuit opened, began to probe, closed, or was told to.
    BreakerChanged {
        /// Whose circuit.
        key: Key,
        /// From what to what, and why.
        change: &'a Change,
    },
    /// A circuit that only counts would have opened.
    BreakerWouldOpen {
        /// Whose circuit.
        key: Key,
        /// Which bounds were exceeded.
        exceeded: Exceeded,
    },
    /// A call was let go after a wait in a layer.
    Waited {
        /// What it waited for.
        cause: Cause,
        /// How long.
        wait: Duration,
    },
    /// All who share a key were told to wait, or were told so again by the answer to a probe.
    PauseBegan {
        /// [`Why::Cooldown`], or [`Why::QuotaExhausted`]: then callers are refused.
        why: Why,
        /// When it will end, as far as is known now.
        until: Timestamp,
    },
    /// A pause is over, and nobody waits.
    PauseEnded,
}

/// Whoever wants to know. Called on the path of the call: an observer that is slow makes calls slow.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, _event: &Event<'_>) {}
}
