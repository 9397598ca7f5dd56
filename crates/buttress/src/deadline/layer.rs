use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::Observer;
use tower_layer::Layer;

use super::service::Deadline;
use crate::observe::Watcher;
use crate::options::Extension;
use crate::time::Clock;

/// Ends calls that take too long. See the [module](crate::deadline).
#[derive(Clone)]
pub struct DeadlineLayer<O = Extension> {
    pub(super) limit: Duration,
    pub(super) options: O,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
}

impl DeadlineLayer {
    /// Gives each call `limit`, or what the caller says in the extensions of an [`http::Request`].
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            options: Extension,
            clock: Clock::default(),
            watcher: Watcher::default(),
        }
    }
}

impl<O> DeadlineLayer<O> {
    /// With another way to learn what the caller says: a function of the request, or
    /// [`NoOptions`](crate::options::NoOptions) for requests of any type.
    #[must_use]
    pub fn with_options<O2>(self, options: O2) -> DeadlineLayer<O2> {
        let Self {
            limit,
            clock,
            watcher,
            ..
        } = self;
        DeadlineLayer {
            limit,
            options,
            clock,
            watcher,
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

impl<S, O: Clone> Layer<S> for DeadlineLayer<O> {
    type Service = Deadline<S, O>;

    fn layer(&self, inner: S) -> Deadline<S, O> {
        Deadline::new(inner, self.clone())
    }
}

impl<O> fmt::Debug for DeadlineLayer<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadlineLayer")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
