use std::time::Duration;

use super::adaptive::{Adaptive, Rise};
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
    rise: Rise,
    adaptive: Option<Adaptive>,
    answered: Timestamp,
}

/// A rate that changed by less than a sixteenth is the same: with each answer it rises a little, and all who wait would get
/// other slots for it.
const SAME: f64 = 16.0;

/// What was found is forgotten when nobody has called for so long. It would have risen by then to whatever is asked for.
const FORGOTTEN: Duration = Duration::from_secs(60);

impl Finder {
    pub(super) const fn new(rise: Rise) -> Self {
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
    Some(quota.counting_calls())
}
