use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use http::Response;
use http_body::Body;
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::Shared;
use super::peeked_body::PeekedBody;
use crate::time::end_turn;

/// A service whose answers are judged. See the [module](crate::classify).
#[derive(Clone, Debug)]
pub struct Classify<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Classify<S> {
    pub(super) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }
}

impl<S, Req, B> Service<Req> for Classify<S>
where
    S: Service<Req, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: Body,
{
    type Response = Response<PeekedBody<B>>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let began = self.shared.clock.in_turn();
        end_turn();
        ResponseFuture::new(self.inner.call(request), Arc::clone(&self.shared), began)
    }
}
