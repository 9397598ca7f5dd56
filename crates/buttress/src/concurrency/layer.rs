use std::fmt;
use std::sync::Arc;

use buttress_core::concurrency::{AdaptiveLimit, Algorithm};
use buttress_core::{Event, Key, Observer, Rejected, Why};
use tower_layer::Layer;

use super::gate::Gate;
use super::service::Concurrency;
use crate::observe::Watcher;
use crate::time::Clock;

/// As many as may wait.
const LONGEST: usize = 1_000;

/// Bounds the attempts in flight. See the [module](crate::concurrency).
///
/// The services that one layer value makes, and their clones, share the places.
#[derive(Clone)]
pub struct ConcurrencyLayer<L = ()> {
    pub(super) gate: Arc<Gate>,
    pub(super) longest: usize,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
    pub(super) look: L,
}

impl ConcurrencyLayer {
    /// As many places as `algorithm` finds.
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            gate: Arc::new(Gate::new(AdaptiveLimit::new(algorithm))),
            longest: LONGEST,
            clock: Clock::default(),
            watcher: Watcher::default(),
            look: (),
        }
    }
}

impl<L> ConcurrencyLayer<L> {
    /// With another number of calls that may wait. With none, a call that finds no place is rejected at once.
    #[must_use]
    pub fn with_queue(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Asks `look` for each call that has waited whether it would be refused by now.
    pub fn with_look<L2>(self, look: L2) -> ConcurrencyLayer<L2> {
        let Self {
            gate,
            longest,
            clock,
            watcher,
            ..
        } = self;
        ConcurrencyLayer {
            gate,
            longest,
            clock,
            watcher,
            look,
        }
    }

    /// With somebody who wants to know.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        let watcher = Watcher::new(observer);
        Self { watcher, ..self }
    }

    /// Shows the numbers.
    pub fn handle(&self) -> Handle {
        Handle {
            gate: Arc::clone(&self.gate),
        }
    }
}

impl<L> ConcurrencyLayer<L> {
    pub(super) fn refused(&self, why: Why) -> Rejected {
        self.told(Rejected::new(why, Key::ALL))
    }

    pub(super) fn told(&self, rejected: Rejected) -> Rejected {
        self.watcher.observe(&Event::Rejected {
            rejected: &rejected,
        });
        rejected
    }
}

impl<S, L: Clone> Layer<S> for ConcurrencyLayer<L> {
    type Service = Concurrency<S, L>;

    fn layer(&self, inner: S) -> Concurrency<S, L> {
        Concurrency::new(inner, self.clone())
    }
}

impl<L> fmt::Debug for ConcurrencyLayer<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyLayer")
            .field("handle", &self.handle())
            .field("queue", &self.longest)
            .finish_non_exhaustive()
    }
}

/// The numbers of a layer, as they are now.
#[derive(Clone)]
pub struct Handle {
    gate: Arc<Gate>,
}

impl Handle {
    /// How many attempts may be in flight.
    pub fn limit(&self) -> u32 {
        self.gate.numbers().0
    }

    /// How many are: more than the limit, if it has just shrunk.
    pub fn in_flight(&self) -> u32 {
        self.gate.numbers().1
    }

    /// How many calls wait for a place.
    pub fn waiting(&self) -> usize {
        self.gate.numbers().2
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, in_flight, waiting) = self.gate.numbers();
        f.debug_struct("Handle")
            .field("limit", &limit)
            .field("in_flight", &in_flight)
            .field("waiting", &waiting)
            .finish()
    }
}
