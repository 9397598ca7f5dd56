use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use buttress_core::{BoxError, Rejected};
use pin_project_lite::pin_project;

use super::admission::Admission;
use crate::carrier::Carrier;

pin_project! {
    /// The answer of the inner service, or a refusal.
    pub struct ResponseFuture<F, K> {
        #[pin]
        state: State<F, K>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, K> {
        Sent { #[pin] answer: F, admission: Admission<K> },
        Rejected { rejected: Rejected },
    }
}

impl<F, K> ResponseFuture<F, K> {
    #[inline]
    pub(super) fn sent(answer: F, admission: Admission<K>) -> Self {
        Self {
            state: State::Sent { answer, admission },
        }
    }

    pub(super) fn rejected(rejected: Rejected) -> Self {
        Self {
            state: State::Rejected { rejected },
        }
    }
}

impl<F, K, T, E> Future for ResponseFuture<F, K>
where
    F: Future<Output = Result<T, E>>,
    T: Carrier,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Sent { answer, admission } => {
                let answer = admission.polling(|| answer.poll(cx));
                let answer = answer.map_err(Into::into);
                if let Poll::Ready(result) = &answer {
                    admission.answered(result);
                }
                answer
            }
            StateProj::Rejected { rejected } => Poll::Ready(Err((*rejected).into())),
        }
    }
}

impl<F, K> fmt::Debug for ResponseFuture<F, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("breaker::ResponseFuture")
            .finish_non_exhaustive()
    }
}
