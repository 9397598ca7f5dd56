use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::{BoxError, Event};
use tower_service::Service;

use super::future::{ResponseFuture, Told};
use super::layer::Shared;
use crate::carrier::Carrier;
use crate::observe::describe::Describe;
use crate::observe::span::Span;

/// A service whose calls are told of. See the [module](crate::observe::call).
pub struct Calls<S, D> {
    inner: S,
    shared: Arc<Shared<D>>,
}

impl<S, D> Calls<S, D> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<D>>) -> Self {
        Self { inner, shared }
    }
}

impl<S, D, Req> Service<Req> for Calls<S, D>
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
        let about = self.shared.requests.about(&request);
        let has_spans = self.shared.has_spans;
        let span = if has_spans {
            Span::call(&about)
        } else {
            Span::none()
        };
        let watcher = &self.shared.watcher;
        span.inside(|| watcher.observe(&Event::CallBegan { about }));
        let mut told = Told::begin(Arc::clone(&self.shared), span);
        let call = told.inside(|| self.inner.call(request));
        ResponseFuture::new(call, Some(told))
    }
}

impl<S: Clone, D> Clone for Calls<S, D> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, D> fmt::Debug for Calls<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
