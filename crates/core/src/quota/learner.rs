use super::amount::{Counts, Quota};
use super::ceiling::Reading;
use super::published::Unit;

/// What is in flight, which the server may not have counted when it answers somebody else.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Learner {
    requests: u64,
    cost: u64,
}

impl Learner {
    pub(super) const fn calls(&self) -> u64 {
        self.requests
    }

    pub(super) const fn goes(&mut self, cost: u64) {
        self.requests = self.requests.saturating_add(1);
        self.cost = self.cost.saturating_add(cost);
    }

    pub(super) const fn comes(&mut self, cost: u64) {
        self.requests = self.requests.saturating_sub(1);
        self.cost = self.cost.saturating_sub(cost);
    }

    pub(super) const fn in_flight(&self, counts: Counts) -> u64 {
        match counts {
            Counts::Requests => self.requests,
            Counts::Cost => self.cost,
        }
    }
}

/// What an answer teaches, and how much of it is to be believed.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// What it says of the server's quotas.
    pub readings: &'a [Option<Reading>],
    /// What our costs are; if nobody says, tokens where requests have a quota of their own, else requests.
    pub costs: Option<Unit>,
    /// Whether a limit that it publishes takes the place of ours.
    pub adopts: bool,
    /// Whether the call is settled by it, because nothing else will tell what it cost.
    pub settles: bool,
}

impl Lesson<'_> {
    /// How what the server counts is counted here; `None` if it is not.
    pub(super) fn counts(&self, unit: Unit, quotas: &[Quota]) -> Option<Counts> {
        let counts_requests = || {
            quotas
                .iter()
                .any(|quota| quota.counts() == Counts::Requests)
        };
        let costs = self.costs.unwrap_or_else(|| match counts_requests() {
            true => Unit::Tokens,
            false => Unit::Requests,
        });
        match unit {
            unit if unit == costs => Some(Counts::Cost),
            Unit::Requests => Some(Counts::Requests),
            _ => None,
        }
    }
}
