//! A circuit that opens when the server behind it is not well, and probes gently before it closes again.
//!
//! A server that is down is not helped by more calls, and neither are the callers, who wait for an error that was
//! certain. A breaker counts what became of the last calls. When too many failed, or took too long, it refuses all calls
//! for a while, and says until when. Then a few probes pass, and their results decide.
//!
//! ```text
//!             too many failed            the time is over, and a call comes
//!   Closed ------------------> Open ------------------------------------> HalfOpen
//!     ^                         ^                                         |     |
//!     |                         |      too many probes failed, or took    |     |
//!     |                         +------ too long: open for longer --------+     |
//!     +------------------------- they did well ---------------------------------+
//! ```
//!
//! # Late results
//!
//! A call that was let through before the circuit opened may end while its probes are under way. Taken for a probe, it
//! could close the circuit, or open it again, while the real probe hangs. So each period of a circuit has a number, its
//! generation; a [`Permit`] holds the number that it was given in, and a result of another generation changes nothing.
//!
//! # Without a lock
//!
//! State and generation are one word. A call to a closed circuit reads it, and its result adds to one word of the
//! window. The words of window and probes hold a part of the generation too, so that a thread that was held up between
//! the look at the one and the change of the other cannot add to a later period. The lock is taken to change the state,
//! and to look at everything at once.

mod bounds;
mod buckets;
mod calls;
mod change;
mod circuit;
mod counts;
mod judge;
mod look;
#[cfg(test)]
#[cfg(buttress_loom)]
mod loom_tests;
mod presets;
mod probes;
mod renewed;
mod run;
mod state;
#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests;
mod turns;
mod window;

use std::time::Duration;

pub use self::bounds::{Rate, Window};
pub use self::change::{Cause, Change, Command, Notice, Snapshot};
pub use self::circuit::{Circuit, Stalled, Verdict};
pub use self::counts::{Counts, Exceeded};
pub use self::state::State;

use self::counts::Kind;
use self::probes::Probes;
use self::run::Run;
use self::state::Word;
use self::turns::{Step, Turns};
use self::window::Results;
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::time::Timestamp;

/// A call may be sent. Its end, or its being dropped, is owed to [`Breaker::record`] or [`Breaker::release`].
#[derive(Debug)]
#[must_use = "a probe that is never given back is missing"]
pub struct Permit {
    generation: u64,
}

/// A call may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When a call would pass; unknown if the circuit waits for its probes, or for somebody's word.
    pub not_before: Option<Timestamp>,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it says of the server.
    pub verdict: Verdict,
    /// How long it took, if that was measured.
    pub elapsed: Option<Duration>,
    /// When the server said to come back.
    pub hint: Option<Duration>,
}

/// One circuit.
///
/// What it does besides answering, it tells to the function that is given with each call, under no lock. Of two changes
/// that follow each other at once, on two threads, the later may be told first.
#[derive(Debug)]
pub struct Breaker {
    circuit: Circuit,
    word: AtomicU64,
    /// While open, when calls may pass; while half-open, when that has been for too long. Written before the word.
    until: AtomicU64,
    refused: AtomicU64,
    results: Results,
    run: Run,
    probes: Probes,
    turns: Mutex<Turns>,
}

impl Breaker {
    /// A circuit that has seen no call.
    pub fn new(circuit: Circuit) -> Self {
        let word = Word::first(circuit.initial);
        let generation = word.generation();
        Self {
            circuit,
            word: AtomicU64::new(word.bits()),
            until: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            results: Results::new(circuit.window.0, generation),
            run: Run::new(generation),
            probes: Probes::new(circuit.probe_rules()),
            turns: Mutex::new(Turns::new(generation)),
        }
    }

    /// The policy.
    pub const fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// Asks for a call. The time is asked for only where it matters.
    ///
    /// # Errors
    ///
    /// If it may not be sent: the circuit is open, or all its probes are under way.
    pub fn acquire(
        &self,
        now: impl FnOnce() -> Timestamp,
        tell: &mut dyn FnMut(Notice),
    ) -> Result<Permit, Refused> {
        let word = self.word();
        match word.state() {
            State::Closed | State::MetricsOnly | State::Disabled => Ok(Permit::of(word)),
            State::Open | State::HalfOpen | State::ForcedOpen => self.acquire_at(now(), tell),
        }
    }

