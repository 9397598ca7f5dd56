//! The gates of one layer: which there are, and what they know in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use buttress_core::pause::{Change, Gate, Pass, Pauses, Refusal};
use buttress_core::{Event, Key, Rejected, Timestamp};

use super::errand::Passes;
use super::keys::Keys;
use crate::keyed::{DEFAULT_CAPACITY, Keyed, State};
use crate::observe::Watcher;
use crate::time::Clock;

impl State for Gate {
    fn is_idle(&self, now: Timestamp) -> bool {
        self.is_idle(now)
    }
}

#[derive(Clone)]
pub(super) struct Gates {
    keyed: Arc<Keyed<Gate>>,
    settings: Settings,
    pub(super) max_wait: Duration,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
}

/// What gates are made from: with others, there are other gates.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    pub(super) capacity: usize,
    pub(super) pauses: Pauses,
    pub(super) seed: u64,
}

/// Two periods of a per-minute limit, and as long as a retry follows a hint.
const MAX_WAIT: Duration = Duration::from_secs(120);

impl Default for Gates {
    fn default() -> Self {
        let settings = Settings {
            capacity: DEFAULT_CAPACITY,
            pauses: Pauses::default(),
            seed: fastrand::u64(..),
        };
        Self {
            keyed: settings.gates(),
            settings,
            max_wait: MAX_WAIT,
            clock: Clock::default(),
            watcher: Watcher::default(),
        }
    }
}

impl Settings {
    fn gates(self) -> Arc<Keyed<Gate>> {
        Arc::new(Keyed::new(self.capacity, self.make()))
    }

    fn make(self) -> impl Fn() -> Gate + Send + Sync + 'static {
        let seeds = AtomicU64::new(self.seed);
        move || Gate::new(self.pauses, seeds.fetch_add(1, Ordering::Relaxed))
    }
}

impl Gates {
    pub(super) fn renew(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.keyed = self.settings.gates();
    }

    /// The gates of `old` become these.
    pub(super) fn take_over(&mut self, old: &Self) {
        self.keyed = Arc::clone(&old.keyed);
        self.keyed
            .renew(self.settings.capacity, self.settings.make());
        for (_, gate) in self.all() {
            gate.change(self.settings.pauses);
        }
    }

    /// Goes, if none of the keys is paused: one look for each.
    #[inline]
    pub(super) fn pass(&self, keys: Keys) -> Option<Passes> {
        let own = self.pass_one(keys.own)?;
        let account = match keys.account {
            None => Pass::BEFORE,
            Some(account) => self.pass_one(account)?,
        };
        Some(Passes { own, account })
    }

    #[inline]
    fn pass_one(&self, key: Key) -> Option<Pass> {
        self.ask(key, Gate::pass)
    }

    /// What the gate says that a request of this key has to pass.
    #[inline]
    pub(super) fn ask<R>(&self, key: Key, ask: impl Fn(&Gate) -> R) -> R {
        let own = self.keyed.ask(key, &ask);
        own.unwrap_or_else(|| ask(self.keyed.shared()))
    }

    /// The gate that a request of this key has to pass. A key that was never told to wait has none of its own; should it
    /// be one that found no room, its pause is the one that all those share.
    pub(super) fn seen(&self, key: Key) -> Arc<Gate> {
        self.keyed
            .peek(key)
            .unwrap_or_else(|| Arc::clone(self.keyed.shared()))
    }

    /// The gate that an answer for this key is told.
    pub(super) fn made(&self, key: Key, now: Timestamp) -> Arc<Gate> {
        self.keyed.get(key, now)
    }

    pub(super) fn all(&self) -> Vec<(Key, Arc<Gate>)> {
        let shared = (Key::ALL, Arc::clone(self.keyed.shared()));
        let mut all = self.keyed.all();
        all.push(shared);
        all
    }

    pub(super) fn tell(&self, key: Key, change: Option<Change>) {
        match change {
            Some(Change::Began { until, why }) => self.watcher.observe(&Event::PauseBegan {
                key,
                why,
                until,
                remaining: until.since(self.clock.now()),
            }),
            Some(Change::Ended) => self.watcher.observe(&Event::PauseEnded { key }),
            None => {}
        }
    }

    pub(super) fn refuse(&self, key: Key, refusal: Refusal) -> Rejected {
        let rejected = rejected(key, refusal);
        self.watcher.observe(&Event::Rejected {
            rejected: &rejected,
        });
        rejected
    }
}

pub(super) const fn rejected(key: Key, refusal: Refusal) -> Rejected {
    let Refusal { why, not_before } = refusal;
    Rejected::new(why, key).with_not_before(not_before)
}
