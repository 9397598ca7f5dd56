use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::Shared;
use crate::look::Look;
use crate::readiness;

/// A service that is not called where it would refuse. See the [module](crate::fail_fast).
pub struct FailFast<S, L> {
    inner: S,
    shared: Arc<Shared<L>>,
}

impl<S, L> FailFast<S, L> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<L>>) -> Self {
        Self { inner, shared }
    }
}

impl<S, L, Req> Service<Req> for FailFast<S, L>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    L: Look<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let now = self.shared.clock.in_turn();
        match self.shared.look.look(&request, now) {
            None => ResponseFuture::sent(self.inner.call(request)),
            Some(rejected) => {
                self.shared.refused(&rejected);
                readiness::give_up(&mut self.inner);
                ResponseFuture::refused(rejected)
            }
        }
    }
}

impl<S: Clone, L> Clone for FailFast<S, L> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, L> fmt::Debug for FailFast<S, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailFast")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
