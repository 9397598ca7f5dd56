use std::fmt;
use std::sync::Arc;

use buttress_core::Observer;
use buttress_core::breaker::Circuit;
use tower_layer::Layer;

use super::handle::Handle;
use super::service::CircuitBreaker;
use super::shared::Shared;
use crate::key::Everything;
use crate::keyed::DEFAULT_CAPACITY;
use crate::observe::Watcher;
use crate::time::Clock;

/// Leaves alone a server that is not well. See the [module](crate::breaker).
///
/// The circuits are shared by all services that one layer value makes, and by their clones.
pub struct CircuitBreakerLayer<K = Everything> {
    shared: Arc<Shared<K>>,
}

impl CircuitBreakerLayer {
    /// One circuit for all calls.
    pub fn new(circuit: Circuit) -> Self {
        Self {
            shared: Arc::new(Shared::new(circuit, DEFAULT_CAPACITY, Everything)),
        }
    }
}

impl<K: Clone> CircuitBreakerLayer<K> {
    /// With a circuit for each key. The circuits are new ones.
    #[must_use]
    pub fn with_keyer<K2>(self, keyer: K2) -> CircuitBreakerLayer<K2> {
        let shared = Arc::unwrap_or_clone(self.shared);
        CircuitBreakerLayer {
            shared: Arc::new(shared.with_keyer(keyer)),
        }
    }

    /// With room for about `keys` circuits. The circuits are new ones.
    #[must_use]
    pub fn with_capacity(self, keys: usize) -> Self {
        let shared = Arc::unwrap_or_clone(self.shared);
        Self {
            shared: Arc::new(shared.with_capacity(keys)),
        }
    }

    /// With the keyer of `old` and its circuits, if the circuit is the same. If it is another, each goes on in the state that
    /// it is in and counts anew; answers to calls that `old` let through then count for nothing here.
    #[must_use]
    pub fn with_state_of(mut self, old: &Self) -> Self {
        Arc::make_mut(&mut self.shared).take_over(&old.shared);
        self
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        Arc::make_mut(&mut self.shared).clock = clock;
        self
    }

    /// With an observer, which is told what this layer does.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        Arc::make_mut(&mut self.shared).watcher = Watcher::new(observer);
        self
    }
}

impl<K> CircuitBreakerLayer<K> {
    /// To look at the circuits, and to tell them what to do. To be taken last: a keyer or another capacity begins with new
    /// ones, of which an earlier handle does not know.
    pub fn handle(&self) -> Handle<K> {
        Handle::new(Arc::clone(&self.shared))
    }
}

impl<S, K> Layer<S> for CircuitBreakerLayer<K> {
    type Service = CircuitBreaker<S, K>;

    fn layer(&self, inner: S) -> CircuitBreaker<S, K> {
        CircuitBreaker::new(inner, Arc::clone(&self.shared))
    }
}

impl<K> Clone for CircuitBreakerLayer<K> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<K> fmt::Debug for CircuitBreakerLayer<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerLayer")
            .field("circuit", self.shared.circuit())
            .finish_non_exhaustive()
    }
}
