//! How a schedule stands. Nothing is taken by asking.

use super::Schedule;
use crate::quota::learner::Learner;
use crate::quota::slot::{Refused, Snapshot};
use crate::time::Timestamp;

impl Schedule {
    /// Whether a schedule made anew at `now` would be no different.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        let in_flight = self.learner.as_ref().map_or(0, Learner::calls);
        let has_found = self
            .finder
            .as_ref()
            .is_some_and(|finder| !finder.is_idle(now));
        self.queue.waiting() == 0 && in_flight == 0 && !has_found && self.sent.is_idle(now)
    }

    /// How it stands.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        Snapshot {
            levels: self.sent.levels(now),
            learned: self.sent.learned(now),
            found: self.sent.found(now),
            next: self.next(1, now),
            waiting: self.queue.waiting(),
        }
    }

    /// Why there would be no slot for `cost` by `latest`. Takes nothing.
    pub fn look(&self, cost: u64, now: Timestamp, latest: Timestamp) -> Option<Refused> {
        if let Err(refused) = self.check(cost) {
            return Some(refused.into());
        }
        let (slot, quota) = match &self.promised {
            None => self.sent.next(cost, now),
            Some(promised) => promised.next(cost, now.max(self.last)),
        };
        let quota = quota.filter(|_| slot > latest)?;
        let cost = quota.of(cost);
        Some(Refused::Late { slot, cost, quota })
    }

    /// When a call of `cost` that came now would go. Takes nothing.
    pub fn next(&self, cost: u64, now: Timestamp) -> Timestamp {
        match &self.promised {
            None => self.sent.next(cost, now).0,
            Some(promised) => promised.next(cost, now.max(self.last)).0,
        }
    }
}
