//! The board and its paths, in injected time.

mod paths;
mod snapshots;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use buttress_core::breaker::{self, Counts, State};
use buttress_core::pause::{self, Phase};
use buttress_core::{Key, Rejected, Timestamp, Why};
use serde_json::Value;

use crate::{Board, Upstream};

/// A clock that stands where it is put, in milliseconds.
#[derive(Clone, Default)]
pub(super) struct Hands(Arc<AtomicU64>);

impl Hands {
    pub(super) fn put(&self, millis: u64) {
        self.0.store(millis, Ordering::Relaxed);
    }

    pub(super) fn upstream(&self) -> Upstream {
        let hands = self.clone();
        Upstream::new("openai", move || at(hands.0.load(Ordering::Relaxed)))
    }
}

pub(super) fn at(millis: u64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

pub(super) fn seen(board: &Board) -> Value {
    serde_json::from_str(&board.json()).unwrap()
}

/// The snapshot of the only upstream.
pub(super) fn shown(upstream: Upstream) -> Value {
    seen(&Board::new([upstream]))["upstreams"][0].take()
}

pub(super) fn circuit(state: State) -> breaker::Snapshot {
    breaker::Snapshot {
        state,
        since: at(4_000),
        not_before: Some(at(34_000)),
        times_open: 1,
        counts: Counts {
            calls: 10,
            failed: 6,
            slow: 1,
            ..Counts::default()
        },
        failure_rate: Some(0.6),
        slow_rate: Some(0.1),
        refused: 7,
    }
}

pub(super) fn pause(until: Timestamp) -> pause::Snapshot {
    pause::Snapshot {
        phase: Phase::Paused,
        until,
        epoch: 1,
        waiting: 12,
        released: 0,
        limits: 1,
    }
}

pub(super) fn refused(key: Key, not_before: Option<Timestamp>) -> Rejected {
    Rejected::new(Why::CircuitOpen, key).with_not_before(not_before)
}