    #[cold]
    fn acquire_at(&self, now: Timestamp, tell: &mut dyn FnMut(Notice)) -> Result<Permit, Refused> {
        loop {
            let (word, until) = self.settle(now, tell);
            let not_before = match word.state() {
                State::Closed | State::MetricsOnly | State::Disabled => {
                    return Ok(Permit::of(word));
                }
                // Open -> HalfOpen
                State::Open if now >= until => {
                    self.turn(word, Step::new(State::HalfOpen, Cause::Waited, now), tell);
                    continue;
                }
                State::HalfOpen if self.probes.take(word.generation()) => {
                    return Ok(Permit::of(word));
                }
                State::HalfOpen if self.word() != word => continue,
                State::Open => Some(until),
                State::HalfOpen | State::ForcedOpen => None,
            };
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Refused { not_before });
        }
    }

    /// A call has ended. The time is asked for only where it matters.
    pub fn record(
        &self,
        permit: Permit,
        answer: Answer,
        now: impl Fn() -> Timestamp,
        tell: &mut dyn FnMut(Notice),
    ) {
        if answer.verdict == Verdict::Nothing {
            return self.release(permit);
        }
        let word = self.word();
        if word.generation() != permit.generation {
            return;
        }
        match word.state() {
            State::Closed | State::MetricsOnly => self.record_call(word, answer, now, tell),
            State::HalfOpen => self.record_probe(word, answer, now(), tell),
            State::Open | State::ForcedOpen | State::Disabled => {}
        }
    }

    /// A call says nothing: it was not sent, or nobody waited for it.
    #[expect(clippy::needless_pass_by_value, reason = "a permit is spent once")]
    pub fn release(&self, permit: Permit) {
        let word = self.word();
        if word.generation() == permit.generation && word.state() == State::HalfOpen {
            self.probes.give_back(permit.generation);
        }
    }

    /// Does what somebody says. `false` if that does not apply to the state as it is.
    pub fn command(&self, command: Command, now: Timestamp, tell: &mut dyn FnMut(Notice)) -> bool {
        loop {
            let (word, _) = self.settle(now, tell);
            let Some(to) = command.target(word.state()) else {
                return false;
            };
            let step = match command {
                Command::OpenFor(wait) => Step::new(to, Cause::Told, now).with_exactly(wait),
                _ => Step::new(to, Cause::Told, now),
            };
            if self.turn(word, step, tell) {
                return true;
            }
        }
    }

    fn record_call(
        &self,
        word: Word,
        answer: Answer,
        now: impl Fn() -> Timestamp,
        tell: &mut dyn FnMut(Notice),
    ) {
        let generation = word.generation();
        let kind = self.kind(&answer);
        let consecutive = self.count_consecutive(generation, answer.verdict);
        let time = answer.elapsed.filter(|_| self.circuit.is_timed());
        let Some(counts) = self.results.record(generation, kind, time, &now) else {
            // All calls are good, or this one is late.
            return;
        };
        let exceeded = self.circuit.exceeded(&counts, consecutive);
        let is_hinted = kind.is_failed && answer.hint.is_some() && self.circuit.opens_on_hint;
        let cause = match exceeded.any() {
            true => Cause::Exceeded(exceeded),
            false if is_hinted => Cause::Hint,
            false => return,
        };
        if word.state() == State::MetricsOnly {
            return self.would_open(word, exceeded, tell);
        }
        // Closed -> Open
        let step = Step::new(State::Open, cause, now()).with_hint(answer.hint);
        self.turn(word, step, tell);
    }

    #[cold]
    fn record_probe(
        &self,
        word: Word,
        answer: Answer,
        now: Timestamp,
        tell: &mut dyn FnMut(Notice),
    ) {
        if self.settle(now, tell).0 != word {
            return;
        }
        let kind = self.kind(&answer);
        let Some(counts) = self.probes.finish(word.generation(), kind) else {
            return;
        };
        let exceeded = self.circuit.probes_exceeded(&counts);
        let step = if exceeded.any() {
            // HalfOpen -> Open
            Step::new(State::Open, Cause::Exceeded(exceeded), now).with_hint(answer.hint)
        } else {
            // HalfOpen -> Closed
            Step::new(State::Closed, Cause::Recovered, now)
        };
        self.turn(word, step, tell);
    }

    fn kind(&self, answer: &Answer) -> Kind {
        Kind {
            is_failed: matches!(answer.verdict, Verdict::Failure | Verdict::Limited),
            is_slow: self.circuit.is_slow(answer.elapsed),
        }
    }

    fn count_consecutive(&self, generation: u64, verdict: Verdict) -> u64 {
        if !self.circuit.counts_consecutive() {
            return 0;
        }
        if verdict == Verdict::Failure {
            return self.run.failed(generation);
        }
        self.run.ended(generation);
        0
    }

    fn word(&self) -> Word {
        Word::from_bits(self.word.load(Ordering::Acquire))
    }

    /// The word, and the time that belongs to it.
    fn word_and_time(&self) -> (Word, Timestamp) {
        let mut word = self.word();
        loop {
            let until = Timestamp::from_nanos(self.until.load(Ordering::Acquire));
            let again = self.word();
            if again == word {
                return (word, until);
            }
            word = again;
        }
    }
}

impl Permit {
    const fn of(word: Word) -> Self {
        Self {
            generation: word.generation(),
        }
    }
}
