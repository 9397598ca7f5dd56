//! How the accounts stand, and where that leads.

use super::accounts::{Account, Accounts};
use super::amount::{Quota, Shape};
use super::ceiling::Ceiling;
use super::found::Found;
use super::meter::{AnyMeter, Meter};
use super::slot::{Learned, Level};
use crate::time::Timestamp;

impl Accounts {
    pub(super) fn levels(&self, now: Timestamp) -> Box<[Level]> {
        let each = self.each();
        each.map(|(quota, account)| self.level(quota, account, now))
            .collect()
    }

    /// A rate comes back as it is spent: whether it lasts is no question.
    pub(super) fn found(&self, now: Timestamp) -> Option<Level> {
        let Found { quota, bucket } = self.found.as_deref()?;
        Some(Level {
            quota: *quota,
            remaining: bucket.remaining(now),
            reset: Timestamp::from_nanos(bucket.full_at()).max(now),
            spent: None,
        })
    }

    pub(super) fn learned(&self, now: Timestamp) -> Box<[Learned]> {
        let held = self.ceilings.iter().filter(|ceiling| !ceiling.is_over(now));
        let learned = held.map(|ceiling| Learned {
            counts: ceiling.counts(),
            limit: ceiling.limit(),
            remaining: left(ceiling, now),
            reset: ceiling.until(),
        });
        learned.collect()
    }

    fn level(&self, quota: &Quota, account: &Account, now: Timestamp) -> Level {
        let Account { meter, trend } = account;
        let pace = trend.pace(now);
        let mut level = Level {
            quota: *quota,
            remaining: meter.remaining(now),
            reset: meter.whole(now),
            spent: ours_spent(quota, meter, pace, now),
        };
        for ceiling in self.ceilings_of(quota.counts(), now) {
            let spent = theirs_spent(ceiling, pace, now);
            level.remaining = level.remaining.min(left(ceiling, now));
            level.reset = level.reset.max(ceiling.until());
            level.spent = earlier(level.spent, spent);
        }
        level
    }
}

fn left(ceiling: &Ceiling, now: Timestamp) -> u64 {
    u64::try_from(ceiling.left(now)).unwrap_or(0)
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// When our own account is spent. A bucket fills while it is spent; of the others, nothing comes back before the end of
/// the window.
fn ours_spent(
    quota: &Quota,
    meter: &AnyMeter,
    (units, nanos): (u64, u64),
    now: Timestamp,
) -> Option<Timestamp> {
    let remaining = meter.remaining(now);
    match quota.shape() {
        Shape::Bucket => {
            let came_back = nanos / quota.interval();
            runs_out(
                remaining,
                (units.checked_sub(came_back)?, nanos),
                Timestamp::MAX,
                now,
            )
        }
        Shape::Log | Shape::Counter | Shape::Fixed => {
            runs_out(remaining, (units, nanos), meter.whole(now), now)
        }
    }
}

/// When what the server says remains is spent: at our pace, or at that of all who share it, whichever is faster.
fn theirs_spent(ceiling: &Ceiling, pace: (u64, u64), now: Timestamp) -> Option<Timestamp> {
    let (units, nanos) = ceiling.pace();
    let at = |pace| runs_out(left(ceiling, now), pace, ceiling.until(), now);
    earlier(at(pace), at((units, nanos)))
}

/// When `remaining` is spent at so many units in so many nanoseconds, if that is before `reset`.
fn runs_out(
    remaining: u64,
    (units, nanos): (u64, u64),
    reset: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    if remaining == 0 {
        return (now < reset).then_some(now);
    }
    if units == 0 || nanos == 0 {
        return None;
    }
    let wait = u128::from(remaining) * u128::from(nanos) / u128::from(units);
    let wait = u64::try_from(wait).ok()?;
    let spent = Timestamp::from_nanos(now.as_nanos().checked_add(wait)?);
    (spent < reset).then_some(spent)
}
