//! The ratio of the usual time to the latest: below one, a queue grows somewhere.

use super::{ONE, Sample, is_bound, scaled, smoothed, whole};
use crate::time::saturating_nanos;

/// Compares each attempt with the average of many, so that a slow change of the times is followed and not fought.
///
/// The rule and the figures of Netflix's `Gradient2Limit`, with one addition: what is congested takes the limit a step
/// towards its half, as it has no time of its own to go by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gradient {
    limit: u64,
    low: u32,
    high: u32,
    smoothing: u64,
    queue: u32,
    /// How much longer than usual is not too long, in millionths.
    tolerance: u64,
    usual: Average,
}

/// So many samples that a burst does not become usual.
const LONG_WINDOW: u64 = 600;

/// The first samples are averaged plainly; a moving average would take the very first for usual.
const WARM_UP: u64 = 10;

impl Default for Gradient {
    /// Begins with 20, stays within 20 and 200, goes a fifth of the way, leaves room for a queue of 4, and takes half as
    /// long again for usual.
    fn default() -> Self {
        Self {
            limit: 20 * ONE,
            low: 20,
            high: 200,
            smoothing: 200_000,
            queue: 4,
            tolerance: 1_500_000,
            usual: Average::default(),
        }
    }
}

impl Gradient {
    /// With another limit to begin with.
    #[must_use]
    pub fn with_initial(self, initial: u32) -> Self {
        let limit = u64::from(initial) * ONE;
        Self { limit, ..self }
    }

    /// With other bounds.
    #[must_use]
    pub fn with_bounds(self, low: u32, high: u32) -> Self {
        let high = high.max(low);
        Self { low, high, ..self }
    }

    /// The lowest limit and the highest.
    pub const fn bounds(&self) -> (u32, u32) {
        (self.low, self.high)
    }

    /// How many attempts may be in flight.
    pub const fn limit(&self) -> u32 {
        whole(self.limit)
    }

    /// Takes what one attempt shows.
    pub fn sample(&mut self, sample: &Sample) {
        if sample.is_congested {
            self.step_to(self.limit / 2);
            return;
        }
        let elapsed = saturating_nanos(sample.elapsed).max(1);
        let usual = self.usual.add(elapsed);
        // Times have become shorter for good: the average follows faster than it would by itself.
        if usual / 2 > elapsed {
            self.usual.nanos = scaled(usual, 95, 100);
        }
        if is_bound(sample.in_flight, self.limit) {
            let gradient = scaled(self.tolerance, usual, elapsed).clamp(ONE / 2, ONE);
            let room = u64::from(self.queue) * ONE;
            self.step_to(scaled(self.limit, gradient, ONE).saturating_add(room));
        }
    }

    fn step_to(&mut self, new: u64) {
        let (low, high) = (u64::from(self.low) * ONE, u64::from(self.high) * ONE);
        self.limit = smoothed(self.limit, new, self.smoothing).clamp(low, high);
    }
}

/// A moving average over a long window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Average {
    nanos: u64,
    count: u64,
}

impl Average {
    fn add(&mut self, nanos: u64) -> u64 {
        self.count = self.count.saturating_add(1);
        let weight = if self.count <= WARM_UP {
            ONE / self.count
        } else {
            2 * ONE / (LONG_WINDOW + 1)
        };
        self.nanos = smoothed(self.nanos, nanos, weight).max(1);
        self.nanos
    }
}
