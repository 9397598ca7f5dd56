use std::collections::VecDeque;

use super::amount::Quota;
use super::meter::Meter;
use crate::time::{Timestamp, saturating_nanos};

/// As many entries as a log keeps, give or take one. A quota of no more units is exact to the nanosecond.
const MOST_ENTRIES: u64 = 4_096;

/// A sliding window that remembers every call for a period.
///
/// What it remembers is bounded: with more units than some four thousand, calls within a 4096th of the period are one
/// entry, which counts from the latest of them. Such a window admits a little late, and never too much.
#[derive(Clone, Debug)]
pub struct Log {
    units: u64,
    period: u64,
    grain: u64,
    entries: VecDeque<Entry>,
    /// The sum of all entries that have left.
    gone: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    began: u64,
    at: u64,
    /// The sum of this entry and all before it, so that a search by sum needs few looks. Wraps after 2⁶⁴ units, as do
    /// all sums here; their differences stay small.
    sum: u64,
}

impl Log {
    /// An empty log.
    pub fn new(quota: &Quota) -> Self {
        let period = saturating_nanos(quota.period());
        let is_exact = quota.units() <= MOST_ENTRIES;
        Self {
            units: quota.units(),
            period,
            grain: if is_exact { 0 } else { period / MOST_ENTRIES },
            entries: VecDeque::new(),
            gone: 0,
        }
    }

    /// The first entry that is still in the window at `at`.
    fn first_in(&self, at: u64) -> usize {
        self.entries
            .partition_point(|entry| entry.at.saturating_add(self.period) <= at)
    }

    /// The sum of all entries before the one at `index`.
    fn sum_before(&self, index: usize) -> u64 {
        let before = index.checked_sub(1).and_then(|last| self.entries.get(last));
        before.map_or(self.gone, |entry| entry.sum)
    }

    fn total(&self) -> u64 {
        self.sum_before(self.entries.len())
    }

    /// When the last of what is in the window leaves it.
    pub(super) fn ends(&self) -> Timestamp {
        let last = self.entries.back();
        Timestamp::from_nanos(last.map_or(0, |entry| entry.at.saturating_add(self.period)))
    }

    fn forget(&mut self, at: u64) {
        let gone = self.first_in(at);
        self.gone = self.sum_before(gone);
        self.entries.drain(..gone);
    }
}

impl Meter for Log {
    fn largest(&self) -> u64 {
        self.units
    }

    fn next(&self, cost: u64, from: Timestamp) -> Timestamp {
        let kept = self.total().wrapping_sub(self.gone);
        let leaving = kept.saturating_add(cost).saturating_sub(self.units);
        if leaving == 0 {
            return from;
        }
        let last = self
            .entries
            .partition_point(|entry| entry.sum.wrapping_sub(self.gone) < leaving);
        let leaves = self
            .entries
            .get(last)
            .map_or(u64::MAX, |entry| entry.at.saturating_add(self.period));
        from.max(Timestamp::from_nanos(leaves))
    }

    fn take(&mut self, cost: u64, at: Timestamp) {
        if cost == 0 {
            return;
        }
        let latest = self.entries.back().map_or(0, |entry| entry.at);
        let at = at.as_nanos().max(latest);
        self.forget(at);
        let sum = self.total().wrapping_add(cost);
        match self.entries.back_mut() {
            Some(back) if at == back.at || at.saturating_sub(back.began) < self.grain => {
                back.at = at;
                back.sum = sum;
            }
            _ => self.entries.push_back(Entry { began: at, at, sum }),
        }
    }

    fn give_back(&mut self, cost: u64, at: Timestamp, _now: Timestamp) {
        let index = self
            .entries
            .partition_point(|entry| entry.at < at.as_nanos());
        // What has left the window has come back already.
        let entry = self.entries.get(index);
        let Some(entry) = entry.filter(|entry| entry.began <= at.as_nanos()) else {
            return;
        };
        let back = cost.min(entry.sum.wrapping_sub(self.sum_before(index)));
        let later = self.entries.iter_mut().skip(index);
        later.for_each(|entry| entry.sum = entry.sum.wrapping_sub(back));
    }

    fn used(&self, now: Timestamp) -> u64 {
        let first = self.first_in(now.as_nanos());
        self.total().wrapping_sub(self.sum_before(first))
    }
}
