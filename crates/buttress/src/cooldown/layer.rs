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
use crate::time::Clock;

/// Pauses all who share a limit. See the [module](crate::cooldown).
///
/// The pauses are shared by all services that one layer value makes, and by their clones.
#[derive(Clone)]
pub struct CooldownLayer<K = Everything, D = NoDeadline> {
    shared: Arc<Shared<K, D>>,
}

#[derive(Clone)]
pub(super) struct Shared<K, D> {
    pub(super) keyer: K,
    pub(super) deadline: D,
    pub(super) gates: Arc<Gates>,
}

/// Says when the caller of a request stops to wait, if it does. Functions of the request are one.
pub trait CallDeadline<Req> {
    /// When.
    fn deadline(&self, request: &Req) -> Option<Timestamp>;
}

impl<Req, F: Fn(&Req) -> Option<Timestamp>> CallDeadline<Req> for F {
    fn deadline(&self, request: &Req) -> Option<Timestamp> {
        self(request)
    }
}

/// Callers wait as long as the layer allows.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDeadline;

impl<Req> CallDeadline<Req> for NoDeadline {
    fn deadline(&self, _request: &Req) -> Option<Timestamp> {
        None
    }
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
            deadline: NoDeadline,
            gates: Arc::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl<K: Clone, D: Clone> CooldownLayer<K, D> {
    /// With a pause for each key.
    pub fn with_keyer<K2>(self, keyer: K2) -> CooldownLayer<K2, D> {
        let Shared {
            deadline, gates, ..
        } = Arc::unwrap_or_clone(self.shared);
        CooldownLayer {
            shared: Arc::new(Shared {
                keyer,
                deadline,
                gates,
            }),
        }
    }

    /// With a word on when the caller of a request stops to wait: a call whose pause is longer is refused at once.
    pub fn with_deadline<D2>(self, deadline: D2) -> CooldownLayer<K, D2> {
        let Shared { keyer, gates, .. } = Arc::unwrap_or_clone(self.shared);
        CooldownLayer {
            shared: Arc::new(Shared {
                keyer,
                deadline,
                gates,
            }),
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

    /// With somebody who wants to know.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        self.with(|gates| gates.observer = Some(observer))
    }

    fn renew(self, change: impl FnOnce(&mut Settings)) -> Self {
        self.with(|gates| gates.renew(change))
    }

    fn with(mut self, change: impl FnOnce(&mut Gates)) -> Self {
        change(Arc::make_mut(&mut Arc::make_mut(&mut self.shared).gates));
        self
    }
}

impl<K, D> CooldownLayer<K, D> {
    /// Reads the pauses of this layer, and sets them by hand.
    pub fn handle(&self) -> Handle<K, D> {
        Handle::new(Arc::clone(&self.shared))
    }
}

impl<K, D> Shared<K, D> {
    /// When the caller of `request` stops to wait.
    pub(super) fn gives_up<Req>(&self, request: &Req, now: Timestamp) -> Timestamp
    where
        D: CallDeadline<Req>,
    {
        let own = self.deadline.deadline(request);
        let deadline = CallTime::current().earliest(own);
        (now + self.gates.max_wait).min(deadline.unwrap_or(Timestamp::MAX))
    }
}

impl<S, K, D> Layer<S> for CooldownLayer<K, D> {
    type Service = Cooldown<S, K, D>;

    fn layer(&self, inner: S) -> Cooldown<S, K, D> {
        Cooldown::new(inner, Arc::clone(&self.shared))
    }
}

impl<K, D> fmt::Debug for CooldownLayer<K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CooldownLayer")
            .field("max_wait", &self.shared.gates.max_wait)
            .finish_non_exhaustive()
    }
}
