use std::fmt;
use std::hash::{Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::key::KeyKind;
use buttress_core::{Key, Timestamp};
use governor::clock;
use governor::middleware::RateLimitingMiddleware;
use governor::state::direct::{DirectStateStore, NotKeyed};
use governor::state::keyed::KeyedStateStore;
use governor::{InsufficientCapacity, NotUntil, RateLimiter};

use crate::rate_limit::Terms;
use crate::time::Clock;

/// A limiter of governor's, and what it is asked for a request.
pub trait Govern<Req> {
    /// Takes `cells`, or nothing.
    ///
    /// # Errors
    ///
    /// If there are not as many now, or never are.
    fn take(&self, request: &Req, cells: NonZeroU32) -> Result<(), Denied>;

    /// What a refusal holds for.
    fn key(&self, request: &Req) -> Key;

    /// How many cells the request costs.
    fn cost(&self, _request: &Req) -> u32 {
        1
    }
}

/// Why there are no cells. Nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There will be as many after so long, if nobody else takes them.
    Until(Duration),
    /// There never are as many.
    TooLarge,
}

/// A limiter for all that passes. See [`GovernorLayer::direct`](super::GovernorLayer::direct).
pub struct Direct<R> {
    limiter: Arc<R>,
}

impl<R> Direct<R> {
    pub(super) const fn new(limiter: Arc<R>) -> Self {
        Self { limiter }
    }
}

impl<Req, S, C, M> Govern<Req> for Direct<RateLimiter<NotKeyed, S, C, M>>
where
    S: DirectStateStore,
    C: clock::Clock,
    M: RateLimitingMiddleware<C::Instant, NegativeOutcome = NotUntil<C::Instant>>,
{
    fn take(&self, _request: &Req, cells: NonZeroU32) -> Result<(), Denied> {
        taken(self.limiter.check_n(cells), self.limiter.clock())
    }

    fn key(&self, _request: &Req) -> Key {
        Key::ALL
    }
}

/// A limiter for each key, of the user's own type. See [`GovernorLayer::keyed`](super::GovernorLayer::keyed).
pub struct Keyed<R, F> {
    limiter: Arc<R>,
    key: F,
    secret: RandomState,
}

impl<R, F> Keyed<R, F> {
    pub(super) fn new(limiter: Arc<R>, key: F) -> Self {
        Self {
            limiter,
            key,
            secret: RandomState::new(),
        }
    }
}

impl<Req, K, S, C, M, F> Govern<Req> for Keyed<RateLimiter<K, S, C, M>, F>
where
    K: Hash,
    S: KeyedStateStore<K>,
    C: clock::Clock,
    M: RateLimitingMiddleware<C::Instant, NegativeOutcome = NotUntil<C::Instant>>,
    F: Fn(&Req) -> K,
{
    fn take(&self, request: &Req, cells: NonZeroU32) -> Result<(), Denied> {
        let key = (self.key)(request);
        taken(self.limiter.check_key_n(&key, cells), self.limiter.clock())
    }

    fn key(&self, request: &Req) -> Key {
        Key::new(KeyKind::Custom, (self.key)(request), &self.secret)
    }
}

/// How long until the time that governor names, by the clock that named it.
fn taken<T, C: clock::Clock>(
    checked: Result<Result<T, NotUntil<C::Instant>>, InsufficientCapacity>,
    clock: &C,
) -> Result<(), Denied> {
    match checked {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(not_until)) => Err(Denied::Until(not_until.wait_time_from(clock.now()))),
        Err(InsufficientCapacity(_)) => Err(Denied::TooLarge),
    }
}

/// A limiter whose cells are counted by [`Terms`].
#[derive(Clone, Debug)]
pub struct Weighted<G, T> {
    limiter: G,
    terms: T,
}

impl<G, T> Weighted<G, T> {
    pub(super) const fn new(limiter: G, terms: T) -> Self {
        Self { limiter, terms }
    }
}

impl<Req, G: Govern<Req>, T: Terms<Req>> Govern<Req> for Weighted<G, T> {
    fn take(&self, request: &Req, cells: NonZeroU32) -> Result<(), Denied> {
        self.limiter.take(request, cells)
    }

    fn key(&self, request: &Req) -> Key {
        self.limiter.key(request)
    }

    fn cost(&self, request: &Req) -> u32 {
        self.terms.cost(request)
    }
}

/// The monotonic one, as the time since its origin.
impl clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Self::now(*self).since(Timestamp::ORIGIN)
    }
}

impl<R> Clone for Direct<R> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.limiter))
    }
}

impl<R, F: Clone> Clone for Keyed<R, F> {
    fn clone(&self) -> Self {
        Self {
            limiter: Arc::clone(&self.limiter),
            key: self.key.clone(),
            secret: self.secret.clone(),
        }
    }
}

impl<R> fmt::Debug for Direct<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct").finish_non_exhaustive()
    }
}

/// Without its keys.
impl<R, F> fmt::Debug for Keyed<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").finish_non_exhaustive()
    }
}
