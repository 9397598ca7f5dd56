use super::amount::Quota;
use super::meter::Meter;
use crate::time::Timestamp;

/// A fixed window. It begins with the first call after the last one ended; what it holds over its quota is carried into
/// the next.
#[derive(Clone, Debug)]
pub struct Fixed {
    units: u64,
    period: u64,
    start: u64,
    count: u64,
}

impl Fixed {
    /// No window has begun.
    pub const fn new(quota: &Quota) -> Self {
        Self {
            units: quota.units(),
            period: quota.period_nanos(),
            start: 0,
            count: 0,
        }
    }

    /// How many windows have ended at `at`.
    const fn windows(&self, at: u64) -> u64 {
        at.saturating_sub(self.start) / self.period
    }

    /// When the window ends that `at` is in, or that would begin then; of debt, the last that it fills.
    pub(super) fn ends(&self, at: Timestamp) -> Timestamp {
        let count = self.count_at(at.as_nanos());
        if count == 0 {
            return Timestamp::from_nanos(at.as_nanos().saturating_add(self.period));
        }
        let windows = self.windows(at.as_nanos()) + count.div_ceil(self.units).max(1);
        Timestamp::from_nanos(
            self.start
                .saturating_add(windows.saturating_mul(self.period)),
        )
    }

    const fn count_at(&self, at: u64) -> u64 {
        self.count
            .saturating_sub(self.units.saturating_mul(self.windows(at)))
    }
}

impl Meter for Fixed {
    fn largest(&self) -> u64 {
        self.units
    }

    fn next(&self, cost: u64, from: Timestamp) -> Timestamp {
        let over = self.count.saturating_add(cost).saturating_sub(self.units);
        let windows = over.div_ceil(self.units);
        let opens = self
            .start
            .saturating_add(windows.saturating_mul(self.period));
        if windows == 0 {
            from
        } else {
            from.max(Timestamp::from_nanos(opens))
        }
    }

    fn take(&mut self, cost: u64, at: Timestamp) {
        let at = at.as_nanos();
        let windows = self.windows(at);
        if windows > 0 || self.count == 0 {
            self.count = self.count_at(at);
            self.start = if self.count == 0 {
                at.max(self.start)
            } else {
                self.start
                    .saturating_add(windows.saturating_mul(self.period))
            };
        }
        self.count = self.count.saturating_add(cost);
    }

    fn give_back(&mut self, cost: u64, at: Timestamp, _now: Timestamp) {
        // An earlier window has ended, and what was not used of it with it.
        if at.as_nanos() >= self.start {
            self.count = self.count.saturating_sub(cost);
        }
    }

    fn used(&self, now: Timestamp) -> u64 {
        self.count_at(now.as_nanos())
    }
}
