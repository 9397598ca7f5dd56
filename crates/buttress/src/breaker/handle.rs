use std::fmt;
use std::sync::Arc;

use buttress_core::breaker::{Command, Snapshot, State};
use buttress_core::{Event, Key, Observer, Rejected, Timestamp, Why};
use tokio::sync::watch;

use super::shared::Shared;
use crate::key::{Everything, Keyer};
use crate::look::Look;
use crate::observe::Report;

/// The circuits of a layer: to look at, to follow, and to tell what to do.
///
/// A layer without a keyer has one circuit, whose key is [`Key::ALL`]. With a keyer, that is the circuit of those that
/// found no room for one of their own.
pub struct Handle<K = Everything> {
    shared: Arc<Shared<K>>,
}

impl<K> Handle<K> {
    pub(super) fn new(shared: Arc<Shared<K>>) -> Self {
        Self { shared }
    }

    /// The key of a request.
    pub fn key<Req>(&self, request: &Req) -> Key
    where
        K: Keyer<Req>,
    {
        self.shared.keyer.key(request)
    }

    /// The circuit of `key` as it is now; `None` if no call has had that key, or it has been forgotten.
    pub fn snapshot(&self, key: Key) -> Option<Snapshot> {
        let entry = self.shared.circuits.peek(key)?;
        Some(entry.breaker.snapshot(self.shared.clock.now()))
    }

    /// All circuits as they are now, in no order. For pages and alerts, not for calls.
    pub fn snapshots(&self) -> Vec<(Key, Snapshot)> {
        let now = self.shared.clock.now();
        let shared = (Key::ALL, Arc::clone(self.shared.circuits.shared()));
        let all = self.shared.circuits.all().into_iter().chain([shared]);
        all.map(|(key, entry)| (key, entry.breaker.snapshot(now)))
            .collect()
    }

    /// Tells the circuit of `key` what to do. `false` if that does not apply to its state.
    pub fn command(&self, key: Key, command: Command) -> bool {
        let shared = &*self.shared;
        let now = shared.clock.now();
        let entry = shared.circuits.get(key, now);
        let tell = &mut |notice| shared.tell(&entry, key, now, &notice);
        entry.breaker.command(command, now, tell)
    }

    /// Follows the circuit of `key`: its state now, and each change after. A follower that is slow sees the last state,
    /// and not every one between; an observer is told of all.
    ///
    /// That a circuit's time is over is seen when a call comes: nothing here runs by itself.
    pub fn follow(&self, key: Key) -> watch::Receiver<State> {
        let now = self.shared.clock.now();
        self.shared.circuits.get(key, now).follow(now)
    }
}

impl<K: Keyer<Req>, Req> Look<Req> for Handle<K> {
    fn look(&self, request: &Req, now: Timestamp) -> Option<Rejected> {
        let key = self.shared.keyer.key(request);
        let circuits = &self.shared.circuits;
        let refused = circuits.ask(key, |entry| entry.breaker.look(now))??;
        Some(Rejected::new(Why::CircuitOpen, key).with_not_before(refused.not_before))
    }
}

/// Tells how many circuits are in each state, and how the worst of them does.
impl<K> Report for Handle<K> {
    fn report(&self, observer: &dyn Observer) {
        let mut states = [0; State::ALL.len()];
        let (mut failure_rate, mut slow_rate) = (None, None);
        for (_, snapshot) in self.snapshots() {
            states[snapshot.state.index()] += 1;
            failure_rate = worse(failure_rate, snapshot.failure_rate);
            slow_rate = worse(slow_rate, snapshot.slow_rate);
        }
        observer.observe(&Event::BreakerLevel {
            states,
            failure_rate,
            slow_rate,
        });
    }
}

fn worse(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}

impl<K> Clone for Handle<K> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<K> fmt::Debug for Handle<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("breaker::Handle")
            .field("circuit", self.shared.circuit())
            .finish_non_exhaustive()
    }
}
