use super::amount::Quota;
use super::meter::Meter;
use crate::time::Timestamp;

/// A sliding window that is estimated from two counts: the present window's, and as much of the last one's as the sliding
/// window still reaches into.
#[derive(Clone, Debug)]
pub struct Counter {
    units: u64,
    period: u64,
    window: Window,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    /// Windows are counted from the origin of time.
    number: u64,
    last: u64,
    count: u64,
}

impl Window {
    /// As it stands once window `number` has begun.
    const fn at(self, number: u64) -> Self {
        match number.saturating_sub(self.number) {
            0 => self,
            1 => Self {
                number,
                last: self.count,
                count: 0,
            },
            _ => Self {
                number,
                last: 0,
                count: 0,
            },
        }
    }
}

impl Counter {
    /// Two empty windows.
    pub const fn new(quota: &Quota) -> Self {
        let window = Window {
            number: 0,
            last: 0,
            count: 0,
        };
        Self {
            units: quota.units(),
            period: quota.period_nanos(),
            window,
        }
    }

    fn window(&self, at: u64) -> Window {
        self.window.at(at / self.period)
    }

    /// When nothing that was counted reaches into the sliding window any more.
    pub(super) const fn ends(&self) -> Timestamp {
        let windows = match (self.window.count, self.window.last) {
            (0, 0) => 0,
            (0, _) => self.window.number.saturating_add(1),
            _ => self.window.number.saturating_add(2),
        };
        Timestamp::from_nanos(windows.saturating_mul(self.period))
    }

    /// How far into its window `cost` fits; `None` if not before the next.
    fn opens(&self, window: Window, cost: u64) -> Option<u64> {
        let room = self.units.checked_sub(window.count.checked_add(cost)?)?;
        if window.last <= room {
            return Some(0);
        }
        // last × (period − into) ≤ room × period
        let reach = u128::from(room) * u128::from(self.period) / u128::from(window.last);
        let into = self.period - u64::try_from(reach).unwrap_or(self.period);
        (into < self.period).then_some(into)
    }
}

impl Meter for Counter {
    fn largest(&self) -> u64 {
        self.units
    }

    fn next(&self, cost: u64, from: Timestamp) -> Timestamp {
        let first = self.window(from.as_nanos());
        // Two windows on, both counts are empty.
        let times = (0..3).filter_map(|later| {
            let window = first.at(first.number.saturating_add(later));
            let into = self.opens(window, cost)?;
            Some(
                window
                    .number
                    .saturating_mul(self.period)
                    .saturating_add(into),
            )
        });
        let opens = times.min().unwrap_or(u64::MAX);
        from.max(Timestamp::from_nanos(opens))
    }

    fn take(&mut self, cost: u64, at: Timestamp) {
        self.window = self.window(at.as_nanos());
        self.window.count = self.window.count.saturating_add(cost);
    }

    fn give_back(&mut self, cost: u64, at: Timestamp, _now: Timestamp) {
        let count = match self.window.number.checked_sub(at.as_nanos() / self.period) {
            Some(0) => &mut self.window.count,
            Some(1) => &mut self.window.last,
            _ => return,
        };
        *count = count.saturating_sub(cost);
    }

    fn used(&self, now: Timestamp) -> u64 {
        let window = self.window(now.as_nanos());
        let into = now
            .as_nanos()
            .saturating_sub(window.number.saturating_mul(self.period));
        let left = u128::from(self.period.saturating_sub(into));
        let last = (u128::from(window.last) * left).div_ceil(u128::from(self.period));
        window
            .count
            .saturating_add(u64::try_from(last).unwrap_or(u64::MAX))
    }
}
