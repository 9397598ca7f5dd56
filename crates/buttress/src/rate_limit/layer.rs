use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::quota::{Limiter, Quota, Refused, Schedule, TooLarge};
use buttress_core::{Charge, Event, Key, Observer, Rejected, Timestamp, Why};
use tower_layer::Layer;

use super::handle::RateLimits;
use super::service::RateLimit;
use super::terms::OnePerCall;
use crate::call_time::CallTime;
use crate::key::Everything;
use crate::keyed::{DEFAULT_CAPACITY, Keyed, State};
use crate::observe::Watcher;
use crate::time::Clock;

/// Two windows of a minute: longer, and a caller is better told to come back.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// Sends no faster than a quota allows. See the [module](crate::rate_limit).
///
/// The quotas are shared by all services that one layer value makes, and by their clones.
pub struct RateLimitLayer<K = Everything, T = OnePerCall, L = ()> {
    shared: Arc<Shared<K, T, L>>,
}

pub(super) struct Shared<K, T, L> {
    pub(super) keyer: K,
    pub(super) terms: T,
    pub(super) limits: Arc<Keyed<Limiter>>,
    pub(super) max_wait: Duration,
    quotas: Arc<[Quota]>,
    pub(super) common: Arc<Common<L>>,
}

/// What a call that waits goes on to need.
pub(super) struct Common<L> {
    pub(super) look: L,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
}

impl State for Limiter {
    fn is_idle(&self, now: Timestamp) -> bool {
        Limiter::is_idle(self, now)
    }
}

impl RateLimitLayer {
    /// All of `quotas` at once, shared by everything that passes.
    pub fn new(quotas: impl IntoIterator<Item = Quota>) -> Self {
        let quotas: Arc<[Quota]> = quotas.into_iter().collect();
        let common = Common {
            look: (),
            clock: Clock::default(),
            watcher: Watcher::default(),
        };
        Self {
            shared: Arc::new(Shared {
                keyer: Everything,
                terms: OnePerCall,
                limits: limits(&quotas, DEFAULT_CAPACITY),
                max_wait: MAX_WAIT,
                quotas,
                common: Arc::new(common),
            }),
        }
    }
}

fn limits(quotas: &Arc<[Quota]>, capacity: usize) -> Arc<Keyed<Limiter>> {
    let quotas = Arc::clone(quotas);
    let make = move || Limiter::new(Schedule::new(&quotas));
    Arc::new(Keyed::new(capacity, make))
}

impl<K: Clone, T: Clone, L: Clone> RateLimitLayer<K, T, L> {
    /// With quotas of its own for each key.
    pub fn with_keyer<K2>(self, keyer: K2) -> RateLimitLayer<K2, T, L> {
        let Shared {
            terms,
            limits,
            max_wait,
            quotas,
            common,
            ..
        } = Arc::unwrap_or_clone(self.shared);
        RateLimitLayer {
            shared: Arc::new(Shared {
                keyer,
                terms,
                limits,
                max_wait,
                quotas,
                common,
            }),
        }
    }

    /// With other terms: what a call costs.
    pub fn with_terms<T2>(self, terms: T2) -> RateLimitLayer<K, T2, L> {
        let Shared {
            keyer,
            limits,
            max_wait,
            quotas,
            common,
            ..
        } = Arc::unwrap_or_clone(self.shared);
        RateLimitLayer {
            shared: Arc::new(Shared {
                keyer,
                terms,
                limits,
                max_wait,
                quotas,
                common,
            }),
        }
    }

    /// With somebody to ask, after a wait, whether the call would be refused further in.
    pub fn with_look<L2>(self, look: L2) -> RateLimitLayer<K, T, L2> {
        let Shared {
            keyer,
            terms,
            limits,
            max_wait,
            quotas,
            common,
        } = Arc::unwrap_or_clone(self.shared);
        let Common { clock, watcher, .. } = Arc::unwrap_or_clone(common);
        let common = Common {
            look,
            clock,
            watcher,
        };
        RateLimitLayer {
            shared: Arc::new(Shared {
                keyer,
                terms,
                limits,
                max_wait,
                quotas,
                common: Arc::new(common),
            }),
        }
    }

