//! Writes down what the server sees, within a bound.

use std::collections::{BTreeMap, HashMap, HashSet};

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

use crate::clock::Clock;
use crate::reply::{Ending, RETRY_AFTER_MS};
use crate::route::Call;
use crate::seen::{Arrival, JobSeen, Snapshot};
use crate::{Endpoint, Fault};

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLI;

/// The attempt numbers of a client are few. What is more is someone's payload.
const MOST_ATTEMPTS: usize = 64;

#[derive(Debug)]
pub(crate) struct Ledger {
    seen: Snapshot,
    keys: HashSet<(Endpoint, String)>,
    // Until when a job was told to stay away, by credential and id.
    told: HashMap<(Vec<u8>, String), u64>,
    // When the last request came, if the server was down then.
    last_in_outage: Option<u64>,
    memory: usize,
}

/// How one exchange ended.
#[derive(Debug)]
pub(crate) struct Outcome<'a> {
    pub(crate) ending: Ending,
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) fault: Option<&'a Fault>,
}

impl Ledger {
    pub(crate) fn new(memory: usize) -> Self {
        Self {
            seen: Snapshot::default(),
            keys: HashSet::new(),
            told: HashMap::new(),
            last_in_outage: None,
            memory,
        }
    }

    /// Without the gauges, which are kept elsewhere.
    pub(crate) fn seen(&self) -> Snapshot {
        self.seen.clone()
    }

    pub(crate) fn forget(&mut self) {
        self.seen.forgotten += 1;
    }

    pub(crate) fn arrived(&mut self, call: &Call, at: u64, is_down: bool) {
        self.note_outage(at, is_down);
        let early = self.is_early(call, at);
        self.seen.early += u64::from(early);
        self.note_arrival(call, at, early);
        self.note_key(call);
        self.note_attempts(call);
        self.job(call, |job| job.requests += 1);
        self.seen.endpoint_mut(call.route.endpoint()).requests += 1;
    }

    pub(crate) fn ended(&mut self, call: &Call, outcome: &Outcome<'_>, clock: &Clock, now: u64) {
        let done = outcome.ending == Ending::Admitted;
        let complete = outcome.fault.is_none_or(Fault::is_complete);
        self.count(call, outcome, complete);
        self.job(call, |job| {
            job.done += u64::from(done);
            job.confirmed += u64::from(done && complete);
        });
        if complete && !outcome.status.is_success() {
            self.note_told(call, told(outcome, clock, now));
        }
    }

    fn count(&mut self, call: &Call, outcome: &Outcome<'_>, complete: bool) {
        let seen = self.seen.endpoint_mut(call.route.endpoint());
        match outcome.ending {
            Ending::Admitted => seen.admitted += 1,
            Ending::Limited => seen.limited += 1,
            Ending::TooLarge => seen.too_large += 1,
            Ending::QuotaSpent => seen.quota_spent += 1,
            Ending::NotDone => {}
        }
        if let Some(fault) = outcome.fault {
            *seen.faults.entry(fault.kind()).or_default() += 1;
        }
        if complete {
            *seen.answers.entry(outcome.status.as_u16()).or_default() += 1;
        }
    }

    fn is_early(&mut self, call: &Call, at: u64) -> bool {
        let Some(job) = &call.job else { return false };
        let key = (call.credential.clone(), job.clone());
        let early = self.told.get(&key).is_some_and(|until| at < *until);
        if !early {
            // Waited for: room for another.
            self.told.remove(&key);
        }
        early
    }

    fn note_told(&mut self, call: &Call, until: Option<u64>) {
        let (Some(until), Some(job)) = (until, &call.job) else {
            return;
        };
        let key = (call.credential.clone(), job.clone());
        if self.told.len() < self.memory || self.told.contains_key(&key) {
            self.told.insert(key, until);
        } else {
            self.forget();
        }
    }

    fn note_arrival(&mut self, call: &Call, at: u64, early: bool) {
        if self.seen.arrivals.len() >= self.memory {
            return self.forget();
        }
        self.seen.arrivals.push(Arrival {
            at,
            endpoint: call.route.endpoint(),
            job: call.job.clone(),
            early,
        });
    }

    fn note_outage(&mut self, at: u64, is_down: bool) {
        let seen = &mut self.seen.outage;
        seen.requests += u64::from(is_down);
        let last = self.last_in_outage.take();
        let quiet = last.map_or(0, |last| at.saturating_sub(last));
        seen.longest_quiet = seen.longest_quiet.max(quiet);
        self.last_in_outage = is_down.then_some(at);
    }

    fn note_key(&mut self, call: &Call) {
        let Some(key) = &call.idempotency_key else {
            return;
        };
        let endpoint = call.route.endpoint();
        let entry = (endpoint, key.clone());
        let seen = self.seen.endpoint_mut(endpoint);
        if self.keys.contains(&entry) {
        } else if seen.idempotency_keys < self.memory as u64 {
            seen.idempotency_keys += 1;
            self.keys.insert(entry);
        } else {
            self.forget();
        }
    }

    fn note_attempts(&mut self, call: &Call) {
        for attempt in &call.attempts {
            let seen = self.seen.endpoint_mut(call.route.endpoint());
            match remembered(&mut seen.attempts, attempt, MOST_ATTEMPTS) {
                Some(count) => *count += 1,
                None => self.forget(),
            }
        }
    }

    fn job(&mut self, call: &Call, change: impl FnOnce(&mut JobSeen)) {
        let Some(id) = &call.job else { return };
        match remembered(&mut self.seen.jobs, id, self.memory) {
            Some(job) => change(job),
            None => self.forget(),
        }
    }
}

/// The entry of `key`, unless it is new and there are already `most`.
fn remembered<'a, V: Default>(
    map: &'a mut BTreeMap<String, V>,
    key: &str,
    most: usize,
) -> Option<&'a mut V> {
    if map.len() >= most && !map.contains_key(key) {
        return None;
    }
    Some(map.entry(key.to_owned()).or_default())
}

/// Until when an error told its client to stay away: the order in which a careful client reads.
fn told(outcome: &Outcome<'_>, clock: &Clock, now: u64) -> Option<u64> {
    let headers = outcome.headers;
    let millis = digits(headers, RETRY_AFTER_MS.as_str()).map(|it| later(now, it, MILLI));
    millis
        .or_else(|| digits(headers, RETRY_AFTER.as_str()).map(|it| later(now, it, SECOND)))
        .or_else(|| date(headers, clock))
        .or_else(|| reset(outcome, clock))
}

fn date(headers: &HeaderMap, clock: &Clock) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let date = httpdate::parse_http_date(text).ok()?;
    let epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(clock.at_epoch(epoch.as_secs()))
}

// GitHub's: with something left, the reset belongs to a limit that did not refuse.
fn reset(outcome: &Outcome<'_>, clock: &Clock) -> Option<u64> {
    let refused = matches!(outcome.status.as_u16(), 403 | 429);
    let none_left = digits(outcome.headers, "x-ratelimit-remaining") == Some(0);
    if !refused || !none_left {
        return None;
    }
    digits(outcome.headers, "x-ratelimit-reset").map(|epoch| clock.at_epoch(epoch))
}

// Only digits: `parse` alone would take a sign.
fn digits(headers: &HeaderMap, name: &str) -> Option<u64> {
    let text = headers.get(name)?.to_str().ok()?;
    let all = text.bytes().all(|it| it.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

fn later(now: u64, count: u64, unit: u64) -> u64 {
    now.saturating_add(count.saturating_mul(unit))
}

#[cfg(test)]
mod tests;
