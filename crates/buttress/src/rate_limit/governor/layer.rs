use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::{Event, Key, Observer, Rejected, Timestamp, Why};
use tower_layer::Layer;

use super::limiter::{Direct, Keyed, Weighted};
use super::service::Governor;
use crate::call_time::CallTime;
use crate::observe::Watcher;
use crate::time::Clock;

/// Two windows of a minute: longer, and a caller is better told to come back.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// Sends no faster than a limiter of governor's allows. See the [module](crate::rate_limit::governor).
///
/// The limiter is shared by all services that one layer value makes, by their clones, and by whoever else has it.
#[derive(Clone)]
pub struct GovernorLayer<G, L = ()> {
    limiter: G,
    max_wait: Duration,
    look: L,
    clock: Clock,
    watcher: Watcher,
}

/// What the calls of one layer share.
pub(super) struct Shared<G, L> {
    pub(super) limiter: G,
    pub(super) look: L,
    pub(super) clock: Clock,
    max_wait: Duration,
    pub(super) watcher: Watcher,
}

impl<R> GovernorLayer<Direct<R>> {
    /// One limiter for all that passes.
    pub fn direct(limiter: Arc<R>) -> Self {
        Self::new(Direct::new(limiter))
    }
}

impl<R, F> GovernorLayer<Keyed<R, F>> {
    /// A limiter for each key, which is what `key` finds in a request. It is asked for twice where a call has to wait.
    pub fn keyed(limiter: Arc<R>, key: F) -> Self {
        Self::new(Keyed::new(limiter, key))
    }
}

impl<G> GovernorLayer<G> {
    /// Any limiter that can be asked as governor's are, and whose clones share what they count.
    pub fn new(limiter: G) -> Self {
        Self {
            limiter,
            max_wait: MAX_WAIT,
            look: (),
            clock: Clock::default(),
            watcher: Watcher::default(),
        }
    }
}

impl<G, L> GovernorLayer<G, L> {
    /// With other terms: how many cells a call costs. There is nobody to settle with: a [`Ticket`](crate::rate_limit::Ticket)
    /// is not written.
    #[must_use]
    pub fn with_terms<T>(self, terms: T) -> GovernorLayer<Weighted<G, T>, L> {
        GovernorLayer {
            limiter: Weighted::new(self.limiter, terms),
            max_wait: self.max_wait,
            look: self.look,
            clock: self.clock,
            watcher: self.watcher,
        }
    }

    /// With somebody to ask, after a wait, whether the call would be refused further in.
    #[must_use]
    pub fn with_look<L2>(self, look: L2) -> GovernorLayer<G, L2> {
        GovernorLayer {
            limiter: self.limiter,
            max_wait: self.max_wait,
            look,
            clock: self.clock,
            watcher: self.watcher,
        }
    }

    /// With another bound on the wait. With zero, a call that cannot go at once is refused.
    #[must_use]
    pub fn with_max_wait(self, max_wait: Duration) -> Self {
        Self { max_wait, ..self }
    }

    /// With another clock for the wait. The limiter's own is chosen where that is made.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// With an observer, which is told what this layer does.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        let watcher = Watcher::new(observer);
        Self { watcher, ..self }
    }
}

impl<G, L> Shared<G, L> {
    /// The latest time that a call may wait for.
    pub(super) fn latest(&self, now: Timestamp) -> Timestamp {
        let latest = now + self.max_wait;
        // A call that could only begin at its deadline is over before it begins.
        let before = |deadline: Timestamp| {
            Timestamp::from_nanos(deadline.as_nanos().saturating_sub(1)).max(now)
        };
        let deadline = CallTime::current().deadline();
        deadline.map_or(latest, |deadline| latest.min(before(deadline)))
    }

    pub(super) fn rejected(&self, why: Why, not_before: Option<Timestamp>, key: Key) -> Rejected {
        self.told(Rejected::new(why, key).with_not_before(not_before))
    }

    pub(super) fn told(&self, rejected: Rejected) -> Rejected {
        self.watcher.observe(&Event::Rejected {
            rejected: &rejected,
        });
        rejected
    }
}

impl<S, G: Clone, L: Clone> Layer<S> for GovernorLayer<G, L> {
    type Service = Governor<S, G, L>;

    fn layer(&self, inner: S) -> Governor<S, G, L> {
        let layer = self.clone();
        let shared = Shared {
            limiter: layer.limiter,
            look: layer.look,
            clock: layer.clock,
            max_wait: layer.max_wait,
            watcher: layer.watcher,
        };
        Governor::new(inner, Arc::new(shared))
    }
}

impl<G: fmt::Debug, L> fmt::Debug for GovernorLayer<G, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GovernorLayer")
            .field("limiter", &self.limiter)
            .field("max_wait", &self.max_wait)
            .finish_non_exhaustive()
    }
}
