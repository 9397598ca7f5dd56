use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use buttress_core::{BoxError, Class, Event, Failure, Outcome, Timestamp};
use pin_project_lite::pin_project;

use super::layer::AttemptTimeoutLayer;
use crate::time::Timer;

pin_project! {
    /// The answer, if it comes in time.
    ///
    /// # Panics
    ///
    /// If it is polled again after it was ready, as the futures of the standard library do.
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
        layer: AttemptTimeoutLayer,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Running { #[pin] attempt: F, #[pin] timer: Timer, until: Option<Timestamp> },
        Done,
    }
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(super) const fn new(attempt: F, layer: AttemptTimeoutLayer) -> Self {
        Self {
            state: State::Running {
                attempt,
                timer: Timer::new(),
                until: None,
            },
            layer,
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
        let mut this = self.project();
        let result = match this.state.as_mut().project() {
            StateProj::Running {
                attempt,
                timer,
                until,
            } => match attempt.poll(cx) {
                Poll::Ready(result) => result.map_err(Into::into),
                Poll::Pending => {
                    let now = this.layer.clock.now();
                    let until = *until.get_or_insert(now + this.layer.limit);
                    ready!(timer.poll_at(until, now, cx));
                    Err(this.layer.timed_out(now))
                }
            },
            StateProj::Done => panic!("polled after it was ready"),
        };
        // What the attempt held is let go now, and not when the caller drops this.
        this.state.set(State::Done);
        Poll::Ready(result)
    }
}

impl AttemptTimeoutLayer {
    fn timed_out(&self, now: Timestamp) -> BoxError {
        let outcome = Outcome::new(Class::Timeout).with_rule("attempt timeout");
        let outcome = outcome.with_timing(self.limit, now);
        self.watcher
            .observe(&Event::Classified { outcome: &outcome });
        let words = format!("no answer within {:?}", self.limit);
        let error = io::Error::new(io::ErrorKind::TimedOut, words);
        Box::new(Failure::new(outcome, error))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("attempt_timeout::ResponseFuture")
            .finish_non_exhaustive()
    }
}
