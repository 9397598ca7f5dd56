use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use buttress_core::history::Cause;
use tower_service::Service;

use super::answers::Listen;
use super::future::ResponseFuture;
use super::permit::{Permit, Seat};
use super::shared::{Shared, rejected};
use super::terms::Terms;
use crate::key::Keyer;
use crate::look::Look;
use crate::observe::{self, Wait};
use crate::readiness;

/// A service that sends no faster than a quota allows. See the [module](crate::rate_limit).
pub struct RateLimit<S, K, T, L, A = ()> {
    inner: S,
    shared: Arc<Shared<K, T, L>>,
    answers: A,
}

impl<S, K, T, L, A> RateLimit<S, K, T, L, A> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<K, T, L>>, answers: A) -> Self {
        Self {
            inner,
            shared,
            answers,
        }
    }
}

impl<S, K, T, L, A, Req> Service<Req> for RateLimit<S, K, T, L, A>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    K: Keyer<Req>,
    T: Terms<Req>,
    L: Look<Req>,
    A: Listen<S::Response>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, Req, L, A>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let (shared, answers) = (&self.shared, self.answers.clone());
        let now = shared.common.clock.in_turn();
        let key = shared.keyer.key(&request);
        let limiter = shared.limits.get(key, now);
        let cost = shared.terms.cost(&request).into();
        let latest = shared.latest(now);
        match limiter.reserve(cost, now, latest) {
            Ok(slot) if slot.is_granted() => {
                let permit = Permit::new(limiter, slot, shared.common.clock);
                let permit = permit.sent(shared.terms.ticket(&request).as_ref());
                observe::slot_given();
                ResponseFuture::admitted(self.inner.call(request), permit, answers)
            }
            Ok(slot) => {
                let permit = Permit::new(limiter, slot, shared.common.clock);
                let seat = Seat::new(permit, key, latest, shared.terms.ticket(&request));
                let common = Arc::clone(&shared.common);
                let wait = Some(slot.at().since(now));
                let told = Wait::begin(&common.watcher, common.clock, Cause::RateLimit, key, wait);
                readiness::give_up(&mut self.inner);
                let later = self.inner.clone();
                ResponseFuture::waiting(later, request, seat, told, common, answers)
            }
            Err(refused) => {
                let rejected = shared.common.rejected(rejected(refused, key));
                readiness::give_up(&mut self.inner);
                ResponseFuture::rejected(rejected, answers)
            }
        }
    }
}

impl<S: Clone, K, T, L, A: Clone> Clone for RateLimit<S, K, T, L, A> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
            answers: self.answers.clone(),
        }
    }
}

impl<S: fmt::Debug, K, T, L, A> fmt::Debug for RateLimit<S, K, T, L, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
