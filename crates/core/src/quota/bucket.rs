use super::amount::Quota;
use super::lows::Lows;
use super::meter::Meter;
use crate::time::Timestamp;

/// A token bucket, by the generic cell rate algorithm.
///
/// The state is one time: when the bucket will be full again if nothing more is taken. What is missing from it is that
/// time less the present. To take a unit is to move the time by what a unit needs to come back.
///
/// # Giving back
///
/// Units that were taken and not used would have come back by now, in part or in whole, and a full bucket lets them run
/// over. As long as the bucket was never within those units of being full, none of them ran over, and all can be given
/// back. So the bucket remembers how nearly full it has been since.
#[derive(Clone, Debug)]
pub struct Bucket {
    interval: u64,
    depth: u64,
    full_at: u64,
    lows: Lows,
    /// Nothing is known of the levels before this time.
    known_since: u64,
}

impl Bucket {
    /// A full bucket.
    pub fn new(quota: &Quota) -> Self {
        let interval = quota.interval();
        Self {
            interval,
            depth: interval.saturating_mul(quota.largest()),
            full_at: 0,
            lows: Lows::default(),
            known_since: 0,
        }
    }

    pub(super) const fn full_at(&self) -> u64 {
        self.full_at
    }

    /// Goes on from a state of which the history is not known.
    pub(super) fn resume(&mut self, full_at: u64, now: Timestamp) {
        self.full_at = full_at;
        self.known_since = now.as_nanos();
        self.lows.clear();
    }

    pub(super) const fn interval(&self) -> u64 {
        self.interval
    }

    pub(super) const fn depth(&self) -> u64 {
        self.depth
    }

    fn level(&self, now: u64) -> u64 {
        self.full_at.saturating_sub(now)
    }
}

impl Meter for Bucket {
    fn largest(&self) -> u64 {
        self.depth / self.interval
    }

    fn next(&self, cost: u64, from: Timestamp) -> Timestamp {
        let full_at = self
            .full_at
            .saturating_add(self.interval.saturating_mul(cost));
        from.max(Timestamp::from_nanos(full_at.saturating_sub(self.depth)))
    }

    fn take(&mut self, cost: u64, at: Timestamp) {
        let at = at.as_nanos();
        self.lows.push(at, self.level(at));
        let from = self.full_at.max(at);
        self.full_at = from.saturating_add(self.interval.saturating_mul(cost));
    }

    fn give_back(&mut self, cost: u64, at: Timestamp, now: Timestamp) {
        let at = at.as_nanos();
        // Of the time that is not known, the worst is taken: that the bucket was full all along, and ran over.
        let ran_over = self.known_since.saturating_sub(at);
        let unused = self.interval.saturating_mul(cost).saturating_sub(ran_over);
        let back = unused
            .min(self.lows.since(at))
            .min(self.level(now.as_nanos()));
        self.full_at -= back;
        self.lows.lower_since(at, back);
    }

    fn used(&self, now: Timestamp) -> u64 {
        self.level(now.as_nanos()).div_ceil(self.interval)
    }
}
