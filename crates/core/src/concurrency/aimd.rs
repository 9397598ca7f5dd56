//! Additive increase, multiplicative decrease.

use std::time::Duration;

use super::{ONE, Sample, is_bound, scaled, whole};
use crate::backoff::Percent;

/// One more for each attempt that ends well, and a share less for one that does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aimd {
    limit: u64,
    low: u32,
    high: u32,
    keep: u64,
    timeout: Duration,
}

impl Default for Aimd {
    /// Begins with 20, stays within 20 and 200, keeps nine tenths, and takes 5 s for too long: the figures of Netflix's
    /// concurrency-limits.
    fn default() -> Self {
        Self {
            limit: 20 * ONE,
            low: 20,
            high: 200,
            keep: 900_000,
            timeout: Duration::from_secs(5),
        }
    }
}

impl Aimd {
    /// With another limit to begin with. It may stand outside the bounds, until the first sample.
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

    /// With another share that a decrease leaves.
    #[must_use]
    pub fn with_keep(self, keep: Percent) -> Self {
        let keep = u64::from(keep.get()) * ONE / 100;
        Self { keep, ..self }
    }

    /// With another time that is too long.
    #[must_use]
    pub const fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The time that is too long.
    pub const fn timeout(&self) -> Duration {
        self.timeout
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
        if sample.is_congested || sample.elapsed > self.timeout {
            let kept = scaled(self.limit, self.keep, ONE);
            self.limit = kept - kept % ONE;
        } else if is_bound(sample.in_flight, self.limit) {
            self.limit = self.limit.saturating_add(ONE);
        }
        let (low, high) = (u64::from(self.low), u64::from(self.high));
        self.limit = self.limit.clamp(low * ONE, high * ONE);
    }
}
