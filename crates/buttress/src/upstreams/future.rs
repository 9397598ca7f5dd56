use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::unknown::UnknownUpstream;
use crate::stack::{self, StackBody};

pin_project! {
    /// The answer of a stack, or the refusal of a request that has none.
    pub struct ResponseFuture<S, B, T>
    where
        S: Service<Request<B>, Response = Response<T>>,
        S: Clone,
        S::Error: Into<BoxError>,
        T: Body,
        B: 'static,
    {
        #[pin]
        state: State<stack::ResponseFuture<S, B, T>>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Sent { #[pin] answer: F },
        Refused { unknown: Option<UnknownUpstream> },
    }
}

impl<S, B, T> ResponseFuture<S, B, T>
where
    S: Service<Request<B>, Response = Response<T>> + Clone,
    S::Error: Into<BoxError>,
    T: Body,
{
    pub(super) fn sent(answer: stack::ResponseFuture<S, B, T>) -> Self {
        let state = State::Sent { answer };
        Self { state }
    }

    pub(super) fn refused(unknown: UnknownUpstream) -> Self {
        let unknown = Some(unknown);
        let state = State::Refused { unknown };
        Self { state }
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
        match self.project().state.project() {
            StateProj::Sent { answer } => answer.poll(cx),
            StateProj::Refused { unknown } => match unknown.take() {
                Some(unknown) => Poll::Ready(Err(unknown.into())),
                None => panic!("polled after it was ready"),
            },
        }
    }
}

impl<S, B, T> fmt::Debug for ResponseFuture<S, B, T>
where
    S: Service<Request<B>, Response = Response<T>> + Clone,
    S::Error: Into<BoxError>,
    T: Body,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("upstreams::ResponseFuture")
            .finish_non_exhaustive()
    }
}
