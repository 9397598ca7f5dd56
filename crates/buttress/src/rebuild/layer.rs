use std::fmt;
use std::future::Future;
use std::sync::Arc;

use buttress_core::rebuild::Rebuilds;
use buttress_core::{BoxError, Observer};
use futures_util::{FutureExt, TryFutureExt};
use tower_layer::Layer;

use super::service::Rebuild;
use super::shop::{Factory, Shop};
use crate::observe::Watcher;
use crate::time::Clock;

/// Replaces what is broken for good. See the [module](crate::rebuild).
///
/// The services that one layer value makes, and their clones, have one replacement in common.
pub struct RebuildLayer<S> {
    shop: Arc<Shop<S>>,
}

impl<S> RebuildLayer<S> {
    /// Replaces what is broken with what `factory` makes.
    pub fn new<F, M, E>(factory: F) -> Self
    where
        F: Fn() -> M + Send + Sync + 'static,
        M: Future<Output = Result<S, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
        S: 'static,
    {
        let factory: Factory<S> = Arc::new(move || factory().err_into().boxed());
        let (clock, watcher) = (Clock::default(), Watcher::default());
        Self {
            shop: Arc::new(Shop::new(factory, Rebuilds::default(), clock, watcher)),
        }
    }

    /// With another policy.
    #[must_use]
    pub fn with_rebuilds(self, rebuilds: Rebuilds) -> Self {
        let (clock, watcher) = (self.shop.clock, self.shop.watcher.clone());
        self.with(rebuilds, clock, watcher)
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        let (policy, watcher) = (self.shop.policy, self.shop.watcher.clone());
        self.with(policy, clock, watcher)
    }

    /// With an observer, which is told what this layer does.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        let (policy, clock) = (self.shop.policy, self.shop.clock);
        self.with(policy, clock, Watcher::new(observer))
    }

    fn with(self, policy: Rebuilds, clock: Clock, watcher: Watcher) -> Self {
        let factory = Arc::clone(&self.shop.factory);
        Self {
            shop: Arc::new(Shop::new(factory, policy, clock, watcher)),
        }
    }
}

impl<S> Layer<S> for RebuildLayer<S> {
    type Service = Rebuild<S>;

    fn layer(&self, inner: S) -> Rebuild<S> {
        Rebuild::new(inner, Arc::clone(&self.shop))
    }
}

impl<S> Clone for RebuildLayer<S> {
    fn clone(&self) -> Self {
        Self {
            shop: Arc::clone(&self.shop),
        }
    }
}

impl<S> fmt::Debug for RebuildLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RebuildLayer")
            .field("rebuilds", &self.shop.policy)
            .finish_non_exhaustive()
    }
}
