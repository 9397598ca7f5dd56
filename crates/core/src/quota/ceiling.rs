use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::amount::{Counts, Quota};
use super::published::{Published, Returns, Unit};
use crate::time::{Timestamp, saturating_nanos};

/// What an answer says of one of the server's quotas: a [`Published`] without its name, to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which of the server's quotas: a digest of its name and of what it counts.
    bucket: u64,
    pub(super) unit: Unit,
    pub(super) limit: Option<u64>,
    pub(super) remaining: Option<u64>,
    rounding: u64,
    reset: Option<Duration>,
    pub(super) window: Option<Duration>,
    returns: Returns,
}

impl From<&Published<'_>> for Reading {
    fn from(published: &Published<'_>) -> Self {
        // Without a secret: whoever chooses the names that a server sends is the server.
        let mut hasher = DefaultHasher::new();
        (&published.name, published.unit).hash(&mut hasher);
        Self {
            bucket: hasher.finish(),
            unit: published.unit,
            limit: published.limit,
            remaining: published.remaining,
            rounding: published.rounding,
            reset: published.reset,
            window: published.window,
            returns: published.returns,
        }
    }
}

impl Reading {
    /// Whether it may be of the same as a quota of ours: counted the same, and by the same window if it says by which.
    pub(super) fn is_of(&self, quota: &Quota, counts: Counts) -> bool {
        let is_window = self.window.is_none_or(|window| window == quota.period());
        is_window && quota.counts() == counts
    }
}

/// A reset is written in whole seconds, and its answer is underway for a while: two resets so near are one.
const SAME_RESET: u64 = 2_000_000_000;

/// How long what remains is believed, if neither the server nor a quota of ours says how long a window is.
const MINUTE: u64 = 60_000_000_000;

/// And how long at the most, if nobody says when the window ends. That of a month may end today: to ask once an hour costs a
/// refusal an hour, and to wait for as long as a month lasts may cost a month.
const HOUR: u64 = 60 * MINUTE;

/// What the server says remains, and what of it we have taken since.
///
/// It holds until the server's reset. Until then no more goes than remains, whatever our own quotas say; they, in turn, are
/// not touched by it, so that it only ever lowers. Where units return one by one, it rises at the rate at which they do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ceiling {
    reading: Reading,
    counts: Counts,
    quota: Quota,
    /// When the call was sent whose answer this is.
    sent: Timestamp,
    /// When that answer came.
    since: u64,
    until: u64,
    /// What was left then, less what has been taken. Below zero is debt.
    left: i64,
    /// How long a unit takes to return; `None` if none does before the reset.
    interval: Option<u64>,
    /// What remained in the first answer of this window, and when that came.
    first: (u64, u64),
}

/// A reading that says what remains.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) reading: Reading,
    pub(super) remaining: u64,
    pub(super) counts: Counts,
    pub(super) sent: Timestamp,
    pub(super) now: Timestamp,
    /// The quota of ours that it may be of.
    pub(super) ours: Option<Quota>,
}

impl Ceiling {
    /// `in_flight` is what was sent and has no answer yet: the server may not have counted it.
    pub(super) fn new(told: &Told, in_flight: u64) -> Option<Self> {
        let Told {
            reading,
            remaining,
            counts,
            sent,
            now,
            ours,
        } = *told;
        let window = reading.window.map(saturating_nanos);
        let window = window.or_else(|| ours.map(|ours| ours.period_nanos()));
        let believed = || window.unwrap_or(MINUTE).min(HOUR);
        let wait = reading.reset.map_or_else(believed, saturating_nanos);
        let since = now.as_nanos();
        let theirs = || {
            let units = reading.limit.unwrap_or(remaining).max(1);
            Quota::new(
                units,
                Duration::from_nanos(window.unwrap_or(wait).max(units)),
            )
            .ok()
        };
        let missing = reading
            .limit
            .map_or(0, |limit| limit.saturating_sub(remaining));
        let returns = reading.returns == Returns::Gradually && missing > 0;
        Some(Self {
            reading,
            counts,
            quota: ours.or_else(theirs)?,
            sent,
            since,
            until: since.saturating_add(wait),
            left: signed(remaining.saturating_sub(reading.rounding))
                .saturating_sub(signed(in_flight)),
            interval: returns.then(|| wait.div_ceil(missing).max(1)),
            first: (remaining, since),
        })
    }

    pub(super) const fn is_of(&self, reading: &Reading) -> bool {
        self.reading.bucket == reading.bucket
    }

