//! What a call holds of its circuit.

use std::sync::Arc;
use std::time::Duration;

use buttress_core::breaker::{Answer, Permit, Verdict};
use buttress_core::{BoxError, Event, Key, Outcome, Rejected, Timestamp, Why};

use super::later::Later;
use super::shared::{Entry, Shared};
use crate::carrier::Carrier;
use crate::key::Keyer;

/// What a call holds: a permit, and where it is from. It is given back when this is dropped.
pub(super) struct Admission<K> {
    shared: Arc<Shared<K>>,
    /// None: the state that all share, which is kept alive by `shared`.
    own: Option<Arc<Entry>>,
    key: Key,
    began: Timestamp,
    permit: Option<Permit>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The future has not been polled: nothing is sent.
    Unsent,
    /// Somebody else's code runs: if this is dropped now, that has panicked.
    Inside,
    /// An answer is waited for.
    Sent,
}

impl<K> Admission<K> {
    /// Asks the circuit of `request` for a call, which is made next.
    #[inline]
    pub(super) fn ask<Req>(shared: &Arc<Shared<K>>, request: &Req) -> Result<Self, Rejected>
    where
        K: Keyer<Req>,
    {
        let mut admission = Self {
            shared: Arc::clone(shared),
            own: None,
            key: Key::ALL,
            began: Timestamp::default(),
            permit: None,
            stage: Stage::Inside,
        };
        if !shared.keyer.is_single() {
            let key = shared.keyer.key(request);
            let make = || shared.circuits.get(key, shared.clock.now());
            admission.key = key;
            admission.own = Some(shared.circuits.peek(key).unwrap_or_else(make));
        }
        admission.acquire()?;
        Ok(admission)
    }

    fn acquire(&mut self) -> Result<(), Rejected> {
        let (shared, entry) = (&*self.shared, self.entry());
        let clock = shared.clock;
        let tell = &mut |notice| shared.tell(entry, self.key, clock.now(), &notice);
        let permit = entry.breaker.acquire(|| clock.now(), tell);
        self.permit = Some(permit.map_err(|refused| self.rejected(refused.not_before))?);
        if self.shared.circuit().is_timed() {
            self.began = clock.in_turn();
        }
        Ok(())
    }

    fn rejected(&self, not_before: Option<Timestamp>) -> Rejected {
        let rejected = Rejected::new(Why::CircuitOpen, self.key).with_not_before(not_before);
        self.shared.watcher.observe(&Event::Rejected {
            rejected: &rejected,
        });
        rejected
    }

    /// The inner service was called and has come back. No scope around a closure: the request would be moved into it.
    pub(super) const fn called(&mut self) {
        self.stage = Stage::Unsent;
    }

    /// Polls the inner service, which may panic.
    #[inline]
    pub(super) fn polling<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        self.stage = Stage::Inside;
        let polled = poll();
        self.stage = Stage::Sent;
        polled
    }

    /// The call has ended.
    pub(super) fn answered<T: Carrier>(&mut self, result: &Result<T, BoxError>) {
        let outcome = match result {
            Ok(response) => response.outcome(self.shared.clock),
            Err(error) => buttress_core::failure::outcome(&**error),
        };
        self.record(&outcome);
        let stream = result.as_ref().ok().and_then(Carrier::stream);
        if let Some(stream) = stream.filter(|_| outcome.is_ok()) {
            let later = Later::new(&self.shared, self.own.as_ref(), self.key);
            stream.follow(move |outcome| later.failed(outcome));
        }
    }

    fn record(&mut self, outcome: &Outcome) {
        let verdict = self.shared.circuit().verdict(outcome);
        self.end(verdict, outcome.hint().map(|hint| hint.wait));
    }

    fn end(&mut self, verdict: Verdict, hint: Option<Duration>) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let (shared, entry) = (&*self.shared, self.entry());
        let clock = shared.clock;
        let ended = shared.circuit().is_timed().then(|| clock.now());
        let answer = Answer {
            verdict,
            elapsed: ended.map(|ended| ended.since(self.began)),
            hint,
        };
        let tell = &mut |notice| shared.tell(entry, self.key, clock.now(), &notice);
        let now = || ended.unwrap_or_else(|| clock.now());
        entry.breaker.record(permit, answer, now, tell);
    }

    fn entry(&self) -> &Entry {
        match &self.own {
            Some(own) => own,
            None => self.shared.circuits.shared(),
        }
    }
}

impl<K> Drop for Admission<K> {
    fn drop(&mut self) {
        if self.permit.is_some() {
            let verdict = match self.stage {
                Stage::Unsent => Verdict::Nothing,
                Stage::Inside => Verdict::Failure,
                Stage::Sent => self.shared.circuit().dropped(),
            };
            self.end(verdict, None);
        }
    }
}
