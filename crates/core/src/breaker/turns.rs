//! How a circuit changes: the one place that takes the lock to write.

use std::sync::PoisonError;
use std::time::Duration;

use super::change::{Cause, Change, Notice};
use super::circuit::Stalled;
use super::counts::Exceeded;
use super::state::{State, Word};
use super::{Breaker, Timestamp};
use crate::sync::Ordering;

/// What only changes, and those who look at everything, need to know.
#[derive(Debug)]
pub(super) struct Turns {
    pub(super) since: Timestamp,
    pub(super) times_open: u32,
    pub(super) shown: Shown,
    /// What a circuit that only counts has told.
    told: Exceeded,
}

/// Where the numbers are that are shown. An open circuit shows those that opened it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shown {
    Results(u64),
    Probes(u64),
}

impl Turns {
    pub(super) fn new(generation: u64) -> Self {
        Self {
            since: Timestamp::default(),
            times_open: 0,
            shown: Shown::Results(generation),
            told: Exceeded::default(),
        }
    }
}

/// A change that is to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    to: State,
    cause: Cause,
    at: Timestamp,
    hint: Option<Duration>,
    exactly: Option<Duration>,
}

impl Step {
    pub(super) const fn new(to: State, cause: Cause, at: Timestamp) -> Self {
        Self {
            to,
            cause,
            at,
            hint: None,
            exactly: None,
        }
    }

    /// Open for as long as that at least.
    pub(super) const fn with_hint(self, hint: Option<Duration>) -> Self {
        Self { hint, ..self }
    }

    /// Open for as long as that, whatever the policy.
    pub(super) const fn with_exactly(self, wait: Duration) -> Self {
        Self {
            exactly: Some(wait),
            ..self
        }
    }
}

impl Breaker {
    /// Makes the change that time alone has brought.
    pub(super) fn settle(&self, now: Timestamp, tell: &mut dyn FnMut(Notice)) -> (Word, Timestamp) {
        loop {
            let (word, until) = self.word_and_time();
            if word.state() != State::HalfOpen || now < until {
                return (word, until);
            }
            // HalfOpen -> Open, or Closed: as of when it was due, however late the look.
            let to = match self.circuit.stalled {
                Stalled::Open => State::Open,
                Stalled::Close => State::Closed,
            };
            self.turn(word, Step::new(to, Cause::Stalled, until), tell);
        }
    }

    /// Makes a change, if the state is still `from`: of several that want to, one does.
    #[cold]
    pub(super) fn turn(&self, from: Word, step: Step, tell: &mut dyn FnMut(Notice)) -> bool {
        let mut turns = self.turns();
        if self.word() != from {
            return false;
        }
        let until = self.enter(&mut turns, from.next(step.to), step);
        drop(turns);
        tell(Notice::Changed(Change {
            from: from.state(),
            to: step.to,
            cause: step.cause,
            at: step.at,
            not_before: (step.to == State::Open).then_some(until),
        }));
        true
    }

    /// Prepares everything for the next period, and then begins it.
    fn enter(&self, turns: &mut Turns, next: Word, step: Step) -> Timestamp {
        let generation = next.generation();
        let mut until = Timestamp::MAX;
        match step.to {
            State::Open => {
                turns.times_open = turns.times_open.saturating_add(1);
                let own = self.circuit.opens_for(turns.times_open, step.hint);
                until = after(step.at, step.exactly.unwrap_or(own));
            }
            State::HalfOpen => {
                self.probes.begin(generation);
                turns.shown = Shown::Probes(generation);
                until = step.at + self.circuit.half_open_limit;
            }
            State::Closed | State::ForcedOpen | State::Disabled | State::MetricsOnly => {
                self.results.begin(generation);
                self.run.begin(generation);
                turns.times_open = 0;
                turns.shown = Shown::Results(generation);
                turns.told = Exceeded::default();
            }
        }
        turns.since = step.at;
        // An open circuit goes on counting from what it was before.
        if step.to != State::Open {
            self.refused.store(0, Ordering::Relaxed);
        }
        self.until.store(until.as_nanos(), Ordering::Release);
        self.word.store(next.bits(), Ordering::Release);
        until
    }

    /// A circuit that only counts tells of each bound once.
    #[cold]
    pub(super) fn would_open(&self, word: Word, exceeded: Exceeded, tell: &mut dyn FnMut(Notice)) {
        let mut turns = self.turns();
        let news = exceeded.beside(turns.told);
        if self.word() != word || !news.any() {
            return;
        }
        turns.told = turns.told.or(exceeded);
        drop(turns);
        tell(Notice::WouldOpen(news));
    }

    pub(super) fn turns(&self) -> impl std::ops::DerefMut<Target = Turns> + '_ {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first moment after `wait`: a circuit is open for the whole of it, the last nanosecond included.
pub(super) fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at + wait + Duration::from_nanos(1)
}