    pub(super) const fn is_over(&self, now: Timestamp) -> bool {
        now.as_nanos() >= self.until
    }

    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) const fn quota(&self) -> &Quota {
        &self.quota
    }

    pub(super) const fn until(&self) -> Timestamp {
        Timestamp::from_nanos(self.until)
    }

    /// In place of `self`, if `newer` is newer.
    ///
    /// In a window that ends all at once what remains only falls, so that of two answers the lower is the later, whichever came
    /// first. Where it rises too, the answer to the call that was sent later is; and where no reset tells the windows apart,
    /// as with one that slides. One of an earlier window is neither.
    pub(super) fn follow(&mut self, newer: Self) -> bool {
        let has_reset = self.reading.reset.or(newer.reading.reset).is_some();
        let is_newer = match self.reading.returns {
            Returns::AtOnce if has_reset => {
                let is_earlier = newer.until.saturating_add(SAME_RESET) < self.until;
                !is_earlier && newer.reading.remaining <= self.reading.remaining
            }
            Returns::AtOnce | Returns::Gradually => newer.sent >= self.sent,
        };
        if is_newer {
            *self = Self {
                first: self.first,
                ..newer
            };
        }
        is_newer
    }

    /// What calls that came between `self` and `newer` can have cost at the most, all together; `None` if that is not known.
    pub(super) fn spent_until(&self, newer: &Self) -> Option<u64> {
        let (earlier, later) = (self.reading.remaining?, newer.reading.remaining?);
        let came_back = match (self.reading.returns, newer.interval) {
            (Returns::AtOnce, _) if self.is_in_the_window_of(newer) => 0,
            (Returns::AtOnce, _) | (Returns::Gradually, None) => return None,
            (Returns::Gradually, Some(interval)) => newer
                .since
                .saturating_sub(self.sent.as_nanos())
                .div_ceil(interval),
        };
        let spent = earlier
            .saturating_add(came_back)
            .saturating_add(2 * newer.reading.rounding)
            .saturating_sub(later);
        // Zero: the server counts later than it answers.
        (spent > 0).then_some(spent)
    }

    fn is_in_the_window_of(&self, newer: &Self) -> bool {
        let have_resets = self.reading.reset.and(newer.reading.reset).is_some();
        have_resets && self.until.abs_diff(newer.until) <= SAME_RESET
    }

    /// Whether the answer had come before a call was sent at `sent`.
    pub(super) const fn was_known(&self, sent: Timestamp) -> bool {
        self.since < sent.as_nanos()
    }

    fn cost(&self, cost: u64) -> i64 {
        match self.counts {
            Counts::Cost => signed(cost),
            Counts::Requests => 1,
        }
    }

    /// What could be taken at `at`, of whatever it counts.
    pub(super) fn left(&self, at: Timestamp) -> i64 {
        let at = at.as_nanos();
        if at >= self.until {
            return i64::MAX;
        }
        let elapsed = at.saturating_sub(self.since);
        let returned = self.interval.map_or(0, |interval| elapsed / interval);
        self.left.saturating_add(signed(returned))
    }

    pub(super) fn has_room(&self, units: u64, at: Timestamp) -> bool {
        self.left(at) >= signed(units)
    }

    /// So much of what it counts is promised.
    pub(super) fn put_aside(&mut self, units: u64) {
        self.left = self.left.saturating_sub(signed(units));
    }

    pub(super) fn next(&self, cost: u64, from: Timestamp) -> Timestamp {
        let missing = self.cost(cost).saturating_sub(self.left);
        if missing <= 0 || self.cost(cost) == 0 {
            return from;
        }
        let enough = self.interval.map_or(self.until, |interval| {
            let wait = interval.saturating_mul(missing.unsigned_abs());
            self.since.saturating_add(wait)
        });
        from.max(Timestamp::from_nanos(enough.min(self.until)))
    }

    pub(super) fn take(&mut self, cost: u64, at: Timestamp) {
        if at.as_nanos() < self.until {
            self.left = self.left.saturating_sub(self.cost(cost));
        }
    }

    pub(super) fn give_back(&mut self, cost: u64, at: Timestamp) {
        if at.as_nanos() < self.until {
            self.left = self.left.saturating_add(self.cost(cost));
        }
    }

    /// What goes at `at`, if it is to last until the reset: how long until the next may go.
    pub(super) fn gap(&self, cost: u64, at: Timestamp) -> u64 {
        let rest = self.until.saturating_sub(at.as_nanos());
        let returns = self.interval.map_or(0, |interval| rest / interval);
        let lasts = self.left(at).saturating_add(signed(returns));
        share(rest, self.cost(cost), lasts)
    }

    pub(super) const fn limit(&self) -> Option<u64> {
        self.reading.limit
    }

    /// How much of it was spent, by whomever, in how many nanoseconds.
    pub(super) fn pace(&self) -> (u64, u64) {
        let (remained, since) = self.first;
        let spent = remained.saturating_sub(self.reading.remaining.unwrap_or(remained));
        (spent, self.since - since.min(self.since))
    }
}

/// `rest × cost / all`, and no more than `rest`.
pub(super) fn share(rest: u64, cost: i64, all: i64) -> u64 {
    let (cost, all) = (cost.max(0).unsigned_abs(), all.max(1).unsigned_abs());
    let part = u128::from(rest) * u128::from(cost.min(all)) / u128::from(all);
    u64::try_from(part).unwrap_or(rest)
}

pub(super) fn signed(units: u64) -> i64 {
    i64::try_from(units).unwrap_or(i64::MAX)
}
