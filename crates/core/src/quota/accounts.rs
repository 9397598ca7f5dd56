//! What is done to all meters of a set at once, and to what the server says on top.

use super::amount::{Counts, Quota};
use super::ceiling::Ceiling;
use super::found::Found;
use super::meter::{AnyMeter, Meter};
use super::trend::Trend;
use crate::time::Timestamp;

/// The account of every quota, and what the server says remains of its own.
#[derive(Clone, Debug)]
pub(super) struct Accounts {
    quotas: Box<[Quota]>,
    /// As many, in the same order.
    accounts: Box<[Account]>,
    pub(super) ceilings: Vec<Ceiling>,
    /// A limit that was found by trying.
    pub(super) found: Option<Box<Found>>,
    /// With pacing: what is left is spread, and nothing goes before this time.
    pace: Option<Timestamp>,
}

/// What is kept of one quota. A call that goes changes all of it.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) meter: AnyMeter,
    pub(super) trend: Trend,
}

impl Account {
    fn new(quota: &Quota) -> Self {
        Self {
            meter: AnyMeter::new(quota),
            trend: Trend::new(quota),
        }
    }
}

impl Accounts {
    pub(super) fn new(quotas: &[Quota]) -> Self {
        Self {
            quotas: quotas.into(),
            accounts: quotas.iter().map(Account::new).collect(),
            ceilings: Vec::new(),
            found: None,
            pace: None,
        }
    }

    pub(super) fn paced(self, is_paced: bool) -> Self {
        let pace = is_paced.then(Timestamp::default);
        Self { pace, ..self }
    }

    pub(super) fn quotas(&self) -> &[Quota] {
        &self.quotas
    }

    pub(super) fn meters_mut(&mut self) -> impl Iterator<Item = &mut AnyMeter> {
        self.accounts.iter_mut().map(|it| &mut it.meter)
    }

    pub(super) const fn is_paced(&self) -> bool {
        self.pace.is_some()
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&Quota, &Account)> {
        self.quotas.iter().zip(&self.accounts)
    }

    fn each_mut(&mut self) -> impl Iterator<Item = (&Quota, &mut Account)> {
        self.quotas.iter().zip(&mut self.accounts)
    }

    /// The first time at which all quotas admit `cost`, and the one that takes longest, if any of them makes it wait.
    ///
    /// What fits at one time fits from then on, so that the latest of the times is a time for all.
    pub(super) fn next(&self, cost: u64, from: Timestamp) -> (Timestamp, Option<Quota>) {
        let meters = self.each();
        let meters = meters.map(|(quota, it)| (it.meter.next(quota.of(cost), from), Some(quota)));
        let ceilings = self.ceilings.iter();
        let ceilings = ceilings.map(|ceiling| (ceiling.next(cost, from), Some(ceiling.quota())));
        let paces = self
            .pace
            .iter()
            .map(|pace| (from.max(*pace), self.quotas.first()));
        let found = self.found.iter();
        let found = found.map(|found| (found.bucket.next(1, from), Some(&found.quota)));
        let times = paces.chain(ceilings).chain(found).chain(meters);
        let latest = times.max_by_key(|(time, _)| *time);
        let (time, quota) = latest.unwrap_or((from, None));
        (time, quota.copied())
    }

    pub(super) fn take(&mut self, cost: u64, at: Timestamp) {
        if let Some(pace) = self.pace {
            self.pace = Some(pace.max(at + self.gap(cost, at)));
        }
        for (quota, it) in self.each_mut() {
            it.meter.take(quota.of(cost), at);
            it.trend.count(quota.of(cost), at);
        }
        for ceiling in &mut self.ceilings {
            ceiling.take(cost, at);
        }
        if let Some(found) = &mut self.found {
            found.bucket.take(1, at);
        }
    }

    /// How long the next call is to keep away from one of `cost`, so that what is left lasts.
    fn gap(&self, cost: u64, at: Timestamp) -> std::time::Duration {
        let meters = self.each();
        let meters = meters.map(|(quota, it)| it.meter.gap(quota, quota.of(cost), at));
        let ceilings = self.ceilings.iter().map(|ceiling| ceiling.gap(cost, at));
        let found = self.found.iter().map(|found| found.quota.interval());
        let longest = meters.chain(ceilings).chain(found).max();
        std::time::Duration::from_nanos(longest.unwrap_or(0))
    }

