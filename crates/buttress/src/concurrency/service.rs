use std::fmt;
use std::task::{Context, Poll};

use buttress_core::{BoxError, Why};
use http::Response;
use http_body::Body;
use tower_service::Service;

use super::body::PermitBody;
use super::future::ResponseFuture;
use super::gate::Entry;
use super::layer::{Apart, ConcurrencyLayer};
use crate::look::Look;
use crate::readiness;

/// A service with so many attempts in flight and no more. See the [module](crate::concurrency).
#[derive(Clone)]
pub struct Concurrency<S, L = (), A = ()> {
    inner: S,
    layer: ConcurrencyLayer<L, A>,
}

impl<S, L, A> Concurrency<S, L, A> {
    pub(super) fn new(inner: S, layer: ConcurrencyLayer<L, A>) -> Self {
        Self { inner, layer }
    }
}

impl<S, L, A, Req, B> Service<Req> for Concurrency<S, L, A>
where
    S: Service<Req, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    L: Look<Req> + Clone,
    A: Apart<Req>,
    B: Body,
{
    type Response = Response<PermitBody<B>>;
    type Error = BoxError;
    type Future = ResponseFuture<S, L, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let clock = self.layer.clock;
        let now = clock.now();
        let gate = self.layer.gate(&request);
        match gate.enter(self.layer.longest, now) {
            Entry::Place(permit) => {
                ResponseFuture::calling(self.inner.call(request), permit, clock)
            }
            Entry::Queue(ticket) => {
                readiness::give_up(&mut self.inner);
                let until = now + self.layer.max_wait;
                let layer = self.layer.for_waiting();
                ResponseFuture::waiting(ticket, until, self.inner.clone(), request, layer)
            }
            Entry::Full => {
                readiness::give_up(&mut self.inner);
                ResponseFuture::full(self.layer.refused(Why::Concurrency), clock)
            }
        }
    }
}

impl<S: fmt::Debug, L, A> fmt::Debug for Concurrency<S, L, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Concurrency")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
