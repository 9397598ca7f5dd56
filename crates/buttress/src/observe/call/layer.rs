use std::fmt;
use std::sync::Arc;

use buttress_core::Observer;
use tower_layer::Layer;

use super::service::Calls;
use crate::observe::describe::HttpRequests;
use crate::observe::watcher::Watcher;
use crate::time::Clock;

/// Tells of each call. See the [module](crate::observe::call).
#[derive(Clone)]
pub struct CallLayer<D = HttpRequests> {
    shared: Arc<Shared<D>>,
}

#[derive(Clone, Default)]
pub(super) struct Shared<D> {
    pub(super) requests: D,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
    pub(super) has_spans: bool,
}

impl CallLayer {
    /// Tells `observer`.
    pub fn new(observer: Arc<dyn Observer>) -> Self {
        let shared = Shared {
            watcher: Watcher::new(observer),
            ..Shared::default()
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl Default for CallLayer {
    /// Tells nobody.
    fn default() -> Self {
        Self {
            shared: Arc::default(),
        }
    }
}

impl<D: Clone> CallLayer<D> {
    /// With another word on what may be told of a request: [`Untold`](crate::observe::Untold) for requests of any type.
    pub fn with_requests<D2>(self, requests: D2) -> CallLayer<D2> {
        let Shared {
            clock,
            watcher,
            has_spans,
            ..
        } = Arc::unwrap_or_clone(self.shared);
        let shared = Shared {
            requests,
            clock,
            watcher,
            has_spans,
        };
        CallLayer {
            shared: Arc::new(shared),
        }
    }

    /// With a `tracing` span for each call: `call`, at the level of errors, so that a line of any level shows its call.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn with_spans(mut self) -> Self {
        Arc::make_mut(&mut self.shared).has_spans = true;
        self
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        Arc::make_mut(&mut self.shared).clock = clock;
        self
    }
}

impl<D> Shared<D> {
    pub(super) fn is_told(&self) -> bool {
        self.has_spans || self.watcher.is_somebody()
    }
}

impl<S, D> Layer<S> for CallLayer<D> {
    type Service = Calls<S, D>;

    fn layer(&self, inner: S) -> Calls<S, D> {
        Calls::new(inner, Arc::clone(&self.shared))
    }
}

impl<D> fmt::Debug for CallLayer<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallLayer")
            .field("has_spans", &self.shared.has_spans)
            .finish_non_exhaustive()
    }
}
