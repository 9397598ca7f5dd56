use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::future::{ResponseFuture, Told};
use super::layer::Shared;
use crate::carrier::Carrier;
use crate::observe::describe::Describe;

/// A service whose attempts are told of. See the [module](crate::observe::attempt).
pub struct Attempts<S, D> {
    inner: S,
    shared: Arc<Shared<D>>,
}

impl<S, D> Attempts<S, D> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<D>>) -> Self {
        Self { inner, shared }
    }
}

impl<S, D, Req> Service<Req> for Attempts<S, D>
where
    S: Service<Req>,
    S::Response: Carrier,
    S::Error: Into<BoxError>,
    D: Describe<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, D>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        if !self.shared.is_told() {
            return ResponseFuture::new(self.inner.call(request), None);
        }
        let told = Told::begin(
            Arc::clone(&self.shared),
            &self.shared.requests.about(&request),
        );
        let attempt = told.inside(|| self.inner.call(request));
        ResponseFuture::new(attempt, Some(told))
    }
}

impl<S: Clone, D> Clone for Attempts<S, D> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, D> fmt::Debug for Attempts<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
