use std::time::Duration;

use super::adaptive::{Adaptive, Increase};
use super::amount::Quota;
use super::bucket::Bucket;
use super::meter::Meter;
use crate::time::{Timestamp, saturating_nanos};

/// A rate that was found by trying, as a bucket of calls.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) quota: Quota,
    pub(super) bucket: Bucket,
}

/// Finds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder {
    rise: Increase,
    adaptive: Option<Adaptive>,
    answered: Timestamp,
}

/// A rate that changed by less than a sixteenth is the same: with each answer it rises a little, and all who wait would get
/// other slots for it.
const SAME: f64 = 16.0;

/// What was found is forgotten when nobody has called for so long. It would have risen by then to whatever is asked for.
const FORGOTTEN: Duration = Duration::from_secs(60);

impl Finder {
    pub(super) const fn new(rise: Increase) -> Self {
        Self {
            rise,
            adaptive: None,
            answered: Timestamp::ORIGIN,
        }
    }

    /// Whether it goes along the same curve.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.rise == other.rise
    }

    /// An answer came, which was "too fast" or not. Gives the rate that there is to be in place of `found`, if it is another.
    pub(super) fn answered(
        &mut self,
        is_too_fast: bool,
        found: Option<&Found>,
        now: Timestamp,
    ) -> Option<Found> {
        self.answered = now;
        let rise = self.rise;
        let adaptive = self
            .adaptive
            .get_or_insert_with(|| Adaptive::new(rise, now));
        adaptive.answered(is_too_fast, now);
        if !adaptive.is_enabled() {
            return None;
        }
        let rate = adaptive.rate();
        match found {
            None => Found::empty(rate, now),
            Some(found) if is_too_fast || found.differs(rate) => found.at_rate(rate, now),
            Some(_) => None,
        }
    }

    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        let is_enabled = self.adaptive.is_some_and(|adaptive| adaptive.is_enabled());
        !is_enabled || now.since(self.answered) >= FORGOTTEN
    }
}

impl Found {
    /// With no call held: the server has just said "too fast".
    fn empty(rate: f64, now: Timestamp) -> Option<Self> {
        let quota = quota(rate)?;
        let mut bucket = Bucket::new(&quota);
        bucket.take(quota.largest(), now);
        Some(Self { quota, bucket })
    }

    /// With as many calls held as there are, up to what it can hold then.
    fn at_rate(&self, rate: f64, now: Timestamp) -> Option<Self> {
        let quota = quota(rate)?;
        let (interval, depth) = (quota.interval(), quota.interval() * quota.largest());
        let missing = self.bucket.full_at().saturating_sub(now.as_nanos());
        let held = self.bucket.depth().saturating_sub(missing);
        let held = u128::from(held) * u128::from(interval) / u128::from(self.bucket.interval());
        let missing = depth.saturating_sub(u64::try_from(held).unwrap_or(depth));
        let mut bucket = Bucket::new(&quota);
        bucket.resume(now.as_nanos().saturating_add(missing), now);
        Some(Self { quota, bucket })
    }

    fn differs(&self, rate: f64) -> bool {
        let present = 1.0 / self.quota.period().as_secs_f64();
        (rate - present).abs() * SAME >= present
    }
}

/// So many calls a second, of which one second's worth can be held, and one at least.
fn quota(rate: f64) -> Option<Quota> {
    let interval = Duration::try_from_secs_f64(1.0 / rate).ok()?;
    let interval = interval.max(Duration::from_nanos(1));
    let held = 1_000_000_000 / saturating_nanos(interval);
    let quota = Quota::new(1, interval).ok()?.with_burst(held.max(1)).ok()?;
    Some(quota.counting_requests())
}

#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    fn remaining(found: &Found, now: Timestamp) -> u64 {
        found.bucket.remaining(now)
    }

    #[test]
    fn a_rate_is_one_call_per_interval_and_holds_a_seconds_worth() {
        let found = Found::empty(10.0, at(0)).unwrap();
        assert_eq!(found.bucket.next(1, at(0)), at(100));
        assert_eq!(
            (remaining(&found, at(500)), remaining(&found, at(9_000))),
            (5, 10)
        );
        let slow = Found::empty(0.5, at(0)).unwrap();
        assert_eq!(
            (slow.bucket.next(1, at(0)), remaining(&slow, at(9_000))),
            (at(2_000), 1)
        );
    }

    #[test]
    fn what_is_held_stays_held_at_another_rate_as_far_as_there_is_room() {
        let found = Found::empty(10.0, at(0)).unwrap();
        let faster = found.at_rate(20.0, at(500)).unwrap();
        assert_eq!(remaining(&faster, at(500)), 5);
        assert_eq!(remaining(&faster, at(550)), 6);
        let slower = found.at_rate(2.0, at(500)).unwrap();
        assert_eq!(remaining(&slower, at(500)), 2);
        assert_eq!(remaining(&found.at_rate(0.5, at(0)).unwrap(), at(0)), 0);
    }

    #[test]
    fn rates_that_are_nearly_the_same_are_the_same() {
        let found = Found::empty(16.0, at(0)).unwrap();
        assert!(!found.differs(16.9) && found.differs(17.1));
        assert!(!found.differs(15.1) && found.differs(14.9));
    }

    #[test]
    fn what_was_found_is_kept_while_somebody_calls_and_forgotten_after_a_minute() {
        let mut finder = Finder::new(Increase::Cubic);
        assert!(finder.is_idle(at(0)));
        assert!(finder.answered(false, None, at(0)).is_none());
        assert!(finder.is_idle(at(0)), "nothing was found");
        assert!(finder.answered(true, None, at(1_000)).is_some());
        assert!(!finder.is_idle(at(60_999)) && finder.is_idle(at(61_000)));
    }

    #[test]
    fn a_rate_that_is_no_number_of_calls_is_none() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(
                Found::empty(rate, at(0))
                    .is_none_or(|found| rate > 0.0 && remaining(&found, at(0)) == 0)
            );
        }
    }
}
