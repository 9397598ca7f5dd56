use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::Observer;
use tower_layer::Layer;

use super::service::AttemptTimeout;
use crate::observe::Watcher;
use crate::time::Clock;

/// Ends attempts that take too long. See the [module](crate::attempt_timeout).
#[derive(Clone)]
pub struct AttemptTimeoutLayer {
    pub(super) limit: Duration,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
}

impl AttemptTimeoutLayer {
    /// Gives each attempt `limit` until the head of its response.
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            clock: Clock::default(),
            watcher: Watcher::default(),
        }
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
}

impl<S> Layer<S> for AttemptTimeoutLayer {
    type Service = AttemptTimeout<S>;

    fn layer(&self, inner: S) -> AttemptTimeout<S> {
        AttemptTimeout::new(inner, self.clone())
    }
}

impl fmt::Debug for AttemptTimeoutLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptTimeoutLayer")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
