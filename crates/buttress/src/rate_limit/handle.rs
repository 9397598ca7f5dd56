use std::fmt;
use std::sync::Arc;

use buttress_core::quota::{Level, Quota, Snapshot};
use buttress_core::{Event, Key, Observer, Rejected, Timestamp};

use super::shared::{Shared, rejected};
use super::terms::Terms;
use crate::key::Keyer;
use crate::look::Look;
use crate::observe::Report;

/// The quotas of a [`RateLimitLayer`](super::RateLimitLayer): to look at, and to change.
///
/// As a [`Look`] it says which calls would be refused: those whose slot would be later than they may wait.
pub struct Handle<K, T, L> {
    shared: Arc<Shared<K, T, L>>,
}

impl<K, T, L> Handle<K, T, L> {
    pub(super) const fn new(shared: Arc<Shared<K, T, L>>) -> Self {
        Self { shared }
    }

    /// The key of a request.
    pub fn key<Req>(&self, request: &Req) -> Key
    where
        K: Keyer<Req>,
    {
        self.shared.keyer.key(request)
    }

    /// How a key stands now; as if it were new, if nothing is known of it.
    pub fn snapshot(&self, key: Key) -> Snapshot {
        let now = self.now();
        match self.shared.limits.peek(key) {
            Some(limiter) => limiter.snapshot(now),
            None => self.shared.fresh().snapshot(now),
        }
    }

    /// How all keys stand that have quotas of their own, and [`Key::ALL`], in no order. As many as there are keys: for
    /// pages, not for calls.
    pub fn snapshots(&self) -> Vec<(Key, Snapshot)> {
        let now = self.now();
        let shared = (Key::ALL, Arc::clone(self.shared.limits.shared()));
        let all = self.shared.limits.all().into_iter().chain([shared]);
        all.map(|(key, limiter)| (key, limiter.snapshot(now)))
            .collect()
    }

    /// Says that of the quota at `index` no more than `remaining` remains for a key. This only lowers what remains.
    pub fn lower(&self, key: Key, index: usize, remaining: u64) {
        let now = self.now();
        self.shared
            .limits
            .get(key, now)
            .lower(index, remaining, now);
    }

    /// Goes on with other quotas for a key. What is used stays used, and those who wait are woken if they may go sooner.
    pub fn change(&self, key: Key, quotas: &[Quota]) {
        let now = self.now();
        self.shared.limits.get(key, now).change(quotas, now);
    }

    fn now(&self) -> Timestamp {
        self.shared.common.clock.now()
    }
}

impl<Req, K: Keyer<Req>, T: Terms<Req>, L> Look<Req> for Handle<K, T, L> {
    fn look(&self, request: &Req, now: Timestamp) -> Option<Rejected> {
        let (shared, key) = (&self.shared, self.key(request));
        let cost = shared.terms.cost(request).into();
        let latest = shared.latest(now);
        let refused = match shared.limits.peek(key) {
            Some(limiter) => limiter.look(cost, now, latest),
            None => self.shared.fresh().look(cost, now, latest),
        };
        refused.map(|refused| rejected(refused, key))
    }
}

/// Tells what is left of each quota: of the key that has the least of it.
impl<K, T, L> Report for Handle<K, T, L> {
    fn report(&self, observer: &dyn Observer) {
        let mut least: Vec<Level> = Vec::new();
        for (_, snapshot) in self.snapshots() {
            for level in &snapshot.levels {
                match least.iter_mut().find(|other| is_same(other, level)) {
                    Some(other) if other.remaining <= level.remaining => {}
                    Some(other) => *other = *level,
                    None => least.push(*level),
                }
            }
        }
        for level in least {
            observer.observe(&Event::QuotaLevel { level });
        }
    }
}

/// Two keys may have learned different limits. What they count, and by what period, is the same quota.
fn is_same(one: &Level, other: &Level) -> bool {
    let is_of = |level: &Level| (level.quota.counts(), level.quota.period());
    is_of(one) == is_of(other)
}

impl<K, T, L> Clone for Handle<K, T, L> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

impl<K, T, L> fmt::Debug for Handle<K, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("rate_limit::Handle").finish_non_exhaustive()
    }
}
