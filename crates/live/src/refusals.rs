//! The last calls that were refused by us, and why.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use buttress_core::{Rejected, Timestamp};

/// A screenful. What came before is in the metrics, as numbers.
const KEPT: usize = 50;

/// An open circuit may refuse thousands of calls a second. Those of a second that are refused for the same reason are
/// one line, so that they do not drive out what came before them.
const ONE_LINE: Duration = Duration::from_secs(1);

/// Calls that were refused.
#[derive(Clone, Copy)]
pub(crate) struct Refusal {
    /// The first of them.
    pub(crate) at: Timestamp,
    /// What the last of them was told.
    pub(crate) rejected: Rejected,
    pub(crate) calls: u64,
}

/// The last of them.
pub(crate) struct Refusals(Mutex<VecDeque<Refusal>>);

impl Refusals {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(VecDeque::with_capacity(KEPT)))
    }

    pub(crate) fn add(&self, rejected: Rejected, at: Timestamp) {
        let mut lines = self.lines();
        if let Some(last) = lines.back_mut().filter(|last| last.takes(&rejected, at)) {
            last.rejected = rejected;
            last.calls += 1;
            return;
        }
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(Refusal {
            at,
            rejected,
            calls: 1,
        });
    }

    /// The newest first.
    pub(crate) fn newest(&self) -> Vec<Refusal> {
        self.lines().iter().rev().copied().collect()
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refusal {
    fn takes(&self, rejected: &Rejected, at: Timestamp) -> bool {
        let is_the_same = self.rejected.why == rejected.why && self.rejected.key == rejected.key;
        is_the_same && at.since(self.at) < ONE_LINE
    }
}

#[cfg(test)]
mod tests {
    use std::hash::RandomState;

    use buttress_core::key::KeyKind;
    use buttress_core::{Key, Why};

    use super::*;

    fn told(why: Why, millis: impl IntoIterator<Item = u64>) -> Refusals {
        let refusals = Refusals::new();
        for millis in millis {
            refusals.add(
                Rejected::new(why, Key::ALL),
                Timestamp::from_nanos(millis * 1_000_000),
            );
        }
        refusals
    }

    fn lines(refusals: &Refusals) -> Vec<(u64, u64)> {
        let lines = refusals.newest();
        let line = |line: &Refusal| (line.at.as_nanos() / 1_000_000, line.calls);
        lines.iter().map(line).collect()
    }

    #[test]
    fn the_last_fifty_are_kept_and_the_newest_comes_first() {
        let refusals = told(Why::CircuitOpen, (0..60).map(|second| second * 1_000));
        let kept = (10..60).rev().map(|second| (second * 1_000, 1));
        assert_eq!(lines(&refusals), kept.collect::<Vec<_>>());
    }

    #[test]
    fn those_of_a_second_and_a_reason_are_one_line() {
        let refusals = told(Why::CircuitOpen, [0, 1, 999, 1_000, 1_001]);
        assert_eq!(lines(&refusals), [(1_000, 2), (0, 3)]);
    }

    #[test]
    fn another_reason_or_another_key_is_another_line() {
        let refusals = told(Why::CircuitOpen, [0]);
        let host = Key::new(KeyKind::Host, "a", &RandomState::new());
        for (why, key) in [(Why::Cooldown, Key::ALL), (Why::Cooldown, host)] {
            refusals.add(Rejected::new(why, key), Timestamp::from_nanos(0));
        }
        assert_eq!(lines(&refusals), [(0, 1); 3]);
    }

    #[test]
    fn a_line_says_what_the_last_was_told() {
        let refusals = told(Why::CircuitOpen, [0]);
        let later = Some(Timestamp::MAX);
        let last = Rejected::new(Why::CircuitOpen, Key::ALL).with_not_before(later);
        refusals.add(last, Timestamp::from_nanos(1));
        assert_eq!(refusals.newest()[0].rejected, last);
    }
}
