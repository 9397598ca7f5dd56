use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::{BoxError, Class, Event, Failure, Observer, Outcome};
use tower_layer::Layer;

use super::panicked::Panicked;
use super::service::Isolation;
use crate::observe::Watcher;
use crate::time::Clock;

/// Turns panics into outcomes. See the [module](crate::isolation).
#[derive(Clone, Default)]
pub struct IsolationLayer {
    clock: Clock,
    watcher: Watcher,
}

impl IsolationLayer {
    /// Catches what panics inside.
    pub fn new() -> Self {
        Self::default()
    }

    /// With another clock.
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

    pub(super) fn failure(&self, panicked: Panicked) -> BoxError {
        let outcome = Outcome::new(Class::Panicked).with_timing(Duration::ZERO, self.clock.now());
        self.watcher
            .observe(&Event::Classified { outcome: &outcome });
        Box::new(Failure::new(outcome, panicked))
    }
}

impl<S> Layer<S> for IsolationLayer {
    type Service = Isolation<S>;

    fn layer(&self, inner: S) -> Isolation<S> {
        Isolation::new(inner, self.clone())
    }
}

impl fmt::Debug for IsolationLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IsolationLayer").finish_non_exhaustive()
    }
}
