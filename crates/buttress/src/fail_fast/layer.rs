use std::fmt;
use std::sync::Arc;

use buttress_core::{Event, Observer, Rejected};
use tower_layer::Layer;

use super::service::FailFast;
use crate::observe::Watcher;
use crate::time::Clock;

/// Refuses at once what the handles would refuse. See the [module](crate::fail_fast).
#[derive(Clone)]
pub struct FailFastLayer<L> {
    shared: Arc<Shared<L>>,
}

#[derive(Clone)]
pub(super) struct Shared<L> {
    pub(super) look: L,
    pub(super) clock: Clock,
    watcher: Watcher,
}

impl<L> FailFastLayer<L> {
    /// Asks `look`: a handle, or several in a tuple.
    pub fn new(look: L) -> Self {
        let shared = Shared {
            look,
            clock: Clock::default(),
            watcher: Watcher::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl<L: Clone> FailFastLayer<L> {
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

impl<L> Shared<L> {
    pub(super) fn refused(&self, rejected: &Rejected) {
        self.watcher.observe(&Event::Rejected { rejected });
    }
}

impl<S, L> Layer<S> for FailFastLayer<L> {
    type Service = FailFast<S, L>;

    fn layer(&self, inner: S) -> FailFast<S, L> {
        FailFast::new(inner, Arc::clone(&self.shared))
    }
}

impl<L> fmt::Debug for FailFastLayer<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailFastLayer").finish_non_exhaustive()
    }
}
