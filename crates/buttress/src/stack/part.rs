//! A layer that may be left out.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use buttress_core::BoxError;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// A layer that may be left out: without it, a response is what the layer would have made of it.
pub(super) trait Optional<S, Req>:
    Layer<S, Service: Service<Req, Error = BoxError>>
where
    S: Service<Req>,
{
    /// The response of the layer's service, made from the inner one's.
    fn untouched(response: S::Response) -> <Self::Service as Service<Req>>::Response;
}

/// A service with a layer around it, or without.
///
/// The type names the layer and the inner service once each: the service that the layer makes is a projection. With the
/// two services as parameters, the name of ten of these would hold the client's name a thousand times.
pub(super) enum Part<L: Layer<S>, S> {
    On(L::Service),
    Off(S),
}

impl<L: Layer<S>, S> Part<L, S> {
    pub(super) fn new(layer: Option<&L>, inner: S) -> Self {
        match layer {
            Some(layer) => Self::On(layer.layer(inner)),
            None => Self::Off(inner),
        }
    }
}

impl<L, S, Req> Service<Req> for Part<L, S>
where
    L: Optional<S, Req>,
    S: Service<Req>,
    S::Error: Into<BoxError>,
{
    type Response = <L::Service as Service<Req>>::Response;
    type Error = BoxError;
    type Future = PartFuture<L, S, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::On(service) => service.poll_ready(cx),
            Self::Off(inner) => inner.poll_ready(cx).map_err(Into::into),
        }
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        match self {
            Self::On(service) => PartFuture::On {
                answer: service.call(request),
            },
            Self::Off(inner) => PartFuture::Off {
                answer: inner.call(request),
            },
        }
    }
}

impl<L, S> Clone for Part<L, S>
where
    L: Layer<S>,
    L::Service: Clone,
    S: Clone,
{
    fn clone(&self) -> Self {
        match self {
            Self::On(service) => Self::On(service.clone()),
            Self::Off(inner) => Self::Off(inner.clone()),
        }
    }
}

/// What is left out is not seen.
impl<L, S> fmt::Debug for Part<L, S>
where
    L: Layer<S>,
    L::Service: fmt::Debug,
    S: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(service) => service.fmt(f),
            Self::Off(inner) => inner.fmt(f),
        }
    }
}

pin_project! {
    #[project = PartProj]
    pub(super) enum PartFuture<L, S, Req>
    where
        L: Optional<S, Req>,
        S: Service<Req>,
    {
        On { #[pin] answer: <L::Service as Service<Req>>::Future },
        Off { #[pin] answer: S::Future },
    }
}

impl<L, S, Req> Future for PartFuture<L, S, Req>
where
    L: Optional<S, Req>,
    S: Service<Req>,
    S::Error: Into<BoxError>,
{
    type Output = Result<<L::Service as Service<Req>>::Response, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            PartProj::On { answer } => answer.poll(cx),
            PartProj::Off { answer } => {
                let answer = ready!(answer.poll(cx)).map_err(Into::into);
                Poll::Ready(answer.map(L::untouched))
            }
        }
    }
}
