use std::fmt;
use std::sync::Arc;

use buttress_core::Observer;
use tower_layer::Layer;

use super::service::Attempts;
use crate::observe::describe::HttpRequests;
use crate::observe::watcher::Watcher;
use crate::time::Clock;

/// Tells of each attempt. See the [module](crate::observe::attempt).
#[derive(Clone)]
pub struct AttemptLayer<D = HttpRequests> {
    shared: Arc<Shared<D>>,
}

#[derive(Clone, Default)]
pub(super) struct Shared<D> {
    pub(super) requests: D,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
    pub(super) has_spans: bool,
}

impl AttemptLayer {
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

impl Default for AttemptLayer {
    /// Tells nobody.
    fn default() -> Self {
        Self {
            shared: Arc::default(),
        }
    }
}

impl<D: Clone> AttemptLayer<D> {
    /// With another word on what may be told of a request: [`Untold`](crate::observe::Untold) for requests of any type.
    pub fn with_requests<D2>(self, requests: D2) -> AttemptLayer<D2> {
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
        AttemptLayer {
            shared: Arc::new(shared),
        }
    }

    /// With a `tracing` span for each attempt: `attempt`, at the level of info, with the fields that OpenTelemetry has for one request.
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

impl<S, D> Layer<S> for AttemptLayer<D> {
    type Service = Attempts<S, D>;

    fn layer(&self, inner: S) -> Attempts<S, D> {
        Attempts::new(inner, Arc::clone(&self.shared))
    }
}

impl<D> fmt::Debug for AttemptLayer<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptLayer")
            .field("has_spans", &self.shared.has_spans)
            .finish_non_exhaustive()
    }
}
