use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::IsolationLayer;
use super::panicked::{Panicked, caught};

/// A service that does not panic. See the [module](crate::isolation).
#[derive(Clone, Debug)]
pub struct Isolation<S> {
    inner: S,
    layer: IsolationLayer,
    /// The inner service panicked when it was asked whether it is ready: it is not called.
    unready: Option<Panicked>,
}

impl<S> Isolation<S> {
    pub(super) fn new(inner: S, layer: IsolationLayer) -> Self {
        Self {
            inner,
            layer,
            unready: None,
        }
    }
}

impl<S, Req> Service<Req> for Isolation<S>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.unready = None;
        match caught(|| self.inner.poll_ready(cx)) {
            Ok(ready) => ready.map_err(Into::into),
            Err(panicked) => {
                self.unready = Some(panicked);
                Poll::Ready(Ok(()))
            }
        }
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let attempt = match self.unready.take() {
            Some(panicked) => Err(panicked),
            None => caught(|| self.inner.call(request)),
        };
        ResponseFuture::new(attempt, self.layer.clone())
    }
}
