use super::amount::Quota;
use crate::time::Timestamp;

/// How fast a quota is spent: what was taken in the present slice of time and in the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trend {
    slice: u64,
    number: u64,
    last: u64,
    count: u64,
}

/// A pace is measured over an eighth of a period, to a quarter: short enough to follow a change, and long enough to hold
/// more than one call of a quota that is worth a forecast.
const SLICES: u64 = 8;

impl Trend {
    pub(super) fn new(quota: &Quota) -> Self {
        Self {
            slice: (quota.period_nanos() / SLICES).max(1),
            number: 0,
            last: 0,
            count: 0,
        }
    }

    pub(super) fn count(&mut self, cost: u64, at: Timestamp) {
        *self = self.at(at);
        self.count = self.count.saturating_add(cost);
    }

    fn at(self, at: Timestamp) -> Self {
        let into = at
            .as_nanos()
            .checked_sub(self.number.saturating_mul(self.slice));
        // Most calls go in the slice of the one before, and need no division.
        if into.is_some_and(|into| into < self.slice) {
            return self;
        }
        let number = (at.as_nanos() / self.slice).max(self.number);
        let (last, count) = match number - self.number {
            0 => (self.last, self.count),
            1 => (self.count, 0),
            _ => (0, 0),
        };
        Self {
            number,
            last,
            count,
            ..self
        }
    }

    /// So many units in so many nanoseconds, which are never none.
    pub(super) fn pace(&self, now: Timestamp) -> (u64, u64) {
        let trend = self.at(now);
        let into = now
            .as_nanos()
            .saturating_sub(trend.number.saturating_mul(self.slice));
        (
            trend.last.saturating_add(trend.count),
            self.slice + into.min(self.slice),
        )
    }
}
