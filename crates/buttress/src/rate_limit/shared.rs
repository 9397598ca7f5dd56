//! What all services of one layer value share.

use std::sync::Arc;
use std::time::Duration;

use buttress_core::quota::{Limiter, Quota, Refused, Schedule, TooLarge};
use buttress_core::{Charge, Event, Key, Rejected, Timestamp, Why};

use super::answers::Answers;
use crate::call_time::CallTime;
use crate::keyed::{DEFAULT_CAPACITY, Keyed, State};
use crate::observe::Watcher;
use crate::time::Clock;

/// Two windows of a minute: longer, and a caller is better told to come back.
const MAX_WAIT: Duration = Duration::from_secs(120);

pub(super) struct Shared<K, T, L> {
    pub(super) keyer: K,
    pub(super) terms: T,
    pub(super) limits: Arc<Keyed<Limiter>>,
    pub(super) max_wait: Duration,
    settings: Settings,
    pub(super) common: Arc<Common<L>>,
}

/// What a call that waits goes on to need.
#[derive(Clone)]
pub(super) struct Common<L> {
    pub(super) look: L,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
}

/// What is of a type that the user chooses.
pub(super) struct Parts<K, T, L> {
    pub(super) keyer: K,
    pub(super) terms: T,
    pub(super) look: L,
}

/// How the state of a key is made.
#[derive(Clone)]
pub(super) struct Settings {
    quotas: Arc<[Quota]>,
    pub(super) capacity: usize,
    pub(super) is_paced: bool,
    pub(super) answers: Answers,
}

impl State for Limiter {
    fn is_idle(&self, now: Timestamp) -> bool {
        Limiter::is_idle(self, now)
    }
}

impl Settings {
    fn schedule(&self) -> Schedule {
        let schedule = Schedule::new(&self.quotas).with_pacing(self.is_paced);
        self.answers.teach(schedule)
    }

    pub(super) fn limiter(&self) -> Limiter {
        Limiter::new(self.schedule())
    }

    fn limits(&self) -> Arc<Keyed<Limiter>> {
        let settings = self.clone();
        Arc::new(Keyed::new(self.capacity, move || settings.limiter()))
    }

    /// States that were made by others are to be as if these had made them.
    fn renew(&self, limits: &Keyed<Limiter>, now: Timestamp) {
        let settings = self.clone();
        // First those to come, then those that are there: so that none is made by the old ones and left.
        limits.renew(self.capacity, move || settings.limiter());
        let schedule = self.schedule();
        limits.shared().renew(&schedule, now);
        for (_, limiter) in limits.all() {
            limiter.renew(&schedule, now);
        }
    }

    /// Whether they make the same states. What is believed of the answers is not in the states.
    fn is_same(&self, other: &Self) -> bool {
        let kind = |it: &Self| (it.capacity, it.is_paced, it.answers.kind());
        self.quotas == other.quotas && kind(self) == kind(other)
    }
}

impl<K, T, L> Shared<K, T, L> {
    pub(super) fn new(parts: Parts<K, T, L>, quotas: Arc<[Quota]>) -> Self {
        let Parts { keyer, terms, look } = parts;
        let settings = Settings {
            quotas,
            capacity: DEFAULT_CAPACITY,
            is_paced: false,
            answers: Answers::default(),
        };
        let common = Common {
            look,
            clock: Clock::default(),
            watcher: Watcher::default(),
        };
        Self {
            keyer,
            terms,
            limits: settings.limits(),
            max_wait: MAX_WAIT,
            settings,
            common: Arc::new(common),
        }
    }

    pub(super) fn with_parts<K2, T2, L2>(
        self,
        change: impl FnOnce(Parts<K, T, L>) -> Parts<K2, T2, L2>,
    ) -> Shared<K2, T2, L2>
    where
        L: Clone,
    {
        let common = Arc::unwrap_or_clone(self.common);
        let parts = Parts {
            keyer: self.keyer,
            terms: self.terms,
            look: common.look,
        };
        let Parts { keyer, terms, look } = change(parts);
        Shared {
            keyer,
            terms,
            limits: self.limits,
            max_wait: self.max_wait,
            settings: self.settings,
            common: Arc::new(Common {
                look,
                clock: common.clock,
                watcher: common.watcher,
            }),
        }
    }

    /// Changes how states are made, and begins anew with them.
    pub(super) fn with_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.limits = self.settings.limits();
    }

    /// Goes on from what `old` knows.
    pub(super) fn take_over(&mut self, old: &Self)
    where
        K: Clone,
    {
        self.keyer = old.keyer.clone();
        self.limits = Arc::clone(&old.limits);
        if !self.settings.is_same(&old.settings) {
            self.settings.renew(&self.limits, self.common.clock.now());
        }
    }

    pub(super) fn quotas(&self) -> &[Quota] {
        &self.settings.quotas
    }

    /// The state of a key of which nothing is known.
    pub(super) fn fresh(&self) -> Limiter {
        self.settings.limiter()
    }

    /// The latest slot that a call may wait for.
    pub(super) fn latest(&self, now: Timestamp) -> Timestamp {
        let latest = now + self.max_wait;
        // A call that could only begin at its deadline is over before it begins.
        let before = |deadline: Timestamp| {
            Timestamp::from_nanos(deadline.as_nanos().saturating_sub(1)).max(now)
        };
        let deadline = CallTime::current().deadline();
        deadline.map_or(latest, |deadline| latest.min(before(deadline)))
    }
}

impl<L> Common<L> {
    pub(super) fn rejected(&self, rejected: Rejected) -> Rejected {
        self.watcher.observe(&Event::Rejected {
            rejected: &rejected,
        });
        rejected
    }
}

/// A refusal of a quota, as the layers know refusals.
pub(super) fn rejected(refused: Refused, key: Key) -> Rejected {
    match refused {
        Refused::TooLarge(TooLarge { cost, quota }) => {
            Rejected::new(Why::TooLarge, key).with_charge(Charge::new(cost, quota))
        }
        Refused::Late { slot, cost, quota } => Rejected::new(Why::RateLimit, key)
            .with_not_before(Some(slot))
            .with_charge(Charge::new(cost, quota)),
    }
}

impl<K: Clone, T: Clone, L> Clone for Shared<K, T, L> {
    fn clone(&self) -> Self {
        Self {
            keyer: self.keyer.clone(),
            terms: self.terms.clone(),
            limits: Arc::clone(&self.limits),
            max_wait: self.max_wait,
            settings: self.settings.clone(),
            common: Arc::clone(&self.common),
        }
    }
}
