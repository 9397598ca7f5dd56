//! The windows alone, against a list of all results.

use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;

use crate::breaker::buckets::Buckets;
use crate::breaker::calls::Calls;
use crate::breaker::counts::{Counts, Kind};
use crate::time::Timestamp;

const SECOND: u64 = 1_000_000_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    Result(usize, u64),
    Wait(u64),
    Begin,
    /// A result of the generation before.
    Late(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let waits = prop_oneof![
        Just(1),
        Just(SECOND - 1),
        Just(SECOND),
        Just(5 * SECOND),
        0..8 * SECOND,
        Just(1_000_000 * SECOND),
    ];
    let step = prop_oneof![
        8 => (0..Kind::COUNT, 0..5_000_u64).prop_map(|(kind, micros)| Step::Result(kind, micros)),
        2 => waits.prop_map(Step::Wait),
        1 => Just(Step::Begin),
        1 => (0..Kind::COUNT).prop_map(Step::Late),
    ];
    prop::collection::vec(step, 0..300)
}

fn counts<'a>(results: impl IntoIterator<Item = &'a (u64, usize, u64)>) -> Counts {
    let mut counts = Counts::default();
    for (_, kind, micros) in results {
        counts.add(Kind::from_index(*kind), 1);
        counts.time += Duration::from_micros(*micros);
    }
    counts
}

fn untimed(counts: Counts) -> Counts {
    Counts {
        time: Duration::ZERO,
        slow_failed: 0,
        ..counts
    }
}

proptest! {
    #[test]
    fn a_window_of_calls_holds_the_last_of_them(steps in steps(), size in 1_u32..20, first in prop_oneof![Just(1_u64), Just(0xFFFE), Just(0xFF_FFFE), Just(u64::MAX >> 4)]) {
        let calls = Calls::new(size, first);
        let mut generation = first;
        let mut model: VecDeque<(u64, usize, u64)> = VecDeque::new();
        for step in steps {
            match step {
                Step::Result(kind, micros) => {
                    model.push_back((0, kind, micros));
                    model.keep_last(size as usize);
                    let told = calls.record(generation, Kind::from_index(kind), Duration::from_micros(micros));
                    let expected = untimed(counts(&model));
                    let is_good = expected.failed == 0 && expected.slow == 0;
                    prop_assert_eq!(told, (!is_good).then_some(expected));
                    prop_assert_eq!(calls.is_good(generation), is_good);
                }
                Step::Begin => {
                    generation += 1;
                    calls.begin(generation);
                    model.clear();
                }
                Step::Late(kind) => {
                    let told = calls.record(generation - 1, Kind::from_index(kind), Duration::ZERO);
                    prop_assert_eq!(told, None);
                }
                Step::Wait(_) => {}
            }
            // A late result may take the place of one of its own time, and none of this.
            prop_assert_eq!(calls.counts(generation), counts(&model));
        }
    }

    #[test]
    fn a_window_of_time_holds_what_is_not_older(steps in steps(), count in 1_u32..12, first in prop_oneof![Just(1_u64), Just(1 << 40)]) {
        let buckets = Buckets::new(count, SECOND);
        let mut generation = first;
        let mut model: VecDeque<(u64, usize, u64)> = VecDeque::new();
        let mut now = 0;
        for step in steps {
            let at = Timestamp::from_nanos(now);
            match step {
                Step::Result(kind, micros) => {
                    model.push_back((now / SECOND, kind, micros));
                    model.retain(|(second, ..)| now / SECOND - second < u64::from(count));
                    let told = buckets.record(generation, Kind::from_index(kind), Some(Duration::from_micros(micros)), at);
                    let expected = counts(&model);
                    let is_good = expected.failed == 0 && expected.slow == 0;
                    prop_assert_eq!(told, (!is_good).then_some(expected));
                }
                Step::Wait(nanos) => now += nanos,
                Step::Begin => {
                    generation += 1;
                    model.clear();
                }
                Step::Late(kind) => {
                    buckets.record(generation - 1, Kind::from_index(kind), None, at);
                }
            }
            let at = Timestamp::from_nanos(now);
            model.retain(|(second, ..)| now / SECOND - second < u64::from(count));
            prop_assert_eq!(buckets.counts(generation, at), counts(&model));
        }
    }
}

trait KeepLast {
    fn keep_last(&mut self, most: usize);
}

impl<T> KeepLast for VecDeque<T> {
    fn keep_last(&mut self, most: usize) {
        while self.len() > most {
            self.pop_front();
        }
    }
}

#[test]
fn a_thread_that_was_held_up_adds_nothing_to_a_later_bucket() {
    let buckets = Buckets::new(2, SECOND);
    let bad = Kind::from_index(2);
    buckets.record(1, bad, None, Timestamp::from_nanos(10 * SECOND));
    assert_eq!(
        buckets.record(1, bad, None, Timestamp::from_nanos(8 * SECOND)),
        None
    );
    let counts = buckets.counts(1, Timestamp::from_nanos(10 * SECOND));
    assert_eq!(counts.calls, 1);
}
