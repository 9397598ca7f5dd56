use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::history::Cause;
use buttress_core::{BoxError, Timestamp};
use tower_service::Service;

use super::future::{Permit, ResponseFuture, Seat};
use super::layer::{Shared, rejected};
use super::terms::Terms;
use crate::key::Keyer;
use crate::look::Look;
use crate::observe::{self, Wait};
use crate::readiness;

/// A service that sends no faster than a quota allows. See the [module](crate::rate_limit).
pub struct RateLimit<S, K, T, L> {
    inner: S,
    shared: Arc<Shared<K, T, L>>,
}

impl<S, K, T, L> RateLimit<S, K, T, L> {
    pub(super) fn new(inner: S, shared: Arc<Shared<K, T, L>>) -> Self {
        Self { inner, shared }
    }
}

impl<S, K, T, L, Req> Service<Req> for RateLimit<S, K, T, L>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    K: Keyer<Req>,
    T: Terms<Req>,
    L: Look<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, Req, L>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let clock = self.shared.common.clock;
        clock.turn(|now| self.call_at(request, now))
    }
}

impl<S, K, T, L> RateLimit<S, K, T, L> {
    /// The call that begins at `now`.
    fn call_at<Req>(&mut self, request: Req, now: Timestamp) -> ResponseFuture<S, Req, L>
    where
        S: Service<Req> + Clone,
        K: Keyer<Req>,
        T: Terms<Req>,
    {
        let shared = &self.shared;
        let key = shared.keyer.key(&request);
        let limiter = shared.limits.get(key, now);
        let cost = shared.terms.cost(&request).into();
        let latest = shared.latest(now);
        match limiter.reserve(cost, now, latest) {
            Ok(slot) if slot.is_granted() => {
                let permit = Permit::new(limiter, slot, shared.common.clock);
                if let Some(ticket) = shared.terms.ticket(&request) {
                    ticket.pay(permit.again());
                }
                observe::slot_given();
                ResponseFuture::admitted(self.inner.call(request), permit)
            }
            Ok(slot) => {
                let permit = Permit::new(limiter, slot, shared.common.clock);
                let seat = Seat::new(permit, key, latest, shared.terms.ticket(&request));
                let common = Arc::clone(&shared.common);
                let wait = Some(slot.at().since(now));
                let told = Wait::begin(&common.watcher, common.clock, Cause::RateLimit, key, wait);
                readiness::give_up(&mut self.inner);
                ResponseFuture::waiting(self.inner.clone(), request, seat, told, common)
            }
            Err(refused) => {
                let rejected = shared.common.rejected(rejected(refused, key));
                readiness::give_up(&mut self.inner);
                ResponseFuture::rejected(rejected)
            }
        }
    }
}

impl<S: Clone, K, T, L> Clone for RateLimit<S, K, T, L> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, K, T, L> fmt::Debug for RateLimit<S, K, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
