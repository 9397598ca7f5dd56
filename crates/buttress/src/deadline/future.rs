use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use buttress_core::{BoxError, Event, Key, Rejected, Timestamp, Why};
use pin_project_lite::pin_project;

use crate::call_time::{self, CallTime};
use crate::observe::Watcher;
use crate::time::{Clock, Timer};

pin_project! {
    /// The answer, if it comes in time.
    ///
    /// # Panics
    ///
    /// If it is polled again after it was ready, as the futures of the standard library do.
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
        watcher: Watcher,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Running { #[pin] call: F, #[pin] timer: Timer, clock: Clock, began: Timestamp, deadline: Timestamp },
        // The deadline had passed before the call.
        TooLate,
        Done,
    }
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(super) fn new(
        call: F,
        clock: Clock,
        watcher: Watcher,
        began: Timestamp,
        deadline: Timestamp,
    ) -> Self {
        Self {
            state: State::Running {
                call,
                timer: Timer::new(),
                clock,
                began,
                deadline,
            },
            watcher,
        }
    }

    pub(super) fn too_late(watcher: Watcher) -> Self {
        let state = State::TooLate;
        Self { state, watcher }
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
        let mut late = None;
        let result = match this.state.as_mut().project() {
            StateProj::Running {
                mut call,
                timer,
                clock,
                began,
                deadline,
            } => {
                let time = CallTime::until(*deadline);
                match time.enter(|| call.as_mut().poll(cx)) {
                    Poll::Ready(result) => result.map_err(Into::into),
                    Poll::Pending => {
                        let now = clock.now();
                        ready!(timer.poll_at(*deadline, now, cx));
                        late = Some(deadline.since(*began));
                        match time.up().enter(|| call.poll(cx)) {
                            Poll::Ready(result) => result.map_err(Into::into),
                            Poll::Pending => Err(call_time::timed_out(now).into()),
                        }
                    }
                }
            }
            StateProj::TooLate => {
                let rejected = rejected();
                this.watcher.observe(&Event::Rejected {
                    rejected: &rejected,
                });
                Err(rejected.into())
            }
            StateProj::Done => panic!("polled after it was ready"),
        };
        // What the call held is let go now, and not when the caller drops this.
        this.state.set(State::Done);
        if let (Err(_), Some(after)) = (&result, late) {
            this.watcher.observe(&Event::DeadlinePassed { after });
        }
        Poll::Ready(result)
    }
}

fn rejected() -> Rejected {
    Rejected::new(Why::Deadline, Key::ALL)
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("deadline::ResponseFuture")
            .finish_non_exhaustive()
    }
}
