use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use pin_project_lite::pin_project;

use super::unknown::UnknownUpstream;

pin_project! {
    /// The answer of a stack, or the refusal of a request that has none.
    ///
    /// # Panics
    ///
    /// If it is polled again after it was ready, as the futures of the standard library do.
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Sent { #[pin] answer: F },
        Refused { unknown: Option<UnknownUpstream> },
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn sent(answer: F) -> Self {
        let state = State::Sent { answer };
        Self { state }
    }

    pub(super) const fn refused(unknown: UnknownUpstream) -> Self {
        let unknown = Some(unknown);
        let state = State::Refused { unknown };
        Self { state }
    }
}

impl<F, T> Future for ResponseFuture<F>
where
    F: Future<Output = Result<T, BoxError>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().state.project() {
            StateProj::Sent { answer } => answer.poll(cx),
            StateProj::Refused { unknown } => match unknown.take() {
                Some(unknown) => Poll::Ready(Err(unknown.into())),
                None => panic!("polled after it was ready"),
            },
        }
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("upstreams::ResponseFuture")
            .finish_non_exhaustive()
    }
}
