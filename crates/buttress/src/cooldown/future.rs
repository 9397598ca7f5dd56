use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use buttress_core::{BoxError, Rejected, failure};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::admission::Admission;
use super::errand::Errand;
use crate::carrier::Carrier;
use crate::readiness;

pin_project! {
    /// The inner service's answer, after a wait if there has to be one.
    pub struct ResponseFuture<S, Req> where S: Service<Req> {
        #[pin]
        state: State<S, Req, S::Future>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, Req, F> {
        // The attempt is dropped first: its place is given back when it is gone.
        Sent { #[pin] attempt: F, errand: Option<Errand> },
        // Boxed: only a call that has to wait comes here.
        Waiting { waiting: Box<Waiting<S, Req>> },
        Refused { rejected: Rejected },
    }
}

struct Waiting<S, Req> {
    later: S,
    /// Whether `later` was asked to be ready, and may hold something.
    is_readying: bool,
    request: Option<Req>,
    admission: Box<Admission>,
}

impl<S: Service<Req>, Req> ResponseFuture<S, Req> {
    #[inline]
    pub(super) const fn sent(attempt: S::Future, errand: Errand) -> Self {
        let errand = Some(errand);
        Self {
            state: State::Sent { attempt, errand },
        }
    }

    pub(super) fn waiting(later: S, request: Req, admission: Box<Admission>) -> Self {
        let waiting = Box::new(Waiting {
            later,
            is_readying: false,
            request: Some(request),
            admission,
        });
        Self {
            state: State::Waiting { waiting },
        }
    }

    pub(super) const fn refused(rejected: Rejected) -> Self {
        Self {
            state: State::Refused { rejected },
        }
    }
}

impl<S, Req> Future for ResponseFuture<S, Req>
where
    S: Service<Req> + Clone,
    S::Response: Carrier,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Sent { attempt, errand } => {
                    let answer = attempt.poll(cx).map_err(Into::into);
                    if let Poll::Ready(result) = &answer
                        && let Some(errand) = errand.take()
                    {
                        report(errand, result);
                    }
                    return answer;
                }
                StateProj::Waiting { waiting } => {
                    let errand = match ready!(waiting.poll(cx)) {
                        Ok(errand) => Some(errand),
                        Err(error) => return Poll::Ready(Err(error)),
                    };
                    match waiting.request.take() {
                        Some(request) => State::Sent {
                            attempt: waiting.later.call(request),
                            errand,
                        },
                        None => unreachable!("a wait ends once"),
                    }
                }
                StateProj::Refused { rejected } => {
                    return Poll::Ready(Err(Box::new(*rejected)));
                }
            };
            this.state.set(next);
        }
    }
}

#[inline]
fn report<T: Carrier>(errand: Errand, result: &Result<T, BoxError>) {
    let outcome = match result {
        Ok(response) => {
            let outcome = response.outcome(errand.gates().clock);
            if let Some(stream) = response.stream().filter(|_| outcome.is_ok()) {
                errand.follow(stream);
            }
            outcome
        }
        Err(error) => failure::outcome(&**error),
    };
    errand.answered(&outcome);
}

impl<S, Req> Waiting<S, Req>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
{
    /// Ready when its turn has come, the service is ready, and no pause has begun between the two.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Errand, BoxError>> {
        loop {
            match self.admission.poll_turn(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(rejected)) => return Poll::Ready(Err(Box::new(rejected))),
                Poll::Pending => {
                    self.give_up_readiness();
                    return Poll::Pending;
                }
            }
            self.is_readying = true;
            if let Err(error) = ready!(self.later.poll_ready(cx)) {
                return Poll::Ready(Err(error.into()));
            }
            if let Some(errand) = self.admission.go() {
                return Poll::Ready(Ok(errand));
            }
        }
    }

    /// Nothing of the inner service is held while waiting.
    fn give_up_readiness(&mut self) {
        if std::mem::take(&mut self.is_readying) {
            readiness::give_up(&mut self.later);
        }
    }
}

impl<S, Req> fmt::Debug for ResponseFuture<S, Req>
where
    S: Service<Req>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("cooldown::ResponseFuture")
            .finish_non_exhaustive()
    }
}
