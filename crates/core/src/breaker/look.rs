//! What can be seen of a circuit without taking anything or changing it.

use std::time::Duration;

use super::change::Snapshot;
use super::circuit::Stalled;
use super::counts::Counts;
use super::state::{State, Word};
use super::turns::{Shown, Turns, after};
use super::{Breaker, Refused, Timestamp};
use crate::sync::Ordering;

/// What an open circuit knows is old when nobody has wanted to probe it for so long: Finagle's longest wait.
const ABANDONED: Duration = Duration::from_secs(300);

/// A state as it is seen.
struct Seen {
    word: Word,
    state: State,
    since: Timestamp,
    not_before: Option<Timestamp>,
    times_open: u32,
    /// Whether time has brought a change that no call has made yet.
    is_ahead: bool,
}

impl Breaker {
    /// What the circuit does with a call at `now`.
    pub fn state(&self, now: Timestamp) -> State {
        self.see(&self.turns(), now).state
    }

    /// Why a call would be refused at `now`, as far as can be seen without taking anything.
    pub fn look(&self, now: Timestamp) -> Option<Refused> {
        match self.word().state() {
            State::Closed | State::MetricsOnly | State::Disabled => None,
            State::Open | State::HalfOpen | State::ForcedOpen => self.look_at(now),
        }
    }

    #[cold]
    fn look_at(&self, now: Timestamp) -> Option<Refused> {
        let seen = self.see(&self.turns(), now);
        let is_refused = match seen.state {
            State::Closed | State::MetricsOnly | State::Disabled => false,
            State::Open | State::ForcedOpen => true,
            State::HalfOpen => !seen.is_ahead && !self.probes.is_free(seen.word.generation()),
        };
        is_refused.then_some(Refused {
            not_before: seen.not_before,
        })
    }

    /// Everything at once, as it is at `now`.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let turns = self.turns();
        let seen = self.see(&turns, now);
        let is_new = seen.is_ahead && seen.state != State::Open;
        let (counts, minimum) = match turns.shown {
            _ if is_new => (Counts::default(), u64::MAX),
            Shown::Results(generation) => {
                let counts = self.results.counts(generation, now);
                (counts, self.circuit.minimum())
            }
            Shown::Probes(generation) => (self.probes.counts(generation), self.probes.minimum()),
        };
        let is_judged = counts.calls >= minimum;
        let refused = self.refused.load(Ordering::Relaxed);
        Snapshot {
            state: seen.state,
            since: seen.since,
            not_before: seen.not_before,
            times_open: seen.times_open,
            counts,
            failure_rate: is_judged.then(|| counts.failure_rate()),
            slow_rate: is_judged.then(|| counts.slow_rate()),
            refused: if is_new { 0 } else { refused },
        }
    }

    /// Whether this circuit may be forgotten at `now`: it is as it began, and nothing in its window failed or was slow;
    /// or it is open, and nobody has called for so long after it would have let probes pass that what it knows is old.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        let (word, until) = self.word_and_time();
        match word.state() {
            state if state == self.circuit.initial => {
                self.results.is_good(word.generation(), now) && self.run.count() == 0
            }
            State::Open | State::HalfOpen => now > until + ABANDONED,
            _ => false,
        }
    }

    /// The state with what time has brought, though no call has come yet to make the change.
    fn see(&self, turns: &Turns, now: Timestamp) -> Seen {
        let (word, until) = self.word_and_time();
        let mut seen = Seen {
            word,
            state: word.state(),
            since: turns.since,
            not_before: (word.state() == State::Open).then_some(until),
            times_open: turns.times_open,
            is_ahead: false,
        };
        if seen.state == State::HalfOpen && now >= until {
            match self.circuit.stalled {
                Stalled::Close => {
                    seen.advance(State::Closed, until);
                    seen.times_open = 0;
                }
                Stalled::Open => {
                    seen.advance(State::Open, until);
                    seen.times_open = seen.times_open.saturating_add(1);
                    let wait: Duration = self.circuit.opens_for(seen.times_open, None);
                    seen.not_before = Some(after(until, wait));
                }
            }
        }
        if let Some(end) = seen.not_before.filter(|end| now >= *end) {
            seen.advance(State::HalfOpen, end);
            seen.not_before = None;
        }
        seen
    }
}

impl Seen {
    fn advance(&mut self, state: State, since: Timestamp) {
        self.state = state;
        self.since = since;
        self.is_ahead = true;
    }
}
