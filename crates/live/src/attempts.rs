//! Attempts by class over the last minutes.

use std::sync::atomic::{AtomicU64, Ordering};

use buttress_core::{Class, Timestamp};

/// As wide as a bar of the chart: short enough to see a storm begin, wide enough that a call a second is seen at all.
pub(crate) const BUCKET_SECONDS: u64 = 5;

/// Five minutes of them.
pub(crate) const BUCKETS: usize = 60;

const NANOS: u64 = BUCKET_SECONDS * 1_000_000_000;

/// A ring of buckets with a counter for each class.
///
/// An attempt costs one exchange of a word, and no lock: a counter knows for which turn of the ring it counts, in its
/// upper half. One of an earlier turn is begun anew by the next attempt, and read as zero until then.
pub(crate) struct Attempts(Box<[[AtomicU64; Class::ALL.len()]]>);

impl Attempts {
    pub(crate) fn new() -> Self {
        let bucket = || std::array::from_fn(|_| AtomicU64::new(0));
        Self((0..BUCKETS).map(|_| bucket()).collect())
    }

    pub(crate) fn add(&self, class: Class, now: Timestamp) {
        let at = now.as_nanos() / NANOS;
        let Some(index) = Class::ALL.iter().position(|other| *other == class) else {
            return;
        };
        let counter = &self.0[slot(at)][index];
        let add = |word: u64| {
            let seen = if turn(word) == stamp(at) {
                word
            } else {
                stamp(at) << 32
            };
            // A full counter stays full: one more would be counted as a turn.
            Some(seen + u64::from(count(seen) < u32::MAX))
        };
        // Always taken: the function never refuses.
        let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// How many there were of the class at `index` of [`Class::ALL`]: the oldest bucket first, the one of `now` last.
    pub(crate) fn of(&self, index: usize, now: Timestamp) -> [u32; BUCKETS] {
        let last = now.as_nanos() / NANOS;
        std::array::from_fn(|age| {
            let back = (BUCKETS - 1 - age) as u64;
            let Some(at) = last.checked_sub(back) else {
                return 0;
            };
            let word = self.0[slot(at)][index].load(Ordering::Relaxed);
            if turn(word) == stamp(at) {
                count(word)
            } else {
                0
            }
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "below the number of buckets"
)]
const fn slot(at: u64) -> usize {
    (at % BUCKETS as u64) as usize
}

/// The bucket's number, by which turns are told apart: 32 bits of it come round after 680 years.
const fn stamp(at: u64) -> u64 {
    at & u32::MAX as u64
}

const fn turn(word: u64) -> u64 {
    word >> 32
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
const fn count(word: u64) -> u32 {
    word as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: usize = 0;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * 1_000_000_000)
    }

    fn counted(attempts: &Attempts, now: u64) -> Vec<(usize, u32)> {
        let counts = attempts.of(OK, at(now)).into_iter().enumerate();
        counts.filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn attempts_of_five_seconds_are_one_bar_and_the_last_bar_is_now() {
        let attempts = Attempts::new();
        for seconds in [3_600, 3_604, 3_605] {
            attempts.add(Class::Ok, at(seconds));
        }
        attempts.add(Class::Timeout, at(3_605));
        assert_eq!(counted(&attempts, 3_605), [(58, 2), (59, 1)]);
        assert_eq!(counted(&attempts, 3_612), [(57, 2), (58, 1)]);
    }

    #[test]
    fn what_is_older_than_five_minutes_is_gone_before_anything_takes_its_place() {
        let attempts = Attempts::new();
        attempts.add(Class::Ok, at(3_600));
        assert_eq!(counted(&attempts, 3_899), [(0, 1)]);
        assert_eq!(counted(&attempts, 3_900), []);
        attempts.add(Class::Ok, at(3_900));
        assert_eq!(counted(&attempts, 3_900), [(59, 1)]);
    }

    #[test]
    fn the_first_minutes_of_time_have_no_bars_before_them() {
        let attempts = Attempts::new();
        assert_eq!(counted(&attempts, 0), []);
        attempts.add(Class::Ok, at(0));
        assert_eq!(counted(&attempts, 7), [(58, 1)]);
    }

    #[test]
    fn threads_that_count_at_once_lose_none() {
        let attempts = Attempts::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|_| attempts.add(Class::Ok, at(60))));
            }
        });
        assert_eq!(counted(&attempts, 60), [(59, 4_000)]);
    }

    #[test]
    fn a_full_counter_stays_full_and_is_of_the_same_turn() {
        let attempts = Attempts::new();
        let full = 12 << 32 | u64::from(u32::MAX);
        attempts.0[12][OK].store(full, Ordering::Relaxed);
        attempts.add(Class::Ok, at(60));
        assert_eq!(counted(&attempts, 60), [(59, u32::MAX)]);
    }
}
