//! After TCP Vegas: the length of the server's queue, from how much longer than the shortest time an attempt takes.

use super::{ONE, Sample, is_bound, scaled, smoothed, whole};
use crate::backoff::Percent;
use crate::time::saturating_nanos;

/// A bound on the queue, in attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// Always the same.
    Fixed(u32),
    /// So many times the decimal logarithm of the limit.
    Logarithms(u32),
}

impl Threshold {
    fn of(self, limit: u64) -> u64 {
        match self {
            Self::Fixed(fixed) => u64::from(fixed) * ONE,
            Self::Logarithms(times) => u64::from(times) * logarithm(limit) * ONE,
        }
    }
}

/// How the limit is made less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decrease {
    /// By its decimal logarithm.
    Logarithm,
    /// To half of it.
    Half,
}

/// Compares each attempt with the shortest time there was, which is taken anew now and then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vegas {
    limit: u64,
    high: u32,
    smoothing: u64,
    alpha: Threshold,
    beta: Threshold,
    decrease: Decrease,
    shortest: u64,
    since_probe: u64,
}

/// The shortest time is taken anew after so many times the limit of samples. A route that has become longer would
/// otherwise look like a queue for ever.
const PROBE: u64 = 30;

impl Default for Vegas {
    /// Begins with 20, at most 1 000, no smoothing, queues of 3 to 6 logarithms: the figures of Netflix's
    /// concurrency-limits.
    fn default() -> Self {
        Self {
            limit: 20 * ONE,
            high: 1_000,
            smoothing: ONE,
            alpha: Threshold::Logarithms(3),
            beta: Threshold::Logarithms(6),
            decrease: Decrease::Logarithm,
            shortest: 0,
            since_probe: 0,
        }
    }
}

impl Vegas {
    /// With another limit to begin with.
    #[must_use]
    pub fn with_initial(self, initial: u32) -> Self {
        let limit = u64::from(initial) * ONE;
        Self { limit, ..self }
    }

    /// With another largest limit.
    #[must_use]
    pub const fn with_max(self, high: u32) -> Self {
        Self { high, ..self }
    }

    /// With smoothing: the share of the way to a new limit that is gone at once.
    #[must_use]
    pub fn with_smoothing(self, share: Percent) -> Self {
        let smoothing = u64::from(share.get()) * ONE / 100;
        Self { smoothing, ..self }
    }

    /// With other queues: grow below the first, shrink above the second.
    #[must_use]
    pub const fn with_queue(self, alpha: Threshold, beta: Threshold) -> Self {
        Self {
            alpha,
            beta,
            ..self
        }
    }

    /// With another decrease.
    #[must_use]
    pub const fn with_decrease(self, decrease: Decrease) -> Self {
        Self { decrease, ..self }
    }

    /// The largest limit.
    pub const fn max(&self) -> u32 {
        self.high
    }

    /// How many attempts may be in flight.
    pub const fn limit(&self) -> u32 {
        whole(self.limit)
    }

    /// Takes what one attempt shows.
    pub fn sample(&mut self, sample: &Sample) {
        let elapsed = saturating_nanos(sample.elapsed).max(1);
        self.since_probe += 1;
        let is_probe = self.since_probe >= PROBE.saturating_mul(self.limit / ONE).max(1);
        if is_probe {
            self.since_probe = 0;
        }
        let is_shorter = self.shortest == 0 || elapsed < self.shortest || is_probe;
        if is_shorter {
            self.shortest = elapsed;
        }
        // A congested attempt decreases whatever it took: a server that refuses at once is quick.
        if is_shorter && !sample.is_congested {
            return;
        }
        if let Some(new) = self.proposed(sample, elapsed) {
            let new = new.clamp(ONE, u64::from(self.high) * ONE);
            self.limit = smoothed(self.limit, new, self.smoothing);
        }
    }

    fn proposed(&self, sample: &Sample, elapsed: u64) -> Option<u64> {
        if sample.is_congested {
            return Some(self.less());
        }
        if !is_bound(sample.in_flight, self.limit) {
            return None;
        }
        let queue = scaled(self.limit, elapsed - self.shortest, elapsed).div_ceil(ONE) * ONE;
        let (alpha, beta) = (self.alpha.of(self.limit), self.beta.of(self.limit));
        let step = logarithm(self.limit) * ONE;
        if queue <= step {
            Some(self.limit.saturating_add(beta))
        } else if queue < alpha {
            Some(self.limit.saturating_add(step))
        } else if queue > beta {
            Some(self.less())
        } else {
            None
        }
    }

    fn less(&self) -> u64 {
        match self.decrease {
            Decrease::Logarithm => self.limit.saturating_sub(logarithm(self.limit) * ONE),
            Decrease::Half => self.limit / 2,
        }
    }
}

/// The decimal logarithm of a limit in millionths, rounded down, at least one.
fn logarithm(limit: u64) -> u64 {
    let digits = (limit / ONE).checked_ilog10().unwrap_or(0);
    u64::from(digits).max(1)
}
