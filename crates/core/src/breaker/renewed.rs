//! A circuit that goes on by another policy.

use super::circuit::Circuit;
use super::state::{State, Word};
use super::{Breaker, Ordering, Timestamp};

impl Breaker {
    /// This circuit by another policy: in the state that it is in, for as long as it would be in it, and with nothing
    /// counted.
    ///
    /// Probes that are under way are this one's: a circuit that is half-open lets new ones pass with the next call. Where the
    /// other policy begins in another state, that is where it begins.
    #[must_use]
    pub fn renewed(&self, circuit: Circuit, now: Timestamp) -> Self {
        let renewed = Self::new(circuit);
        if circuit.initial != self.circuit.initial {
            return renewed;
        }
        let (word, until) = self.settle(now, &mut |_| {});
        let (state, until) = match word.state() {
            State::HalfOpen => (State::Open, now),
            state => (state, until),
        };
        {
            let (was, mut turns) = (self.turns(), renewed.turns());
            turns.since = was.since;
            turns.times_open = was.times_open;
        }
        let word = Word::first(state);
        renewed.until.store(until.as_nanos(), Ordering::Release);
        renewed.word.store(word.bits(), Ordering::Release);
        renewed
    }
}

#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;
    use crate::breaker::{Answer, Command, Verdict};

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_nanos(secs * 1_000_000_000)
    }

    fn one_failure() -> Circuit {
        Circuit::only_consecutive(NonZeroU32::MIN)
    }

    /// Open since 100 s, until a little after 130 s.
    fn opened() -> Breaker {
        let breaker = Breaker::new(one_failure());
        fail(&breaker, at(100));
        breaker
    }

    fn fail(breaker: &Breaker, now: Timestamp) {
        let permit = breaker.acquire(|| now, &mut |_| {}).unwrap();
        let answer = Answer {
            verdict: Verdict::Failure,
            elapsed: None,
            hint: None,
        };
        breaker.record(permit, answer, || now, &mut |_| {});
    }

    fn ten_seconds() -> Circuit {
        let ten = Duration::from_secs(10);
        one_failure().with_open_growth(ten, 200, 100 * ten).unwrap()
    }

    #[test]
    fn an_open_circuit_stays_open_for_as_long_as_it_was_to_be() {
        let opened = opened();
        let renewed = opened.renewed(ten_seconds(), at(105));
        let not_before = |breaker: &Breaker| breaker.snapshot(at(106)).not_before;
        assert_eq!(not_before(&renewed), not_before(&opened));
        assert_eq!(renewed.state(at(129)), State::Open);
        assert!(renewed.acquire(|| at(131), &mut |_| {}).is_ok(), "a probe");
    }

    #[test]
    fn how_often_it_has_opened_in_a_row_is_not_forgotten() {
        let renewed = opened().renewed(ten_seconds(), at(105));
        fail(&renewed, at(131));
        // The second time: twice ten seconds.
        assert_eq!(renewed.state(at(150)), State::Open);
        assert!(renewed.acquire(|| at(152), &mut |_| {}).is_ok());
    }

    #[test]
    fn a_circuit_that_probes_lets_new_probes_pass() {
        let opened = opened();
        let probe = opened.acquire(|| at(131), &mut |_| {}).unwrap();
        assert_eq!(opened.state(at(131)), State::HalfOpen);
        let renewed = opened.renewed(ten_seconds(), at(132));
        assert!(renewed.acquire(|| at(132), &mut |_| {}).is_ok());
        assert_eq!(renewed.state(at(132)), State::HalfOpen);
        opened.release(probe);
    }

    #[test]
    fn what_was_said_by_hand_stays_said_unless_the_policy_says_otherwise() {
        let breaker = Breaker::new(one_failure());
        assert!(breaker.command(Command::ForceOpen, at(1), &mut |_| {}));
        let renewed = breaker.renewed(ten_seconds(), at(2));
        assert_eq!(renewed.state(at(3)), State::ForcedOpen);
        let counting = breaker.renewed(ten_seconds().with_metrics_only(), at(2));
        assert_eq!(counting.state(at(3)), State::MetricsOnly);
    }
}
