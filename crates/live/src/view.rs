//! The snapshot as it is written: times are milliseconds from the moment it was taken.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use buttress_core::breaker::State;
use buttress_core::quota::Counts;
use buttress_core::{Class, Timestamp, breaker, pause, quota};
use serde::Serialize;

use crate::attempts::{Attempts, BUCKET_SECONDS, BUCKETS};
use crate::names::Names;
use crate::refusals::Refusal;

/// Rows of one kind. A page with ten thousand keys is read by nobody; those in trouble come first.
const ROWS: usize = 24;

#[derive(Serialize)]
pub(crate) struct Snapshot {
    pub(crate) bucket_seconds: u64,
    pub(crate) buckets: usize,
    pub(crate) upstreams: Vec<Upstream>,
}

impl Snapshot {
    pub(crate) fn new(upstreams: Vec<Upstream>) -> Self {
        Self {
            bucket_seconds: BUCKET_SECONDS,
            buckets: BUCKETS,
            upstreams,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Upstream {
    pub(crate) name: String,
    pub(crate) circuits: Rows<Circuit>,
    pub(crate) pauses: Rows<Pause>,
    pub(crate) quotas: Rows<Quota>,
    pub(crate) budgets: Vec<Budget>,
    /// By class, if there was any: the oldest bucket first.
    pub(crate) attempts: BTreeMap<&'static str, Box<[u32]>>,
    pub(crate) refused: Vec<Refused>,
}

#[derive(Serialize)]
pub(crate) struct Rows<T> {
    pub(crate) rows: Vec<T>,
    /// How many more there are.
    pub(crate) more: usize,
}

impl<T> Rows<T> {
    /// The first ones by `order`.
    pub(crate) fn new<O: Ord>(mut rows: Vec<T>, order: impl FnMut(&T) -> O) -> Self {
        rows.sort_by_cached_key(order);
        let more = rows.len().saturating_sub(ROWS);
        rows.truncate(ROWS);
        Self { rows, more }
    }
}

#[derive(Serialize)]
pub(crate) struct Circuit {
    pub(crate) key: String,
    pub(crate) state: &'static str,
    /// How long it has been so; `None` if it has never been otherwise.
    pub(crate) since_ms: Option<u64>,
    /// While it is open: until a call may pass.
    pub(crate) retry_in_ms: Option<u64>,
    pub(crate) times_open: u32,
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) slow: u64,
    /// `None` while there are too few calls to judge.
    pub(crate) failure_rate: Option<f64>,
    pub(crate) slow_rate: Option<f64>,
    pub(crate) refused: u64,
}

impl Circuit {
    pub(crate) fn new(key: String, seen: &breaker::Snapshot, now: Timestamp) -> Self {
        Self {
            key,
            state: seen.state.name(),
            since_ms: (seen.since != Timestamp::ORIGIN).then(|| millis(now, seen.since)),
            retry_in_ms: seen.not_before.and_then(|at| until(now, at)),
            times_open: seen.times_open,
            calls: seen.counts.calls,
            failed: seen.counts.failed,
            slow: seen.counts.slow,
            failure_rate: seen.failure_rate,
            slow_rate: seen.slow_rate,
            refused: seen.refused,
        }
    }

    /// What does not let calls pass comes first.
    pub(crate) fn order(&self) -> (bool, Reverse<u64>, String) {
        let is_closed = self.state == State::Closed.name();
        (is_closed, Reverse(self.failed), self.key.clone())
    }
}

#[derive(Serialize)]
pub(crate) struct Pause {
    pub(crate) key: String,
    pub(crate) phase: &'static str,
    /// Until it is over; 0 while it is released.
    pub(crate) ends_in_ms: Option<u64>,
    pub(crate) waiting: usize,
    pub(crate) released: usize,
    /// How many limits there have been in a row.
    pub(crate) limits: u32,
}

impl Pause {
    pub(crate) fn new(key: String, seen: &pause::Snapshot, now: Timestamp) -> Self {
        Self {
            key,
            phase: seen.phase.name(),
            ends_in_ms: until(now, seen.until),
            waiting: seen.waiting,
            released: seen.released,
            limits: seen.limits,
        }
    }

    /// The longest comes first.
    pub(crate) fn order(&self) -> (Reverse<u64>, String) {
        (
            Reverse(self.ends_in_ms.unwrap_or(u64::MAX)),
            self.key.clone(),
        )
    }
}

/// All quotas of one key.
#[derive(Serialize)]
pub(crate) struct Quota {
    pub(crate) key: String,
    pub(crate) levels: Vec<Level>,
    /// What the server says.
    pub(crate) learned: Vec<Learned>,
    /// The rate that was found by trying.
    pub(crate) found: Option<Level>,
    /// Until a call that costs one would go.
    pub(crate) next_in_ms: Option<u64>,
    pub(crate) waiting: usize,
}

#[derive(Serialize)]
pub(crate) struct Level {
    pub(crate) units: u64,
    pub(crate) period_ms: u64,
    pub(crate) counts: &'static str,
    /// What it holds at most.
    pub(crate) largest: u64,
    pub(crate) remaining: u64,
    /// Until all of it is there again, if nothing more is taken.
    pub(crate) full_in_ms: Option<u64>,
    /// Until nothing is left, at the pace of late; `None` if it is not spent faster than it comes back.
    pub(crate) spent_in_ms: Option<u64>,
}

#[derive(Serialize)]
pub(crate) struct Learned {
    pub(crate) counts: &'static str,
    pub(crate) limit: Option<u64>,
    pub(crate) remaining: u64,
    pub(crate) full_in_ms: Option<u64>,
}

impl Quota {
    pub(crate) fn new(key: String, seen: &quota::Snapshot, now: Timestamp) -> Self {
        let levels = seen.levels.iter().map(|level| Level::new(level, now));
        let learned = seen.learned.iter().map(|said| Learned::new(said, now));
        Self {
            key,
            levels: levels.collect(),
            learned: learned.collect(),
            found: seen.found.map(|found| Level::new(&found, now)),
            next_in_ms: until(now, seen.next),
            waiting: seen.waiting,
        }
    }

    /// Where most wait comes first, and then what has least left.
    pub(crate) fn order(&self) -> (Reverse<usize>, u64, String) {
        let shares = self.levels.iter().map(Level::thousandths);
        let least = shares.min().unwrap_or(u64::MAX);
        (Reverse(self.waiting), least, self.key.clone())
    }
}

impl Level {
    fn new(level: &quota::Level, now: Timestamp) -> Self {
        let quota = &level.quota;
        Self {
            units: quota.units(),
            period_ms: u64::try_from(quota.period().as_millis()).unwrap_or(u64::MAX),
            counts: counts(quota.counts()),
            largest: quota.largest(),
            remaining: level.remaining,
            full_in_ms: until(now, level.reset),
            spent_in_ms: level.spent.and_then(|at| until(now, at)),
        }
    }

    fn thousandths(&self) -> u64 {
        self.remaining.saturating_mul(1_000) / self.largest.max(1)
    }
}

impl Learned {
    fn new(said: &quota::Learned, now: Timestamp) -> Self {
        Self {
            counts: counts(said.counts),
            limit: said.limit,
            remaining: said.remaining,
            full_in_ms: until(now, said.reset),
        }
    }
}

const fn counts(counts: Counts) -> &'static str {
    match counts {
        Counts::Requests => "requests",
        Counts::Cost => "units",
    }
}

#[derive(Serialize)]
pub(crate) struct Budget {
    /// How many retries would be granted now; `None` if there is no bound.
    pub(crate) retries: Option<u32>,
}

impl Budget {
    pub(crate) fn new(balance: u32) -> Self {
        Self {
            retries: (balance != u32::MAX).then_some(balance),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Refused {
    pub(crate) key: String,
    pub(crate) why: &'static str,
    /// What the call would have cost, and of which quota, where a quota refused it.
    pub(crate) charge: Option<String>,
    pub(crate) calls: u64,
    pub(crate) ago_ms: u64,
    /// Until a call would pass, as was known then; `None` if nobody knows, 0 if that time has come.
    pub(crate) retry_in_ms: Option<u64>,
}

impl Refused {
    pub(crate) fn new(refusal: &Refusal, names: &Names, now: Timestamp) -> Self {
        let rejected = &refusal.rejected;
        Self {
            key: names.of(rejected.key),
            why: rejected.why.name(),
            charge: rejected.charge.map(|charge| charge.to_string()),
            calls: refusal.calls,
            ago_ms: millis(now, refusal.at),
            retry_in_ms: rejected.not_before.and_then(|at| until(now, at)),
        }
    }
}

pub(crate) fn attempts(attempts: &Attempts, now: Timestamp) -> BTreeMap<&'static str, Box<[u32]>> {
    let classes = Class::ALL.iter().enumerate();
    let counts = classes.map(|(index, class)| (class.name(), attempts.of(index, now)));
    let some = counts.filter(|(_, counts)| counts.iter().any(|count| *count > 0));
    some.map(|(name, counts)| (name, counts.into())).collect()
}

/// From `now` until `at`; `None` if that is at no time that anybody knows.
fn until(now: Timestamp, at: Timestamp) -> Option<u64> {
    (at != Timestamp::MAX).then(|| millis(at, now))
}

/// Rounded up, so that what is not over is never shown as over.
fn millis(later: Timestamp, earlier: Timestamp) -> u64 {
    let nanos = later.since(earlier).as_nanos();
    u64::try_from(nanos.div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
