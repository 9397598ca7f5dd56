use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use buttress_core::{BoxError, Rejected, Timestamp, Why};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower_service::Service;

use super::answers::{Answered, Listen};
use super::permit::{Permit, Seat};
use super::shared::{Common, rejected};
use crate::look::Look;
use crate::observe::{self, Wait};
use crate::readiness;
use crate::time::sleep;

pin_project! {
    /// The inner service's answer, once the call has had its slot.
    pub struct ResponseFuture<S, Req, L, A> where S: Service<Req> {
        #[pin]
        state: State<S, Req, L>,
        answers: A,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, Req, L> where S: Service<Req> {
        Attempt { #[pin] attempt: S::Future, permit: Permit },
        // Boxed: a call that waits can afford it, and one that does not is smaller for it.
        Waiting { waiting: Box<Waiting<S, Req, L>> },
        Rejected { rejected: Rejected },
    }
}

struct Waiting<S, Req, L> {
    later: S,
    /// Whether `later` was asked to be ready, and may hold something.
    is_readying: bool,
    request: Option<Req>,
    seat: Seat,
    told: Wait,
    timer: Option<(Timestamp, Pin<Box<Sleep>>)>,
    common: Arc<Common<L>>,
}

impl<S: Service<Req>, Req, L, A> ResponseFuture<S, Req, L, A> {
    #[inline]
    pub(super) fn admitted(attempt: S::Future, permit: Permit, answers: A) -> Self {
        Self {
            state: State::Attempt { attempt, permit },
            answers,
        }
    }

    pub(super) fn waiting(
        later: S,
        request: Req,
        seat: Seat,
        told: Wait,
        common: Arc<Common<L>>,
        answers: A,
    ) -> Self {
        let waiting = Box::new(Waiting {
            later,
            is_readying: false,
            request: Some(request),
            seat,
            told,
            timer: None,
            common,
        });
        let state = State::Waiting { waiting };
        Self { state, answers }
    }

    pub(super) fn rejected(rejected: Rejected, answers: A) -> Self {
        let state = State::Rejected { rejected };
        Self { state, answers }
    }
}

impl<S, Req, L, A> Future for ResponseFuture<S, Req, L, A>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    L: Look<Req>,
    A: Listen<S::Response>,
{
    type Output = Result<S::Response, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Attempt { attempt, permit } => {
                    // Looked at where it is: to take it out and put it back is to move it twice.
                    let answer = attempt.poll(cx);
                    if let Poll::Ready(Ok(response)) = &answer {
                        let mut call = Answered::new(permit);
                        this.answers.hear(response, &mut call);
                    }
                    return answer.map_err(|error| permit.unless_sent(error.into()));
                }
                StateProj::Waiting { waiting } => {
                    let sent = ready!(waiting.poll(cx));
                    waiting.told.give_up();
                    let (attempt, permit) = sent?;
                    State::Attempt { attempt, permit }
                }
                StateProj::Rejected { rejected } => return Poll::Ready(Err((*rejected).into())),
            };
            this.state.set(next);
        }
    }
}

impl<S, Req, L> Waiting<S, Req, L>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    L: Look<Req>,
{
    /// Sleeps until the slot, however often it is moved; then makes the service ready, and only then takes the slot, so
    /// that what is sent is sent when it counts.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(S::Future, Permit), BoxError>> {
        loop {
            let now = self.common.clock.now();
            let at = self.seat.watch(now, cx);
            if at > self.seat.latest {
                return Poll::Ready(Err(self.too_late(at, now)));
            }
            if at > now {
                self.give_up_readiness();
                ready!(self.timer(at, now).poll(cx));
                continue;
            }
            self.is_readying = true;
            ready!(self.later.poll_ready(cx)).map_err(Into::into)?;
            if let Some(sent) = self.send()? {
                return Poll::Ready(Ok(sent));
            }
        }
    }

    /// Overtaken by news: nothing of the inner service is held while the call waits on.
    fn give_up_readiness(&mut self) {
        if std::mem::take(&mut self.is_readying) {
            readiness::give_up(&mut self.later);
        }
    }

    fn timer(&mut self, at: Timestamp, now: Timestamp) -> Pin<&mut Sleep> {
        let timer = self.timer.take().filter(|(until, _)| *until == at);
        let timer = timer.unwrap_or_else(|| (at, sleep(at.since(now))));
        self.timer.insert(timer).1.as_mut()
    }

    /// The attempt, if nobody further in would refuse it, and if the slot still holds.
    fn send(&mut self) -> Result<Option<(S::Future, Permit)>, BoxError> {
        let now = self.common.clock.now();
        let Some(request) = self.request.take() else {
            unreachable!("a call is sent once");
        };
        if let Some(rejected) = self.common.look.look(&request, now) {
            return Err(self.common.rejected(rejected).into());
        }
        match self.seat.confirm(now) {
            Ok(Some(permit)) => {
                self.told.over();
                observe::slot_given();
                Ok(Some((self.later.call(request), permit)))
            }
            Ok(None) => {
                self.request = Some(request);
                Ok(None)
            }
            Err(rejected) => Err(self.common.rejected(rejected).into()),
        }
    }

    /// The slot was moved to `at`, after the last that the call may wait for.
    fn too_late(&self, at: Timestamp, now: Timestamp) -> BoxError {
        let key = self.seat.key;
        // The quota that those wait for who come now. It is what this one waits for, or was while it slept.
        let refused = self.seat.look(now).map(|refused| rejected(refused, key));
        let refused = refused.unwrap_or_else(|| Rejected::new(Why::RateLimit, key));
        let rejected = refused.with_not_before(Some(at));
        self.common.rejected(rejected).into()
    }
}

impl<S: Service<Req>, Req, L, A> fmt::Debug for ResponseFuture<S, Req, L, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("rate_limit::ResponseFuture")
            .finish_non_exhaustive()
    }
}
