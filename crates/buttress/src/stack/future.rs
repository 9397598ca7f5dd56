use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::StackBody;
use super::client::HttpClient;
use super::tower::Tower;

pin_project! {
    /// The answer to a call.
    pub struct ResponseFuture<S: HttpClient<B>, B: 'static> {
        #[pin]
        answer: <Tower<S> as Service<Request<B>>>::Future,
    }
}

impl<S: HttpClient<B>, B> ResponseFuture<S, B> {
    pub(super) fn new(answer: <Tower<S> as Service<Request<B>>>::Future) -> Self {
        Self { answer }
    }
}

impl<S: HttpClient<B>, B> Future for ResponseFuture<S, B> {
    type Output = Result<Response<StackBody<S::Body>>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().answer.poll(cx)
    }
}

impl<S: HttpClient<B>, B> fmt::Debug for ResponseFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("stack::ResponseFuture")
            .finish_non_exhaustive()
    }
}
