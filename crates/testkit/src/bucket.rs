//! A token bucket that refills without steps.

/// Holds up to `limit` tokens and regains `limit` of them per `period`, continuously.
///
/// The level is kept in tokens times the period in nanoseconds, so that a nanosecond regains exactly `limit` of those
/// and nothing is ever rounded. Waits are rounded up to a nanosecond: whoever waits that long is admitted.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    limit: u64,
    period: u64,
    level: u128,
    at: u64,
}

impl Bucket {
    /// A full bucket. A limit or a period of 0 counts as 1: there is no rate to divide by otherwise.
    pub(crate) fn full(limit: u64, period: u64, now: u64) -> Self {
        let (limit, period) = (limit.max(1), period.max(1));
        Self {
            limit,
            period,
            level: u128::from(limit) * u128::from(period),
            at: now,
        }
    }

    /// Regains what the time since the last call is worth. A `now` of the past changes nothing.
    pub(crate) fn refill(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.at);
        let regained = u128::from(elapsed) * u128::from(self.limit);
        self.level = self.level.saturating_add(regained).min(self.capacity());
        self.at = self.at.max(now);
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Whole tokens left.
    pub(crate) fn remaining(&self) -> u64 {
        u64::try_from(self.level / u128::from(self.period)).unwrap_or(u64::MAX)
    }

    /// Whether `cost` could ever be taken.
    pub(crate) fn holds(&self, cost: u64) -> bool {
        cost <= self.limit
    }

    /// Nanoseconds until `cost` is there; 0 if it is.
    pub(crate) fn wait(&self, cost: u64) -> u64 {
        let needed = u128::from(cost) * u128::from(self.period);
        self.nanos_to(needed)
    }

    /// Nanoseconds until the bucket is full.
    pub(crate) fn reset(&self) -> u64 {
        self.nanos_to(self.capacity())
    }

    /// Takes `cost`, or what is left of it: ask [`wait`](Self::wait) first.
    pub(crate) fn take(&mut self, cost: u64) {
        let taken = u128::from(cost) * u128::from(self.period);
        self.level = self.level.saturating_sub(taken);
    }

    fn capacity(&self) -> u128 {
        u128::from(self.limit) * u128::from(self.period)
    }

    fn nanos_to(&self, level: u128) -> u64 {
        let missing = level.saturating_sub(self.level);
        u64::try_from(missing.div_ceil(u128::from(self.limit))).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    #[test]
    fn the_wait_it_names_is_the_shortest_that_admits() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..2_000 {
            let limit = random.u64(1..100_000);
            let mut bucket = Bucket::full(limit, random.u64(1..=MINUTE), 0);
            bucket.take(random.u64(0..=limit));
            let cost = random.u64(0..=limit);
            let wait = bucket.wait(cost);
            if wait > 0 {
                bucket.refill(wait - 1);
                assert!(bucket.remaining() < cost);
            }
            bucket.refill(wait);
            assert!(bucket.remaining() >= cost);
        }
    }

    #[test]
    fn many_small_refills_give_what_one_gives() {
        let mut small = Bucket::full(7, MINUTE, 0);
        let mut large = small.clone();
        small.take(7);
        large.take(7);
        for step in 1..=1_000 {
            small.refill(step * 7_919_333);
        }
        large.refill(1_000 * 7_919_333);
        assert_eq!(small.level, large.level);
    }

    #[test]
    fn it_never_holds_more_than_its_limit() {
        let mut bucket = Bucket::full(500, MINUTE, 0);
        bucket.refill(u64::MAX);
        assert_eq!(bucket.remaining(), 500);
        assert_eq!(bucket.reset(), 0);
    }

    #[test]
    fn one_of_five_hundred_a_minute_is_back_in_120_milliseconds() {
        let mut bucket = Bucket::full(500, MINUTE, 0);
        bucket.take(1);
        assert_eq!(bucket.reset(), 120_000_000);
    }

    #[test]
    fn time_that_goes_back_gives_nothing_twice() {
        let mut bucket = Bucket::full(60, MINUTE, 0);
        bucket.take(60);
        bucket.refill(MINUTE / 60);
        bucket.refill(0);
        bucket.refill(MINUTE / 60);
        assert_eq!(bucket.remaining(), 1);
    }

    #[test]
    fn a_cost_over_the_limit_is_never_held() {
        let bucket = Bucket::full(30_000, MINUTE, 0);
        assert!(bucket.holds(30_000));
        assert!(!bucket.holds(30_001));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let mut bucket = Bucket::full(u64::MAX, u64::MAX, 0);
        bucket.take(u64::MAX);
        assert_eq!(bucket.remaining(), 0);
        assert_eq!(bucket.wait(u64::MAX), u64::MAX);
        bucket.refill(u64::MAX);
        assert_eq!(bucket.remaining(), u64::MAX);
    }
}
