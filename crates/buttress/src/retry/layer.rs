use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use buttress_core::Observer;
use buttress_core::budget::Budget;
use buttress_core::retry::Retries;
use tower_layer::Layer;

use super::replay::{Http, WithPause};
use super::service::Retry;
use crate::observe::Watcher;
use crate::time::Clock;

/// Tries again. See the [module](crate::retry).
///
/// The budget is shared by all services that one layer value makes, and by their clones.
#[derive(Clone)]
pub struct RetryLayer<R = Http> {
    shared: Arc<Shared<R>>,
}

#[derive(Clone)]
pub(super) struct Shared<R> {
    pub(super) retries: Retries,
    pub(super) replay: R,
    pub(super) budget: Arc<Budget>,
    pub(super) clock: Clock,
    seeds: Arc<AtomicU64>,
    pub(super) watcher: Watcher,
}

impl RetryLayer {
    /// Repeats [`http::Request`]s as `retries` says, within the default budget.
    pub fn new(retries: Retries) -> Self {
        let shared = Shared {
            retries,
            replay: Http::default(),
            budget: Arc::default(),
            clock: Clock::default(),
            seeds: Arc::new(AtomicU64::new(fastrand::u64(..))),
            watcher: Watcher::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl<R: Clone> RetryLayer<R> {
    /// With another way to read and copy requests: [`Cloned`](super::Cloned), or one of yours.
    #[must_use]
    pub fn with_replay<R2>(self, replay: R2) -> RetryLayer<R2> {
        let Shared {
            retries,
            budget,
            clock,
            seeds,
            watcher,
            ..
        } = Arc::unwrap_or_clone(self.shared);
        RetryLayer {
            shared: Arc::new(Shared {
                retries,
                replay,
                budget,
                clock,
                seeds,
                watcher,
            }),
        }
    }

    /// With somebody who knows until when an attempt would be held further in: a cooldown's handle. Where it would be
    /// held at least as long as the wait before it is, the retry does not sleep, and leaves the waiting to it: one
    /// sleeper per wait. Said after [`with_replay`](Self::with_replay).
    #[must_use]
    pub fn with_pause<H>(self, holds: H) -> RetryLayer<WithPause<R, H>> {
        let replay = self.shared.replay.clone();
        self.with_replay(WithPause::new(replay, holds))
    }

    /// With another budget. Given to several layers, it bounds their retries together.
    #[must_use]
    pub fn with_budget(mut self, budget: impl Into<Arc<Budget>>) -> Self {
        Arc::make_mut(&mut self.shared).budget = budget.into();
        self
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        Arc::make_mut(&mut self.shared).clock = clock;
        self
    }

    /// With random numbers that can be repeated, for tests.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        Arc::make_mut(&mut self.shared).seeds = Arc::new(AtomicU64::new(seed));
        self
    }

    /// With an observer, which is told what this layer does.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        Arc::make_mut(&mut self.shared).watcher = Watcher::new(observer);
        self
    }
}

impl<R> RetryLayer<R> {
    /// The bound on retries that all calls share: to look at, or for another layer.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.shared.budget
    }
}

/// Steps through all seeds, far apart: 2⁶⁴ divided by the golden ratio.
const SEED_STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl<R> Shared<R> {
    /// Random numbers for one call. Each call has its own, so that no two calls wait in step.
    pub(super) fn random(&self) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seeds.fetch_add(SEED_STEP, Ordering::Relaxed))
    }
}

impl<S, R> Layer<S> for RetryLayer<R> {
    type Service = Retry<S, R>;

    fn layer(&self, inner: S) -> Retry<S, R> {
        Retry::new(inner, Arc::clone(&self.shared))
    }
}

impl<R> fmt::Debug for RetryLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer")
            .field("retries", &self.shared.retries)
            .finish_non_exhaustive()
    }
}
