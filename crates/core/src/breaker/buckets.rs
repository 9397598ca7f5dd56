//! The calls of the last so much time: counts in buckets of time.
//!
//! A result adds one to one word, whatever the load, and a bucket that time has left behind counts as empty without
//! being swept: each word holds the number of its bucket from the beginning of time, and counts only while that is
//! among the last. A change of generation moves the numbers on by more than there are buckets, so that the results of
//! the one are never taken for the other's.
//!
//! Whether the calls are too bad is a sum over the buckets. While nothing has failed and nothing was slow for a whole
//! window there is nothing to find, and no sum is made. Two results that end at the same moment, in different words, may
//! each miss the other; the next result sees both.

use std::time::Duration;

use super::counts::{Counts, Kind};
use crate::sync::{AtomicU64, Ordering};
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Buckets {
    /// A power of two, so that a place is found without a division; those over `count` are never among the last.
    buckets: Box<[Bucket]>,
    count: u64,
    nanos: u64,
    /// The bucket of time of a call before: most calls find theirs there, without a division.
    latest: AtomicU64,
    /// The last bucket in which a call failed or was slow.
    trouble: AtomicU64,
}

#[derive(Debug)]
struct Bucket {
    counts: [AtomicU64; Kind::COUNT],
    micros: AtomicU64,
}

impl Bucket {
    fn new() -> Self {
        Self {
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            micros: AtomicU64::new(0),
        }
    }
}

impl Buckets {
    pub(super) fn new(count: u32, nanos: u64) -> Self {
        let count = count.max(1);
        Self {
            buckets: (0..count.next_power_of_two())
                .map(|_| Bucket::new())
                .collect(),
            count: count.into(),
            nanos: nanos.max(1),
            latest: AtomicU64::new(0),
            trouble: AtomicU64::new(0),
        }
    }

    /// Enters a result. Says how things stand then, unless the result is late, or all calls are good.
    pub(super) fn record(
        &self,
        generation: u64,
        kind: Kind,
        time: Option<Duration>,
        now: Timestamp,
    ) -> Option<Counts> {
        let lap = self.lap(generation, now);
        let bucket = &self.buckets[self.place(lap)];
        add::<COUNT_BITS>(&bucket.counts[kind.index()], lap, 1)?;
        if let Some(time) = time {
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            add::<TIME_BITS>(&bucket.micros, lap, micros);
        }
        if kind != Kind::GOOD {
            self.trouble.fetch_max(lap, Ordering::AcqRel);
        } else if self.is_good_at(lap) {
            return None;
        }
        Some(self.sum(lap))
    }

    /// What the buckets hold at `now`, for `generation`.
    pub(super) fn counts(&self, generation: u64, now: Timestamp) -> Counts {
        self.sum(self.lap(generation, now))
    }

    pub(super) fn is_good(&self, generation: u64, now: Timestamp) -> bool {
        self.is_good_at(self.lap(generation, now))
    }

    fn is_good_at(&self, lap: u64) -> bool {
        lap.saturating_sub(self.trouble.load(Ordering::Acquire)) >= self.count
    }

    fn sum(&self, lap: u64) -> Counts {
        let (mut sums, mut micros) = ([0; Kind::COUNT], 0_u64);
        for back in 0..self.count {
            let bucket = &self.buckets[self.place(lap.wrapping_sub(back))];
            for (sum, word) in sums.iter_mut().zip(&bucket.counts) {
                *sum += live::<COUNT_BITS>(word, lap, self.count);
            }
            let more = live::<TIME_BITS>(&bucket.micros, lap, self.count);
            micros = micros.saturating_add(more);
        }
        let mut counts = Counts {
            time: Duration::from_micros(micros),
            ..Counts::default()
        };
        for (index, sum) in sums.into_iter().enumerate() {
            counts.add(Kind::from_index(index), sum);
        }
        counts
    }

    /// The number of the bucket of `now`, counted on beyond the generations before. Never among the first few, which
    /// is where `trouble` begins.
    fn lap(&self, generation: u64, now: Timestamp) -> u64 {
        let generations = generation.wrapping_mul(self.count + 1);
        self.bucket_of(now.as_nanos()).wrapping_add(generations)
    }

    fn bucket_of(&self, nanos: u64) -> u64 {
        let latest = self.latest.load(Ordering::Relaxed);
        let since = nanos.checked_sub(latest.wrapping_mul(self.nanos));
        if since.is_some_and(|since| since < self.nanos) {
            return latest;
        }
        let bucket = nanos / self.nanos;
        self.latest.store(bucket, Ordering::Relaxed);
        bucket
    }

    fn place(&self, lap: u64) -> usize {
        let mask = self.buckets.len() as u64 - 1;
        usize::try_from(lap & mask).unwrap_or(0)
    }
}

/// Four thousand million calls a bucket, and bucket numbers that come round after years.
const COUNT_BITS: u32 = 32;
/// Twelve days of calls' time a bucket.
const TIME_BITS: u32 = 40;

const fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

/// How many buckets ago the one in `word` was, as far as its bits can tell.
const fn age<const BITS: u32>(word: u64, lap: u64) -> u64 {
    lap.wrapping_sub(word >> BITS) & mask(u64::BITS - BITS)
}

/// Adds to a word that may be left from an earlier bucket. `None` if it belongs to a later one already: a thread that
/// was held up adds nothing to the future.
fn add<const BITS: u32>(word: &AtomicU64, lap: u64, amount: u64) -> Option<()> {
    let largest_age = mask(u64::BITS - BITS);
    let mut seen = word.load(Ordering::Relaxed);
    loop {
        let so_far = match age::<BITS>(seen, lap) {
            0 => seen & mask(BITS),
            age if age > largest_age - largest_age / 256 => return None,
            _ => 0,
        };
        let sum = so_far.saturating_add(amount).min(mask(BITS));
        let next = lap << BITS | sum;
        match word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return Some(()),
            Err(newer) => seen = newer,
        }
    }
}

fn live<const BITS: u32>(word: &AtomicU64, lap: u64, buckets: u64) -> u64 {
    let seen = word.load(Ordering::Acquire);
    if age::<BITS>(seen, lap) < buckets {
        seen & mask(BITS)
    } else {
        0
    }
}
