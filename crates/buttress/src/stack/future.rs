use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::StackBody;
use super::tower::Tower;

pin_project! {
    /// The answer to a call.
    pub struct ResponseFuture<S, B, T>
    where
        S: Service<Request<B>, Response = Response<T>>,
        S: Clone,
        S::Error: Into<BoxError>,
        T: Body,
        B: 'static,
    {
        #[pin]
        answer: <Tower<S> as Service<Request<B>>>::Future,
    }
}

impl<S, B, T> ResponseFuture<S, B, T>
where
    S: Service<Request<B>, Response = Response<T>> + Clone,
    S::Error: Into<BoxError>,
    T: Body,
{
    pub(super) fn new(answer: <Tower<S> as Service<Request<B>>>::Future) -> Self {
        Self { answer }
    }
}

impl<S, B, T> Future for ResponseFuture<S, B, T>
where
    S: Service<Request<B>, Response = Response<T>> + Clone,
    S::Error: Into<BoxError>,
    T: Body,
{
    type Output = Result<Response<StackBody<T>>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().answer.poll(cx)
    }
}

impl<S, B, T> fmt::Debug for ResponseFuture<S, B, T>
where
    S: Service<Request<B>, Response = Response<T>> + Clone,
    S::Error: Into<BoxError>,
    T: Body,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("stack::ResponseFuture")
            .finish_non_exhaustive()
    }
}
