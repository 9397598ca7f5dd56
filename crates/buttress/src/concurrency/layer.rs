use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::concurrency::Algorithm;
use buttress_core::{Event, Key, Observer, Rejected, Why};
use tower_layer::Layer;

use super::gate::Gate;
use super::service::Concurrency;
use crate::observe::Watcher;
use crate::time::Clock;

/// As many as may wait.
const LONGEST: usize = 1_000;

/// As long as in the other layers in which a call waits: two periods of a per-minute limit.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// Bounds the attempts in flight. See the [module](crate::concurrency).
///
/// The services that one layer value makes, and their clones, share the places.
#[derive(Clone)]
pub struct ConcurrencyLayer<L = (), A = ()> {
    gate: Arc<Gate>,
    /// The places of those that are apart.
    gate_apart: Arc<Gate>,
    apart: A,
    pub(super) longest: usize,
    pub(super) max_wait: Duration,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
    pub(super) look: L,
}

/// Says which calls do not share the places of the others, but have some of their own: see
/// [`ConcurrencyLayer::with_apart`].
///
/// Functions of the request do.
pub trait Apart<Req> {
    /// Whether it is one of those.
    fn is_apart(&self, request: &Req) -> bool;
}

/// No call.
impl<Req> Apart<Req> for () {
    fn is_apart(&self, _request: &Req) -> bool {
        false
    }
}

impl<Req, F: Fn(&Req) -> bool> Apart<Req> for F {
    fn is_apart(&self, request: &Req) -> bool {
        self(request)
    }
}

impl ConcurrencyLayer {
    /// As many places as `algorithm` finds.
    pub fn new(algorithm: Algorithm) -> Self {
        let gate = gate(algorithm);
        Self {
            gate_apart: Arc::clone(&gate),
            gate,
            apart: (),
            longest: LONGEST,
            max_wait: MAX_WAIT,
            clock: Clock::default(),
            watcher: Watcher::default(),
            look: (),
        }
    }
}

fn gate(algorithm: Algorithm) -> Arc<Gate> {
    Arc::new(Gate::new(algorithm))
}

impl<L, A> ConcurrencyLayer<L, A> {
    /// With another number of calls that may wait. With none, a call that finds no place is rejected at once.
    #[must_use]
    pub fn with_queue(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// With another longest wait for a place.
    #[must_use]
    pub fn with_max_wait(self, max_wait: Duration) -> Self {
        Self { max_wait, ..self }
    }

    /// With the places of `old`: those that are taken, those who wait for one, and the limit that was found, within the
    /// bounds of this one. Whoever goes on using `old` has this one's limit, too.
    #[must_use]
    pub fn with_state_of<L2, A2>(self, old: &ConcurrencyLayer<L2, A2>) -> Self {
        old.gate.go_on(self.gate.given());
        let gate = Arc::clone(&old.gate);
        let gate_apart = match (self.has_apart(), old.has_apart()) {
            (false, _) => Arc::clone(&old.gate),
            (true, false) => self.gate_apart,
            (true, true) => {
                old.gate_apart.go_on(self.gate_apart.given());
                Arc::clone(&old.gate_apart)
            }
        };
        Self {
            gate,
            gate_apart,
            ..self
        }
    }

    fn has_apart(&self) -> bool {
        !Arc::ptr_eq(&self.gate, &self.gate_apart)
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Asks `look` for each call that has waited whether it would be refused by now.
    #[must_use]
    pub fn with_look<L2>(self, look: L2) -> ConcurrencyLayer<L2, A> {
        ConcurrencyLayer {
            gate: self.gate,
            gate_apart: self.gate_apart,
            apart: self.apart,
            longest: self.longest,
            max_wait: self.max_wait,
            clock: self.clock,
            watcher: self.watcher,
            look,
        }
    }

    /// With an observer, which is told what this layer does.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        let watcher = Watcher::new(observer);
        Self { watcher, ..self }
    }

    /// With places of their own, as many as `algorithm` finds, for the calls that `apart` names: those that others wait
    /// for while they keep a place. A request for a token that all calls need is one.
    #[must_use]
    pub fn with_apart<A2>(self, algorithm: Algorithm, apart: A2) -> ConcurrencyLayer<L, A2> {
        ConcurrencyLayer {
            gate: self.gate,
            gate_apart: gate(algorithm),
            apart,
            longest: self.longest,
            max_wait: self.max_wait,
            clock: self.clock,
            watcher: self.watcher,
            look: self.look,
        }
    }

    /// To look at the limit, and at who is in flight and who waits.
    pub fn handle(&self) -> Handle {
        let gate = Arc::clone(&self.gate);
        Handle { gate }
    }

    /// The same, of the calls that are apart; of all, where none is.
    pub fn handle_apart(&self) -> Handle {
        let gate = Arc::clone(&self.gate_apart);
        Handle { gate }
    }

    /// The places that a request is for.
    pub(super) fn gate<Req>(&self, request: &Req) -> &Arc<Gate>
    where
        A: Apart<Req>,
    {
        if self.apart.is_apart(request) {
            &self.gate_apart
        } else {
            &self.gate
        }
    }
}

impl<L, A> ConcurrencyLayer<L, A> {
    /// What a call that has its place in a queue goes on to need.
    pub(super) fn for_waiting(&self) -> ConcurrencyLayer<L>
    where
        L: Clone,
    {
        ConcurrencyLayer {
            gate: Arc::clone(&self.gate),
            gate_apart: Arc::clone(&self.gate_apart),
            apart: (),
            longest: self.longest,
            max_wait: self.max_wait,
            clock: self.clock,
            watcher: self.watcher.clone(),
            look: self.look.clone(),
        }
    }

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

impl<S, L: Clone, A: Clone> Layer<S> for ConcurrencyLayer<L, A> {
    type Service = Concurrency<S, L, A>;

    fn layer(&self, inner: S) -> Concurrency<S, L, A> {
        Concurrency::new(inner, self.clone())
    }
}

impl<L, A> fmt::Debug for ConcurrencyLayer<L, A> {
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
        f.debug_struct("concurrency::Handle")
            .field("limit", &limit)
            .field("in_flight", &in_flight)
            .field("waiting", &waiting)
            .finish()
    }
}
