use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use buttress_core::BoxError;
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower_service::Service;

use super::layer::Shared;
use super::progress::{Next, Progress};
use super::replay::Replay;
use crate::carrier::Carrier;
use crate::observe::Wait;
use crate::time::{Timer, sleep};

pin_project! {
    /// The answer of the last attempt.
    pub struct ResponseFuture<S, R, Req> where S: Service<Req> {
        #[pin]
        state: State<S::Future>,
        later: S,
        progress: Progress<R, Req>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Attempt { #[pin] attempt: F },
        Waiting { timer: Pin<Box<Sleep>>, told: Wait },
        Readying { #[pin] timer: Timer },
    }
}

impl<S, R, Req> ResponseFuture<S, R, Req>
where
    S: Service<Req>,
    R: Replay<Req>,
{
    #[inline]
    pub(super) fn new(ready: &mut S, later: S, mut request: Req, shared: Arc<Shared<R>>) -> Self {
        shared.replay.prepare(&mut request);
        let copy = shared.replay.copy(&request);
        shared.replay.number(&mut request, 1);
        let turn = shared.clock.turn();
        let began = turn.now();
        Self {
            state: State::Attempt {
                attempt: ready.call(request),
            },
            later,
            progress: Progress::begin(shared, copy, began),
        }
    }
}

impl<S, R, Req> Future for ResponseFuture<S, R, Req>
where
    S: Service<Req>,
    S::Response: Carrier,
    S::Error: Into<BoxError>,
    R: Replay<Req>,
{
    type Output = Result<S::Response, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Attempt { attempt } => {
                    let Poll::Ready(result) = attempt.poll(cx) else {
                        return this.progress.pending();
                    };
                    if this.progress.is_untroubled(&result) {
                        return Poll::Ready(result.map_err(Into::into));
                    }
                    match this.progress.after(result.map_err(Into::into)) {
                        Next::Return(result) => return Poll::Ready(result),
                        Next::Wait(Duration::ZERO, _) => State::Readying {
                            timer: Timer::new(),
                        },
                        Next::Wait(wait, cause) => State::Waiting {
                            timer: sleep(wait),
                            told: this.progress.waits(wait, cause),
                        },
                    }
                }
                StateProj::Waiting { timer, told } => {
                    if timer.as_mut().poll(cx).is_pending() {
                        return this.progress.pending();
                    }
                    told.over();
                    State::Readying {
                        timer: Timer::new(),
                    }
                }
                StateProj::Readying { timer } => match this.later.poll_ready(cx) {
                    Poll::Pending => {
                        let (now, deadline) = this.progress.time();
                        if timer.poll_at(deadline, now, cx).is_pending() {
                            return this.progress.pending();
                        }
                        return Poll::Ready(Err(this.progress.out_of_time()));
                    }
                    Poll::Ready(_) if this.progress.is_late() => {
                        return Poll::Ready(Err(this.progress.out_of_time()));
                    }
                    Poll::Ready(Ok(())) => match this.progress.next_request() {
                        Some(request) => State::Attempt {
                            attempt: this.later.call(request),
                        },
                        None => unreachable!("a wait begins only with a request to send after it"),
                    },
                    Poll::Ready(Err(error)) => {
                        return Poll::Ready(Err(this.progress.unready(error.into())));
                    }
                },
            };
            this.state.set(next);
        }
    }
}

impl<S, R, Req> fmt::Debug for ResponseFuture<S, R, Req>
where
    S: Service<Req>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("retry::ResponseFuture")
            .finish_non_exhaustive()
    }
}
