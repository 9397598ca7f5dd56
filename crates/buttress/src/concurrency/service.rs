use std::fmt;
use std::task::{Context, Poll};

use buttress_core::{BoxError, Why};
use http::Response;
use http_body::Body;
use tower_service::Service;

use super::body::PermitBody;
use super::future::ResponseFuture;
use super::gate::Entry;
use super::layer::ConcurrencyLayer;
use crate::look::Look;
use crate::readiness;

/// A service with so many attempts in flight and no more. See the [module](crate::concurrency).
#[derive(Clone)]
pub struct Concurrency<S, L = ()> {
    inner: S,
    layer: ConcurrencyLayer<L>,
}

impl<S, L> Concurrency<S, L> {
    pub(super) fn new(inner: S, layer: ConcurrencyLayer<L>) -> Self {
        Self { inner, layer }
    }
}

impl<S, L, Req, B> Service<Req> for Concurrency<S, L>
where
    S: Service<Req, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    L: Look<Req> + Clone,
    B: Body,
{
    type Response = Response<PermitBody<B>>;
    type Error = BoxError;
    type Future = ResponseFuture<S, L, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let clock = self.layer.clock;
        match self.layer.gate.enter(self.layer.longest, clock.now()) {
            Entry::Place(permit) => {
                ResponseFuture::calling(self.inner.call(request), permit, clock)
            }
            Entry::Queue(ticket) => {
                readiness::give_up(&mut self.inner);
                ResponseFuture::waiting(ticket, self.inner.clone(), request, self.layer.clone())
            }
            Entry::Full => {
                readiness::give_up(&mut self.inner);
                ResponseFuture::full(self.layer.refused(Why::Concurrency), clock)
            }
        }
    }
}

impl<S: fmt::Debug, L> fmt::Debug for Concurrency<S, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Concurrency")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
