use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::AttemptTimeoutLayer;

/// A service whose attempts take no longer than they may. See the [module](crate::attempt_timeout).
#[derive(Clone, Debug)]
pub struct AttemptTimeout<S> {
    inner: S,
    layer: AttemptTimeoutLayer,
}

impl<S> AttemptTimeout<S> {
    pub(super) fn new(inner: S, layer: AttemptTimeoutLayer) -> Self {
        Self { inner, layer }
    }
}

impl<S, Req> Service<Req> for AttemptTimeout<S>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        ResponseFuture::new(self.inner.call(request), self.layer.clone())
    }
}
