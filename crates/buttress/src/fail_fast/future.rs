use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use buttress_core::{BoxError, Rejected};
use pin_project_lite::pin_project;

pin_project! {
    /// The inner service's answer, or the refusal.
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Sent { #[pin] attempt: F },
        Refused { rejected: Rejected },
    }
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(super) const fn sent(attempt: F) -> Self {
        Self {
            state: State::Sent { attempt },
        }
    }

    pub(super) const fn refused(rejected: Rejected) -> Self {
        Self {
            state: State::Refused { rejected },
        }
    }
}

impl<F, T, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Sent { attempt } => attempt.poll(cx).map_err(Into::into),
            StateProj::Refused { rejected } => Poll::Ready(Err(Box::new(*rejected))),
        }
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("fail_fast::ResponseFuture")
            .finish_non_exhaustive()
    }
}
