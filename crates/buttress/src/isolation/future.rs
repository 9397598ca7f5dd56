use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use pin_project_lite::pin_project;

use super::layer::IsolationLayer;
use super::panicked::{Panicked, caught};

pin_project! {
    /// The answer, or what became of it.
    ///
    /// # Panics
    ///
    /// If it is polled again after it was ready, as the futures of the standard library do.
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
        layer: IsolationLayer,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Running { #[pin] attempt: F },
        Panicked { panicked: Option<Panicked> },
    }
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(super) fn new(attempt: Result<F, Panicked>, layer: IsolationLayer) -> Self {
        let state = match attempt {
            Ok(attempt) => State::Running { attempt },
            Err(panicked) => State::Panicked {
                panicked: Some(panicked),
            },
        };
        Self { state, layer }
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
        let mut this = self.project();
        let panicked = match this.state.as_mut().project() {
            StateProj::Running { attempt } => match caught(|| attempt.poll(cx)) {
                Ok(answer) => return answer.map_err(Into::into),
                Err(panicked) => {
                    let done = State::Panicked { panicked: None };
                    // What has panicked once may do so again when it is dropped. The first panic is the one to tell.
                    let _ = caught(|| this.state.set(done));
                    panicked
                }
            },
            StateProj::Panicked { panicked } => panicked.take().expect("polled after it was ready"),
        };
        Poll::Ready(Err(this.layer.failure(panicked)))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("isolation::ResponseFuture")
            .finish_non_exhaustive()
    }
}
