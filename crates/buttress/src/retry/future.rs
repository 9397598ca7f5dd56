use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use buttress_core::history::{Cause, End};
use buttress_core::retry::{Call, Decision, restarts_backoff};
use buttress_core::{BoxError, Class, Event, Failure, History, Outcome, Timestamp};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower_service::Service;

use super::layer::Shared;
use super::options::CallOptions;
use super::replay::Replay;
use crate::carrier::Carrier;
use crate::time::sleep;

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
        Waiting { timer: Pin<Box<Sleep>> },
        Readying,
    }
}

/// What a call has gone through so far, and what it may still do.
struct Progress<R, Req> {
    spending: Spending<R>,
    /// What to send next, if there is to be another attempt.
    copy: Option<Req>,
    /// From the first failure on. Boxed: most calls have none.
    trouble: Option<Box<Trouble>>,
}

struct Trouble {
    history: History,
    /// The attempt from which the backoff counts.
    restarted: u32,
    previous: Duration,
    random: fastrand::Rng,
}

impl<S, R, Req> ResponseFuture<S, R, Req>
where
    S: Service<Req>,
    R: Replay<Req>,
{
    pub(super) fn new(ready: &mut S, later: S, mut request: Req, shared: Arc<Shared<R>>) -> Self {
        let copy = shared.replay.copy(&request);
        shared.replay.number(&mut request, 1);
        let progress = Progress {
            spending: Spending::begin(shared),
            copy,
            trouble: None,
        };
        Self {
            state: State::Attempt {
                attempt: ready.call(request),
            },
            later,
            progress,
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

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Attempt { attempt } => {
                    let result = ready!(attempt.poll(cx)).map_err(Into::into);
                    match this.progress.after(result) {
                        Next::Return(result) => return Poll::Ready(result),
                        Next::Wait(wait) => State::Waiting { timer: sleep(wait) },
                    }
                }
                StateProj::Waiting { timer } => {
                    ready!(timer.as_mut().poll(cx));
                    State::Readying
                }
                StateProj::Readying => match ready!(this.later.poll_ready(cx)) {
                    Ok(()) => match this.progress.next_request() {
                        Some(request) => State::Attempt {
                            attempt: this.later.call(request),
                        },
                        None => unreachable!("a wait begins only with a request to send after it"),
                    },
                    Err(error) => return Poll::Ready(Err(this.progress.unready(error.into()))),
                },
            };
            this.state.set(next);
        }
    }
}

enum Next<T> {
    Return(Result<T, BoxError>),
    Wait(Duration),
}

