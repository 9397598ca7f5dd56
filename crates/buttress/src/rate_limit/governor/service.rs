use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::history::Cause;
use buttress_core::{BoxError, Why};
use tower_service::Service;

use super::future::{ResponseFuture, Turn};
use super::layer::Shared;
use super::limiter::{Denied, Govern};
use crate::look::Look;
use crate::observe::{self, Wait};
use crate::readiness;

/// A service that sends no faster than a limiter of governor's allows. See the [module](crate::rate_limit::governor).
pub struct Governor<S, G, L = ()> {
    inner: S,
    shared: Arc<Shared<G, L>>,
}

impl<S, G, L> Governor<S, G, L> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<G, L>>) -> Self {
        Self { inner, shared }
    }
}

impl<S, G, L, Req> Service<Req> for Governor<S, G, L>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    G: Govern<Req>,
    L: Look<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, Req, G, L>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let limiter = &self.shared.limiter;
        let cells = NonZeroU32::new(limiter.cost(&request));
        let taken = cells.map_or(Ok(()), |cells| limiter.take(&request, cells));
        match taken {
            Ok(()) => {
                observe::slot_given();
                ResponseFuture::admitted(self.inner.call(request))
            }
            Err(denied) => self.wait(request, denied),
        }
    }
}

impl<S: Clone, G, L> Governor<S, G, L> {
    /// The readied service is given up: this call is not sent now.
    fn wait<Req>(&mut self, request: Req, denied: Denied) -> ResponseFuture<S, Req, G, L>
    where
        S: Service<Req>,
        G: Govern<Req>,
    {
        readiness::give_up(&mut self.inner);
        let shared = &self.shared;
        let (key, now) = (shared.limiter.key(&request), shared.clock.now());
        let Denied::Until(wait) = denied else {
            return ResponseFuture::rejected(shared.rejected(Why::TooLarge, None, key));
        };
        let (until, latest) = (now + wait, shared.latest(now));
        if until > latest {
            let rejected = shared.rejected(Why::RateLimit, Some(until), key);
            return ResponseFuture::rejected(rejected);
        }
        let (watcher, clock) = (&shared.watcher, shared.clock);
        let told = Wait::begin(watcher, clock, Cause::RateLimit, key, Some(wait));
        let turn = Turn::new(until, latest, told);
        ResponseFuture::waiting(self.inner.clone(), request, turn, Arc::clone(shared))
    }
}

impl<S: Clone, G, L> Clone for Governor<S, G, L> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, G, L> fmt::Debug for Governor<S, G, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Governor")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
