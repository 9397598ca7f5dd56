use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use buttress_core::pause::{Gate, Phase, Snapshot, Ticket};
use buttress_core::{Event, Key, Observer, Rejected, Timestamp};

use super::gates::{Gates, rejected};
use super::keys::Keys;
use super::layer::Shared;
use crate::key::Keyer;
use crate::look::{Holds, Look};
use crate::observe::Report;
use crate::time::Clock;

/// Reads the pauses of a layer, sets them by hand, and is told when they change.
///
/// Keys come from [`Handle::key`], or from whoever made them; where the layer has no keyer, the key is [`Key::ALL`].
pub struct Handle<K> {
    shared: Arc<Shared<K>>,
}

impl<K> Handle<K> {
    pub(super) const fn new(shared: Arc<Shared<K>>) -> Self {
        Self { shared }
    }

    /// The key that `request` has of its own.
    pub fn key<Req>(&self, request: &Req) -> Key
    where
        K: Keyer<Req>,
    {
        self.shared.keyer.key(request)
    }

    /// What is known of the pause of `key`.
    pub fn snapshot(&self, key: Key) -> Snapshot {
        self.gates().seen(key).snapshot(self.now())
    }

    /// All pauses that are not over. For pages and tests, not for calls.
    pub fn snapshots(&self) -> Vec<(Key, Snapshot)> {
        let now = self.now();
        let gates = self.gates().all().into_iter();
        let read = gates.map(|(key, gate)| (key, gate.snapshot(now)));
        read.filter(|(_, snapshot)| snapshot.phase != Phase::Open)
            .collect()
    }

    /// Pauses `key` for so long at least.
    pub fn hold(&self, key: Key, wait: Duration) {
        let now = self.now();
        let gate = self.gates().made(key, now);
        self.gates().tell(key, gate.hold(now + wait, now));
    }

    /// Ends the pause of `key`. Those who wait are released step by step, as after any pause.
    pub fn release(&self, key: Key) {
        self.gates().seen(key).release(self.now());
    }

    /// The changes of the pause of `key`, from now on.
    pub fn follow(&self, key: Key) -> Changes {
        let gate = self.gates().made(key, self.now());
        Changes {
            seen: gate.version(),
            gate,
            ticket: None,
            clock: self.gates().clock,
        }
    }

    pub(super) fn gates(&self) -> &Gates {
        &self.shared.gates
    }

    pub(super) fn now(&self) -> Timestamp {
        self.gates().clock.now()
    }

    /// Whose gates `request` has to pass.
    fn keys<Req>(&self, request: &Req) -> impl Iterator<Item = Key>
    where
        K: Keyer<Req>,
    {
        let keys = Keys::of(&self.shared.keyer, request);
        std::iter::once(keys.own).chain(keys.account)
    }

    /// As [`Look::look`], for a caller that stops to wait at `gives_up`.
    pub(super) fn look_until<Req>(
        &self,
        request: &Req,
        gives_up: Timestamp,
        now: Timestamp,
    ) -> Option<Rejected>
    where
        K: Keyer<Req>,
    {
        let refused = |key| {
            let refusal = self.gates().ask(key, |gate| gate.look(gives_up, now))?;
            Some(rejected(key, refusal))
        };
        self.keys(request).find_map(refused)
    }
}

/// Refuses what this layer would refuse.
impl<K, Req> Look<Req> for Handle<K>
where
    K: Keyer<Req>,
{
    fn look(&self, request: &Req, now: Timestamp) -> Option<Rejected> {
        self.look_until(request, self.shared.gives_up(now), now)
    }
}

/// Holds what waits for the end of a pause.
impl<K, Req> Holds<Req> for Handle<K>
where
    K: Keyer<Req>,
{
    fn held_until(&self, request: &Req, now: Timestamp) -> Option<Timestamp> {
        let held = |key| self.gates().ask(key, |gate| gate.held_until(now));
        let until = self.keys(request).filter_map(held).max()?;
        self.look(request, now).is_none().then_some(until)
    }
}

/// Tells how long the longest pause has to go.
impl<K> Report for Handle<K> {
    fn report(&self, observer: &dyn Observer) {
        let now = self.now();
        let all = self.snapshots();
        let remaining = all.iter().map(|(_, pause)| pause.until.since(now));
        let remaining = remaining.max().unwrap_or_default();
        observer.observe(&Event::PauseLevel { remaining });
    }
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
        f.debug_struct("cooldown::Handle").finish_non_exhaustive()
    }
}

/// The changes of one pause.
///
/// That a pause begins, grows, is released by hand, takes a step, ends: each is told when it happens. That its deadline
/// has passed happens when somebody looks: nobody is woken for it.
#[derive(Debug)]
pub struct Changes {
    gate: Arc<Gate>,
    seen: u64,
    ticket: Option<Ticket>,
    clock: Clock,
}

impl Changes {
    /// What is known now.
    pub fn snapshot(&self) -> Snapshot {
        self.gate.snapshot(self.clock.now())
    }

    /// Waits for a change since the last call. Of several changes the latest is told. Dropping the future loses none.
    pub async fn changed(&mut self) -> Snapshot {
        let version = poll_fn(|cx| {
            let seen = self.gate.watch(&mut self.ticket, self.seen, cx.waker());
            seen.map_or(Poll::Pending, Poll::Ready)
        });
        self.seen = version.await;
        self.snapshot()
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.gate.unwatch(ticket);
        }
    }
}