    /// Gives back all of a call, which was not sent.
    pub(super) fn unpay(&mut self, paid: u64, at: Timestamp, now: Timestamp) {
        for (quota, it) in self.each_mut() {
            it.meter.give_back(quota.of(paid), at, now);
        }
        for ceiling in &mut self.ceilings {
            ceiling.give_back(paid, at);
        }
        if let Some(found) = &mut self.found {
            found.bucket.give_back(1, at, now);
        }
    }

    /// Gives back what a place in the queue paid over the cost of who takes it over.
    pub(super) fn lower_price(&mut self, paid: u64, cost: u64, at: Timestamp, now: Timestamp) {
        self.refund(paid, cost, at, now);
        for ceiling in &mut self.ceilings {
            if ceiling.counts() == Counts::Cost {
                ceiling.give_back(paid - cost, at);
            }
        }
    }

    /// Gives back what a call was estimated to cost and did not. What the server says remains knows that already, or will
    /// by the next answer.
    pub(super) fn refund(&mut self, paid: u64, cost: u64, at: Timestamp, now: Timestamp) {
        for (quota, it) in self.each_mut() {
            it.meter.give_back(quota.of(paid) - quota.of(cost), at, now);
        }
    }

    /// A call cost more than it paid. It went, so that this fits nowhere: it is debt.
    pub(super) fn charge(&mut self, paid: u64, cost: u64, now: Timestamp) {
        for (quota, it) in self.each_mut() {
            it.meter.take(quota.of(cost) - quota.of(paid), now);
        }
        for ceiling in &mut self.ceilings {
            if ceiling.counts() == Counts::Cost {
                ceiling.take(cost - paid, now);
            }
        }
    }

    /// Goes on with other quotas. What is used now stays used, as if it had been taken now, of the quota at the same index.
    pub(super) fn change(&mut self, quotas: &[Quota], now: Timestamp) {
        let mut changed: Box<[_]> = quotas.iter().map(Account::new).collect();
        for (new, old) in changed.iter_mut().zip(&self.accounts) {
            new.meter.take(old.meter.used(now), now);
        }
        self.accounts = changed;
        self.quotas = quotas.into();
    }

    /// Lines up with `quotas`, so that to [change](Self::change) to them goes on with the account of the quota with the same
    /// period that counts the same. One that has none begins unused.
    pub(super) fn line_up(&mut self, quotas: &[Quota]) {
        let was = std::mem::take(&mut self.quotas).into_iter();
        let mut was: Vec<_> = was.zip(std::mem::take(&mut self.accounts)).collect();
        let kept = quotas.iter().map(|quota| {
            let is_same = |(was, _): &(Quota, Account)| {
                (was.counts(), was.period()) == (quota.counts(), quota.period())
            };
            match was.iter().position(is_same) {
                Some(index) => was.remove(index),
                None => (*quota, Account::new(quota)),
            }
        });
        let (was, accounts): (Vec<_>, Vec<_>) = kept.unzip();
        self.quotas = was.into();
        self.accounts = accounts.into();
    }

    /// Begins to pace, or ends it. Where it is done already, it goes on.
    pub(super) fn pace_as(&mut self, other: &Self) {
        self.pace = other.pace.map(|fresh| self.pace.unwrap_or(fresh));
    }

    /// Whether accounts made anew would be no different.
    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        self.pace.is_none_or(|pace| pace <= now)
            && self.accounts.iter().all(|it| it.meter.used(now) == 0)
            && self.ceilings.iter().all(|ceiling| ceiling.is_over(now))
    }

    /// The latest of what the server said, of quotas that count the same.
    pub(super) fn ceilings_of(
        &self,
        counts: Counts,
        now: Timestamp,
    ) -> impl Iterator<Item = &Ceiling> {
        let ours = self.ceilings.iter();
        ours.filter(move |ceiling| ceiling.counts() == counts && !ceiling.is_over(now))
    }
}
