//! The circuits of one layer.

use std::sync::{Arc, OnceLock};

use buttress_core::breaker::{Breaker, Circuit, Notice, State};
use buttress_core::{Event, Key, Timestamp};
use tokio::sync::watch;

use crate::keyed::{self, Keyed};
use crate::observe::Watcher;
use crate::time::Clock;

#[derive(Clone)]
pub(super) struct Shared<K> {
    pub(super) circuits: Arc<Keyed<Entry>>,
    pub(super) keyer: K,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
    circuit: Circuit,
    capacity: usize,
}

/// One circuit, and whoever follows it.
pub(super) struct Entry {
    pub(super) breaker: Breaker,
    followed: OnceLock<watch::Sender<State>>,
}

impl keyed::State for Entry {
    fn is_idle(&self, now: Timestamp) -> bool {
        let is_followed = |followed: &watch::Sender<State>| followed.receiver_count() > 0;
        self.breaker.is_idle(now) && !self.followed.get().is_some_and(is_followed)
    }
}

impl Entry {
    fn new(circuit: Circuit) -> Self {
        Self {
            breaker: Breaker::new(circuit),
            followed: OnceLock::new(),
        }
    }

    fn renewed(&self, circuit: Circuit, now: Timestamp) -> Self {
        Self {
            breaker: self.breaker.renewed(circuit, now),
            followed: self.followed.clone(),
        }
    }

    pub(super) fn follow(&self, now: Timestamp) -> watch::Receiver<State> {
        let sender = self
            .followed
            .get_or_init(|| watch::Sender::new(self.breaker.state(now)));
        // A change that came in between is seen here: before the sender was there, nobody was told.
        self.publish(sender, now);
        sender.subscribe()
    }

    /// The state is read again under the channel's lock, so that of two changes told out of order the last stays.
    fn publish(&self, sender: &watch::Sender<State>, now: Timestamp) {
        sender.send_if_modified(|shown| {
            let state = self.breaker.state(now);
            std::mem::replace(shown, state) != state
        });
    }
}

impl<K> Shared<K> {
    pub(super) fn new(circuit: Circuit, capacity: usize, keyer: K) -> Self {
        let make = move || Entry::new(circuit);
        Self {
            circuits: Arc::new(Keyed::new(capacity, make)),
            keyer,
            clock: Clock::default(),
            watcher: Watcher::default(),
            circuit,
            capacity,
        }
    }

    pub(super) fn with_keyer<K2>(self, keyer: K2) -> Shared<K2> {
        let shared = Shared::new(self.circuit, self.capacity, keyer);
        Shared {
            clock: self.clock,
            watcher: self.watcher,
            ..shared
        }
    }

    pub(super) fn with_capacity(self, capacity: usize) -> Self {
        let shared = Self::new(self.circuit, capacity, self.keyer);
        Self {
            clock: self.clock,
            watcher: self.watcher,
            ..shared
        }
    }

    /// Goes on from what `old` knows.
    pub(super) fn take_over(&mut self, old: &Self)
    where
        K: Clone,
    {
        let circuit = self.circuit;
        let make = move || Entry::new(circuit);
        self.keyer = old.keyer.clone();
        if circuit == old.circuit {
            self.circuits = Arc::clone(&old.circuits);
            self.circuits.renew(self.capacity, make);
            return;
        }
        let now = self.clock.now();
        let renewed = old
            .circuits
            .mapped(self.capacity, make, |entry| entry.renewed(circuit, now));
        self.circuits = Arc::new(renewed);
    }

    pub(super) const fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    pub(super) fn tell(&self, entry: &Entry, key: Key, now: Timestamp, notice: &Notice) {
        tell(&self.watcher, entry, key, now, notice);
    }
}

/// What a circuit did is told to whoever follows it, and to the observer.
pub(super) fn tell(watcher: &Watcher, entry: &Entry, key: Key, now: Timestamp, notice: &Notice) {
    match notice {
        Notice::Changed(change) => {
            if let Some(sender) = entry.followed.get() {
                entry.publish(sender, now);
            }
            watcher.observe(&Event::BreakerChanged {
                key,
                change,
                snapshot: &entry.breaker.snapshot(now),
            });
        }
        Notice::WouldOpen(exceeded) => {
            let exceeded = *exceeded;
            watcher.observe(&Event::BreakerWouldOpen { key, exceeded });
        }
    }
}
