use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use buttress_core::Observer;
use tower_layer::Layer;

use super::Subject;
use super::service::Teller;
use crate::observe::describe::HttpRequests;
use crate::observe::watcher::Watcher;
use crate::time::Clock;

/// Tells of each call, or of each attempt. See [`CallLayer`](crate::observe::CallLayer) and
/// [`AttemptLayer`](crate::observe::AttemptLayer).
#[derive(Clone)]
pub struct TellLayer<K, D = HttpRequests> {
    shared: Arc<Shared<D>>,
    subject: PhantomData<K>,
}

#[derive(Clone, Default)]
pub(in crate::observe) struct Shared<D> {
    pub(in crate::observe) requests: D,
    pub(in crate::observe) clock: Clock,
    pub(in crate::observe) watcher: Watcher,
    pub(in crate::observe) has_spans: bool,
}

impl<K> TellLayer<K> {
    /// Tells `observer`.
    pub fn new(observer: Arc<dyn Observer>) -> Self {
        Self::with(Shared {
            watcher: Watcher::new(observer),
            ..Shared::default()
        })
    }
}

impl<K> Default for TellLayer<K> {
    /// Tells nobody.
    fn default() -> Self {
        Self::with(Shared::default())
    }
}

impl<K, D: Clone> TellLayer<K, D> {
    /// With another word on what may be told of a request: [`Undescribed`](crate::observe::Undescribed) for requests of any type.
    pub fn with_requests<D2>(self, requests: D2) -> TellLayer<K, D2> {
        let Shared {
            clock,
            watcher,
            has_spans,
            ..
        } = Arc::unwrap_or_clone(self.shared);
        TellLayer::with(Shared {
            requests,
            clock,
            watcher,
            has_spans,
        })
    }

    /// With a `tracing` span for each: `call`, at the level of errors, so that a line of any level shows its call; or
    /// `attempt`, at the level of info, with the fields that OpenTelemetry has for one request.
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

impl<K, D> TellLayer<K, D> {
    fn with(shared: Shared<D>) -> Self {
        Self {
            shared: Arc::new(shared),
            subject: PhantomData,
        }
    }
}

impl<S, K, D> Layer<S> for TellLayer<K, D> {
    type Service = Teller<S, K, D>;

    fn layer(&self, inner: S) -> Teller<S, K, D> {
        Teller::new(inner, Arc::clone(&self.shared))
    }
}

impl<K: Subject, D> fmt::Debug for TellLayer<K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(K::LAYER)
            .field("has_spans", &self.shared.has_spans)
            .finish_non_exhaustive()
    }
}