    /// With another bound on the wait for a slot. With zero, a call that cannot go at once is refused.
    #[must_use]
    pub fn with_max_wait(mut self, max_wait: Duration) -> Self {
        Arc::make_mut(&mut self.shared).max_wait = max_wait;
        self
    }

    /// With another bound on the number of keys that have quotas of their own.
    #[must_use]
    pub fn with_capacity(mut self, keys: usize) -> Self {
        let shared = Arc::make_mut(&mut self.shared);
        shared.limits = limits(&shared.quotas, keys);
        self
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        let shared = Arc::make_mut(&mut self.shared);
        Arc::make_mut(&mut shared.common).clock = clock;
        self
    }

    /// With somebody who wants to know.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        let shared = Arc::make_mut(&mut self.shared);
        Arc::make_mut(&mut shared.common).watcher = Watcher::new(observer);
        self
    }
}

impl<K, T, L> RateLimitLayer<K, T, L> {
    /// To look at the quotas, and to change them.
    pub fn handle(&self) -> RateLimits<K, T, L> {
        RateLimits::new(Arc::clone(&self.shared))
    }
}

impl<K, T, L> Shared<K, T, L> {
    pub(super) fn quotas(&self) -> &[Quota] {
        &self.quotas
    }

    /// The latest slot that a call may wait for.
    pub(super) fn latest(&self, now: Timestamp) -> Timestamp {
        let latest = now + self.max_wait;
        // A call that could only begin at its deadline is over before it begins.
        let before = |deadline: Timestamp| {
            Timestamp::from_nanos(deadline.as_nanos().saturating_sub(1)).max(now)
        };
        let deadline = CallTime::current().deadline();
        deadline.map_or(latest, |deadline| latest.min(before(deadline)))
    }
}

impl<L> Common<L> {
    pub(super) fn rejected(&self, rejected: Rejected) -> Rejected {
        self.watcher.observe(&Event::Rejected {
            rejected: &rejected,
        });
        rejected
    }
}

/// A refusal of a quota, as the layers know refusals.
pub(super) fn rejected(refused: Refused, key: Key) -> Rejected {
    match refused {
        Refused::TooLarge(TooLarge { cost, quota }) => {
            Rejected::new(Why::TooLarge, key).with_charge(Charge { cost, quota })
        }
        Refused::Late { slot, cost, quota } => Rejected::new(Why::RateLimit, key)
            .with_not_before(Some(slot))
            .with_charge(Charge { cost, quota }),
    }
}

impl<S, K, T, L> Layer<S> for RateLimitLayer<K, T, L> {
    type Service = RateLimit<S, K, T, L>;

    fn layer(&self, inner: S) -> RateLimit<S, K, T, L> {
        RateLimit::new(inner, Arc::clone(&self.shared))
    }
}

impl<K, T, L> Clone for RateLimitLayer<K, T, L> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<K: Clone, T: Clone, L> Clone for Shared<K, T, L> {
    fn clone(&self) -> Self {
        Self {
            keyer: self.keyer.clone(),
            terms: self.terms.clone(),
            limits: Arc::clone(&self.limits),
            max_wait: self.max_wait,
            quotas: Arc::clone(&self.quotas),
            common: Arc::clone(&self.common),
        }
    }
}

impl<L: Clone> Clone for Common<L> {
    fn clone(&self) -> Self {
        Self {
            look: self.look.clone(),
            clock: self.clock,
            watcher: self.watcher.clone(),
        }
    }
}

impl<K, T, L> fmt::Debug for RateLimitLayer<K, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitLayer")
            .field("quotas", &self.shared.quotas)
            .field("max_wait", &self.shared.max_wait)
            .finish_non_exhaustive()
    }
}