impl<R, Req> Progress<R, Req>
where
    R: Replay<Req>,
{
    /// What follows an attempt. A response that is not returned is dropped here, before the wait, so that its connection
    /// is free.
    fn after<T: Carrier>(&mut self, result: Result<T, BoxError>) -> Next<T> {
        self.spending.retry_ended();
        match result {
            Ok(response) => self.after_response(response),
            Err(error) => self.after_error(error),
        }
    }

    fn after_response<T: Carrier>(&mut self, mut response: T) -> Next<T> {
        let outcome = response.outcome(self.shared().clock);
        if outcome.is_ok() {
            if let Some(trouble) = self.trouble.take() {
                response.record(self.ended(trouble.history, &outcome, End::Succeeded, None));
            }
            return Next::Return(Ok(response));
        }
        match self.after_failure(&outcome, response.history()) {
            Ok(wait) => Next::Wait(wait),
            Err(history) => {
                response.record(history);
                Next::Return(Ok(response))
            }
        }
    }

    fn after_error<T>(&mut self, error: BoxError) -> Next<T> {
        let mut failure = Failure::of(error);
        if failure.outcome().class() == Class::Rejected && self.trouble.is_none() {
            return Next::Return(Err(failure.into_source()));
        }
        match self.after_failure(&failure.outcome().clone(), failure.history()) {
            Ok(wait) => Next::Wait(wait),
            Err(history) => {
                failure.record(history);
                Next::Return(Err(failure))
            }
        }
    }

    /// The wait before the next attempt, or what became of the call.
    fn after_failure(
        &mut self,
        outcome: &Outcome,
        inside: Option<&History>,
    ) -> Result<Duration, History> {
        let mut trouble = self
            .trouble
            .take()
            .unwrap_or_else(|| Box::new(Trouble::new(self.shared())));
        if let Some(inside) = inside {
            self.shared().observe(&Event::NestedRetry {
                attempts: inside.attempts(),
            });
            self.ended(trouble.history, outcome, End::GivenUpInside, None);
            return Err(inside.clone());
        }
        match self.decide(outcome, &mut trouble) {
            Decision::Stop { end, not_before } => {
                Err(self.ended(trouble.history, outcome, end, not_before))
            }
            Decision::Again { wait, cause } => {
                self.spending.retry_began();
                let attempt = trouble.history.attempts();
                self.shared().observe(&Event::RetryScheduled {
                    attempt,
                    outcome,
                    wait,
                    cause,
                });
                trouble.wait(outcome, wait, cause);
                self.trouble = Some(trouble);
                Ok(wait)
            }
        }
    }

    /// The request is read from its copy, and only now, so that a call without trouble does not pay for it.
    fn decide(&self, outcome: &Outcome, trouble: &mut Trouble) -> Decision {
        let shared = self.shared();
        let replay = &shared.replay;
        let options = self
            .copy
            .as_ref()
            .map_or_else(CallOptions::default, |copy| replay.options(copy));
        let is_repeatable = |copy| {
            options
                .repeatable()
                .unwrap_or_else(|| replay.is_repeatable(copy))
        };
        let call = Call {
            attempts: trouble.history.attempts(),
            restarted: trouble.restarted,
            previous: trouble.previous,
            is_repeatable: self.copy.as_ref().is_none_or(is_repeatable),
            is_replayable: self.copy.is_some(),
            deadline: options.deadline(),
            max_attempts: options.max_attempts(),
        };
        shared.retries.decide(
            outcome,
            &call,
            &shared.budget,
            shared.clock.now(),
            &mut trouble.random,
        )
    }

    fn ended(
        &self,
        history: History,
        outcome: &Outcome,
        end: End,
        not_before: Option<Timestamp>,
    ) -> History {
        let (attempts, waited, class) = (history.attempts(), history.waited(), outcome.class());
        self.shared().observe(&Event::CallEnded {
            attempts,
            class,
            end,
            waited,
        });
        history.ended(end, not_before)
    }

    /// The copy becomes the next request, and a copy of it is kept.
    fn next_request(&mut self) -> Option<Req> {
        let mut request = self.copy.take()?;
        self.copy = self.shared().replay.copy(&request);
        let attempt = self
            .trouble
            .as_ref()
            .map_or(1, |trouble| trouble.history.attempts());
        self.shared().replay.number(&mut request, attempt);
        Some(request)
    }

    /// The inner service has broken for good while we waited: nothing was sent.
    fn unready(&mut self, error: BoxError) -> BoxError {
        let mut failure = Failure::of(error);
        if let Some(trouble) = self.trouble.take() {
            let outcome = *failure.outcome();
            failure.record(self.ended(trouble.history, &outcome, End::NotRetryable, None));
        }
        failure
    }

    fn shared(&self) -> &Shared<R> {
        &self.spending.shared
    }
}

impl Trouble {
    fn new<R>(shared: &Shared<R>) -> Self {
        Self {
            history: History::default(),
            restarted: 0,
            previous: Duration::ZERO,
            random: shared.random(),
        }
    }

    fn wait(&mut self, outcome: &Outcome, wait: Duration, cause: Cause) {
        if outcome.hint().as_ref().is_some_and(restarts_backoff) {
            self.restarted = self.history.attempts();
        }
        self.history.repeat(outcome, wait, cause);
        self.previous = wait;
    }
}

/// What a call has taken from the budget. It is given back when this is dropped.
struct Spending<R> {
    shared: Arc<Shared<R>>,
    is_retrying: bool,
}

impl<R> Spending<R> {
    fn begin(shared: Arc<Shared<R>>) -> Self {
        shared.budget.call_began(shared.clock.now());
        Self {
            shared,
            is_retrying: false,
        }
    }

    fn retry_began(&mut self) {
        self.is_retrying = true;
    }

    fn retry_ended(&mut self) {
        if std::mem::take(&mut self.is_retrying) {
            self.shared.budget.retry_ended();
        }
    }
}

impl<R> Drop for Spending<R> {
    fn drop(&mut self) {
        self.retry_ended();
        self.shared.budget.call_ended();
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
