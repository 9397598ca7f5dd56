//! What a circuit did, and why.

use std::time::Duration;

use super::counts::{Counts, Exceeded};
use super::state::State;
use crate::time::Timestamp;

/// Why a circuit changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Too many calls failed, or were slow; while it was half-open, too many probes.
    Exceeded(Exceeded),
    /// A failure came with a hint.
    Hint,
    /// It has been open for as long as it should, and a call came.
    Waited,
    /// Its probes did well.
    Recovered,
    /// It was half-open for too long.
    Stalled,
    /// Somebody said so.
    Told,
}

impl Cause {
    /// The name used in metrics and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exceeded(Exceeded {
                consecutive: true, ..
            }) => "consecutive",
            Self::Exceeded(Exceeded { failures: true, .. }) => "failure_rate",
            Self::Exceeded(_) => "slow_rate",
            Self::Hint => "hint",
            Self::Waited => "waited",
            Self::Recovered => "recovered",
            Self::Stalled => "stalled",
            Self::Told => "told",
        }
    }
}

/// A change of a circuit's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it was.
    pub from: State,
    /// What it is.
    pub to: State,
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub at: Timestamp,
    /// Where it opened: when calls may pass again.
    pub not_before: Option<Timestamp>,
}

/// What a circuit tells whoever calls it, after the fact and under no lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It changed.
    Changed(Change),
    /// It would have opened, if it did more than count. Told once for each bound.
    WouldOpen(Exceeded),
}

/// What somebody may tell a circuit to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Open, as if too many calls had failed. Not from [`State::MetricsOnly`], which never opens.
    Open,
    /// Open, for so long and no longer. Not from [`State::MetricsOnly`].
    OpenFor(Duration),
    /// Let probes pass now. Only where calls do not pass, or are not counted.
    Probe,
    /// Let no call pass until told otherwise.
    ForceOpen,
    /// Let all calls pass, and count nothing.
    Disable,
    /// Let all calls pass, and count.
    CountOnly,
    /// Close, and forget everything.
    Reset,
}

impl Command {
    /// Where it leads from `from`; `None` if it does not apply there.
    pub(super) const fn target(self, from: State) -> Option<State> {
        match (self, from) {
            (Self::Open | Self::OpenFor(_), State::MetricsOnly)
            | (Self::Probe, State::Closed | State::MetricsOnly) => None,
            (Self::Open | Self::OpenFor(_), _) => Some(State::Open),
            (Self::Probe, _) => Some(State::HalfOpen),
            (Self::ForceOpen, _) => Some(State::ForcedOpen),
            (Self::Disable, _) => Some(State::Disabled),
            (Self::CountOnly, _) => Some(State::MetricsOnly),
            (Self::Reset, _) => Some(State::Closed),
        }
    }
}

/// A circuit as it is at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapshot {
    /// What it does with calls.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// While it is open: when calls may pass again.
    pub not_before: Option<Timestamp>,
    /// How often it has opened since it was last closed.
    pub times_open: u32,
    /// What it is judged by. While it is open, what it was judged by.
    pub counts: Counts,
    /// The share that failed, from 0 to 1; `None` while there are too few calls to judge.
    pub failure_rate: Option<f64>,
    /// The share that took too long, from 0 to 1; `None` while there are too few calls to judge.
    pub slow_rate: Option<f64>,
    /// How many calls were refused: since it opened, or while it was half-open.
    pub refused: u64,
}
