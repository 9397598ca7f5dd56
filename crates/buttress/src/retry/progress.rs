//! What a call goes through, and what follows each attempt.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use buttress_core::history::{Cause, End};
use buttress_core::retry::{Call, Decision, restarts_backoff};
use buttress_core::{BoxError, Class, Event, History, Key, Outcome, Rejected, Timestamp};

use super::layer::Shared;
use super::replay::Replay;
use super::spending::Spending;
use crate::call_time::{self, CallTime};
use crate::carrier::Carrier;
use crate::judge;
use crate::observe::Wait;
use crate::options::CallOptions;

/// What a call has gone through so far, and what it may still do.
pub(super) struct Progress<R, Req> {
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

pub(super) enum Next<T> {
    Return(Result<T, BoxError>),
    /// For how long, and who chose it. Nothing where a layer further in will hold the attempt.
    Wait(Duration, Cause),
}

impl<R, Req> Progress<R, Req>
where
    R: Replay<Req>,
{
    #[inline]
    pub(super) fn begin(shared: Arc<Shared<R>>, copy: Option<Req>, now: Timestamp) -> Self {
        let spending = Spending::begin(shared, now);
        Self {
            spending,
            copy,
            trouble: None,
        }
    }

    /// Whether the first attempt did what was asked. Its answer is only looked at, as to hand it about is to move it.
    #[inline]
    pub(super) fn is_untroubled<T: Carrier, E>(&self, result: &Result<T, E>) -> bool {
        let is_ok = |response: &T| response.outcome(self.shared().clock).is_ok();
        self.trouble.is_none() && result.as_ref().is_ok_and(is_ok)
    }

    /// What follows an attempt. A response that is not returned is dropped here, before the wait, so that its connection
    /// is free.
    #[inline]
    pub(super) fn after<T: Carrier>(&mut self, result: Result<T, BoxError>) -> Next<T> {
        self.spending.retry_ended();
        match result {
            Ok(response) => self.after_response(response),
            Err(error) => self.after_error(error),
        }
    }

    #[inline]
    fn after_response<T: Carrier>(&mut self, mut response: T) -> Next<T> {
        let outcome = response.outcome(self.shared().clock);
        if outcome.is_ok() {
            if let Some(trouble) = self.trouble.take() {
                response.record(self.ended(trouble.history, &outcome, End::Succeeded, None));
            }
            return Next::Return(Ok(response));
        }
        match self.after_failure(&outcome, response.history()) {
            Ok((wait, cause)) => Next::Wait(wait, cause),
            Err(history) => {
                response.record(history);
                Next::Return(Ok(response))
            }
        }
    }

    fn after_error<T>(&mut self, error: BoxError) -> Next<T> {
        let mut failure = judge::failure(error);
        if failure.outcome().class() == Class::Rejected
            && failure.history().is_none()
            && self.trouble.is_none()
        {
            return Next::Return(Err(failure.into_source()));
        }
        let refused = Rejected::find(&*failure).and_then(|rejected| rejected.not_before);
        match self.after_failure(&failure.outcome().clone(), failure.history()) {
            Ok((wait, cause)) => Next::Wait(wait, cause),
            Err(history) => {
                let (end, told) = (history.end(), history.not_before());
                failure.record(history.ended(end, told.or(refused)));
                Next::Return(Err(failure))
            }
        }
    }

    /// The wait before the next attempt, or what became of the call.
    fn after_failure(
        &mut self,
        outcome: &Outcome,
        inside: Option<&History>,
    ) -> Result<(Duration, Cause), History> {
        let mut trouble = self
            .trouble
            .take()
            .unwrap_or_else(|| Box::new(Trouble::new(self.shared())));
        if let Some(inside) = inside {
            self.shared().watcher.observe(&Event::NestedRetry {
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
                let held = self.held(outcome, wait, cause);
                let (wait, cause) = held.map_or((wait, cause), |held| (held, Cause::Cooldown));
                self.spending.retry_granted();
                let attempt = trouble.history.attempts();
                self.shared().watcher.observe(&Event::RetryScheduled {
                    attempt,
                    outcome,
                    wait,
                    cause,
                });
                self.tell_budget();
                trouble.wait(outcome, wait, cause);
                self.trouble = Some(trouble);
                Ok((if held.is_some() { Duration::ZERO } else { wait }, cause))
            }
        }
    }

    /// The request is read from its copy, and only now, so that a call without trouble does not pay for it.
    fn decide(&self, outcome: &Outcome, trouble: &mut Trouble) -> Decision {
        let shared = self.shared();
        let replay = &shared.replay;
        let options = self.options();
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
            deadline: CallTime::current().earliest(options.deadline()),
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

    /// For how long the next attempt would be held further in, if that is at least as long as it has to wait.
    ///
    /// The margins that both draw differ: what the server asked for is what both have to keep.
    fn held(&self, outcome: &Outcome, wait: Duration, cause: Cause) -> Option<Duration> {
        let now = self.shared().clock.now();
        let until = self.shared().replay.held_until(self.copy.as_ref()?, now)?;
        let (from, least) = match (cause, outcome.hint(), outcome.received()) {
            (Cause::Hint, Some(hint), Timestamp::ORIGIN) => (now, hint.wait.min(wait)),
            (Cause::Hint, Some(hint), received) => (received, hint.wait.min(wait)),
            _ => (now, wait),
        };
        let is_long_enough = until >= from + least;
        is_long_enough.then(|| until.since(now))
    }

    pub(super) fn waits(&self, wait: Duration, cause: Cause) -> Wait {
        let shared = self.shared();
        Wait::begin(&shared.watcher, shared.clock, cause, Key::ALL, Some(wait))
    }

    fn ended(
        &self,
        history: History,
        outcome: &Outcome,
        end: End,
        not_before: Option<Timestamp>,
    ) -> History {
        let (attempts, waited, class) = (history.attempts(), history.waited(), outcome.class());
        self.shared().watcher.observe(&Event::RetryEnded {
            attempts,
            class,
            end,
            waited,
        });
        if end == End::Budget {
            self.tell_budget();
        }
        history.ended(end, not_before)
    }

    /// Where a retry has taken from it, or found nothing in it.
    fn tell_budget(&self) {
        let shared = self.shared();
        let balance = shared.budget.balance(shared.clock.now());
        shared.watcher.observe(&Event::BudgetLevel { balance });
    }

    /// The copy becomes the next request, and a copy of it is kept.
    pub(super) fn next_request(&mut self) -> Option<Req> {
        let mut request = self.copy.take()?;
        self.copy = self.shared().replay.copy(&request);
        let trouble = self.trouble.as_mut()?;
        trouble.history.began();
        let attempt = trouble.history.attempts();
        self.spending.retry_sent();
        self.shared().replay.number(&mut request, attempt);
        Some(request)
    }

    /// The inner service has broken for good while we waited: nothing was sent.
    pub(super) fn unready(&mut self, error: BoxError) -> BoxError {
        let mut failure = judge::failure(error);
        if let Some(trouble) = self.trouble.take() {
            let outcome = *failure.outcome();
            failure.record(self.ended(trouble.history, &outcome, End::NotRetryable, None));
        }
        failure
    }

    /// In the last poll that the deadline layer grants there is no more to wait for.
    pub(super) fn pending<T>(&mut self) -> Poll<Result<T, BoxError>> {
        if CallTime::current().is_up() {
            Poll::Ready(Err(self.out_of_time()))
        } else {
            Poll::Pending
        }
    }

    /// Whether an attempt would begin too late. Asked after a wait, never before the first attempt.
    pub(super) fn is_late(&self) -> bool {
        let (now, deadline) = self.time();
        now >= deadline
    }

    /// The time now, and the deadline: of the call, or the caller's own where no layer ends the call at it.
    pub(super) fn time(&self) -> (Timestamp, Timestamp) {
        let own = self.options().deadline();
        let deadline = CallTime::current().earliest(own);
        (
            self.shared().clock.now(),
            deadline.unwrap_or(Timestamp::MAX),
        )
    }

    pub(super) fn out_of_time(&mut self) -> BoxError {
        let mut failure = call_time::timed_out(self.shared().clock.now());
        let trouble = self.trouble.take();
        let history = trouble.map_or_else(History::default, |trouble| trouble.history);
        let outcome = *failure.outcome();
        failure.record(self.ended(history, &outcome, End::Deadline, None));
        Box::new(failure)
    }

    fn options(&self) -> CallOptions {
        let copy = self.copy.as_ref();
        copy.map_or_else(CallOptions::default, |copy| {
            self.shared().replay.options(copy)
        })
    }

    pub(super) fn shared(&self) -> &Shared<R> {
        self.spending.shared()
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
        // A hint is the server's measure, and no step of our own.
        if cause == Cause::Backoff {
            self.previous = wait;
        }
    }
}
