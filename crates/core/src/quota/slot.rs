use super::amount::{Counts, Quota};
use crate::time::Timestamp;

/// When a call may go, and what it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub(super) at: Timestamp,
    pub(super) cost: u64,
    /// Its place in the queue, until it is confirmed.
    pub(super) place: Option<u64>,
}

impl Slot {
    /// When the call may go, as far as was known when the slot was given.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// What it cost.
    pub const fn cost(&self) -> u64 {
        self.cost
    }

    /// Whether the call may go. If not, it is to wait, and then to ask [`Limiter::confirm`](super::Limiter::confirm).
    pub const fn is_granted(&self) -> bool {
        self.place.is_none()
    }
}

/// A cost that never fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cost of {cost} never fits into a quota that holds {}", .quota.largest())]
pub struct TooLarge {
    /// What the call would have cost there.
    pub cost: u64,
    /// The quota.
    pub quota: Quota,
}

/// Why there is no slot. Nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The cost never fits.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The next slot is later than the caller may wait.
    #[error("the next free slot is later than this call may wait")]
    Late {
        /// When that slot is.
        slot: Timestamp,
        /// What the call would have cost there.
        cost: u64,
        /// The quota that it waits for.
        quota: Quota,
    },
}

/// What is left of one quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The quota.
    pub quota: Quota,
    /// What could be taken now if nobody waited: of our account, or of what the server says remains, whichever is less.
    pub remaining: u64,
    /// When all of it is there again, if nothing more is taken. Now, if nothing is missing.
    pub reset: Timestamp,
    /// When it is spent, at the pace at which it was spent of late; `None` if it is not before more comes back.
    pub spent: Option<Timestamp>,
}

/// What the server says of one of its quotas, and what we have taken since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learned {
    /// Whether it counts requests, or what they cost.
    pub counts: Counts,
    /// The units of a window, if the server says so.
    pub limit: Option<u64>,
    /// What remains.
    pub remaining: u64,
    /// When what was used has come back.
    pub reset: Timestamp,
}

/// How a schedule stands at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What is left, quota by quota.
    pub levels: Box<[Level]>,
    /// What the server says, as far as it holds.
    pub learned: Box<[Learned]>,
    /// What is left of the rate that was found by trying, once one was: one call per period.
    pub found: Option<Level>,
    /// When a call that costs one would go.
    pub next: Timestamp,
    /// How many calls wait.
    pub waiting: usize,
}
