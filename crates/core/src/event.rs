//! What happened, for whoever wants to know.

use std::time::Duration;

use crate::history::{Cause, End};
use crate::key::Key;
use crate::outcome::{Class, Outcome};
use crate::rejected::Rejected;

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
}

/// Whoever wants to know. Called on the path of the call: an observer that is slow makes calls slow.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, _event: &Event<'_>) {}
}
