use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::pause::Pauses;
use buttress_core::{Observer, Timestamp};
use tower_layer::Layer;

use super::gates::{Gates, Settings};
use super::handle::Handle;
use super::service::Cooldown;
use crate::call_time::CallTime;
use crate::key::Everything;
use crate::observe::Watcher;
use crate::time::Clock;

/// Pauses all who share a limit. See the [module](crate::cooldown).
///
/// The pauses are shared by all services that one layer value makes, and by their clones.
#[derive(Clone)]
pub struct CooldownLayer<K = Everything> {
    shared: Arc<Shared<K>>,
}

#[derive(Clone)]
pub(super) struct Shared<K> {
    pub(super) keyer: K,
    pub(super) gates: Arc<Gates>,
}

impl Default for CooldownLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl CooldownLayer {
    /// One pause for all that passes.
    pub fn new() -> Self {
        let shared = Shared {
            keyer: Everything,
            gates: Arc::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl<K: Clone> CooldownLayer<K> {
    /// With a pause for each key.
    #[must_use]
    pub fn with_keyer<K2>(self, keyer: K2) -> CooldownLayer<K2> {
        let gates = Arc::clone(&self.shared.gates);
        CooldownLayer {
            shared: Arc::new(Shared { keyer, gates }),
        }
    }

    /// With other pauses.
    #[must_use]
    pub fn with_pauses(self, pauses: Pauses) -> Self {
        self.renew(|settings| settings.pauses = pauses)
    }

    /// With another longest wait. Zero refuses all who would have to wait.
    #[must_use]
    pub fn with_max_wait(self, max_wait: Duration) -> Self {
        self.with(|gates| gates.max_wait = max_wait)
    }

    /// With room for as many keys that were told to wait. Further ones share one pause.
    #[must_use]
    pub fn with_capacity(self, capacity: usize) -> Self {
        self.renew(|settings| settings.capacity = capacity)
    }

    /// With the keyer of `old`, its pauses that are in force, and those who wait in them. The pauses to come are these, for
    /// whoever goes on using `old`, too.
    #[must_use]
    pub fn with_state_of(mut self, old: &Self) -> Self {
        Arc::make_mut(&mut self.shared).keyer = old.shared.keyer.clone();
        self.with(|gates| gates.take_over(&old.shared.gates))
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        self.with(|gates| gates.clock = clock)
    }

    /// With random numbers that can be repeated, for tests.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        self.renew(|settings| settings.seed = seed)
    }

    /// With an observer, which is told what this layer does.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        self.with(|gates| gates.watcher = Watcher::new(observer))
    }

    fn renew(self, change: impl FnOnce(&mut Settings)) -> Self {
        self.with(|gates| gates.renew(change))
    }

    fn with(mut self, change: impl FnOnce(&mut Gates)) -> Self {
        change(Arc::make_mut(&mut Arc::make_mut(&mut self.shared).gates));
        self
    }
}

impl<K> CooldownLayer<K> {
    /// Reads the pauses of this layer, and sets them by hand. To be taken last: what changes how pauses are made (other
    /// `Pauses`, capacity, seed) begins with new ones, of which an earlier handle does not know.
    pub fn handle(&self) -> Handle<K> {
        Handle::new(Arc::clone(&self.shared))
    }
}

impl<K> Shared<K> {
    /// When the caller of the call that is being made stops to wait.
    pub(super) fn gives_up(&self, now: Timestamp) -> Timestamp {
        let deadline = CallTime::current().deadline();
        (now + self.gates.max_wait).min(deadline.unwrap_or(Timestamp::MAX))
    }
}

impl<S, K> Layer<S> for CooldownLayer<K> {
    type Service = Cooldown<S, K>;

    fn layer(&self, inner: S) -> Cooldown<S, K> {
        Cooldown::new(inner, Arc::clone(&self.shared))
    }
}

impl<K> fmt::Debug for CooldownLayer<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CooldownLayer")
            .field("max_wait", &self.shared.gates.max_wait)
            .finish_non_exhaustive()
    }
}
