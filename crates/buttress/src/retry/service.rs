use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::Shared;
use super::replay::Replay;
use crate::carrier::Carrier;

/// A service that tries again. See the [module](crate::retry).
pub struct Retry<S, R> {
    inner: S,
    shared: Arc<Shared<R>>,
}

impl<S, R> Retry<S, R> {
    pub(super) fn new(inner: S, shared: Arc<Shared<R>>) -> Self {
        Self { inner, shared }
    }
}

impl<S, R, Req> Service<Req> for Retry<S, R>
where
    S: Service<Req> + Clone,
    S::Response: Carrier,
    S::Error: Into<BoxError>,
    R: Replay<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, R, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    /// The service that is ready is called; a clone of it is kept for later attempts, and made ready when it is needed.
    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let later = self.inner.clone();
        ResponseFuture::new(&mut self.inner, later, request, Arc::clone(&self.shared))
    }
}

impl<S: Clone, R> Clone for Retry<S, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for Retry<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
