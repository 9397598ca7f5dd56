//! Failures in a row.

use crate::sync::{AtomicU64, Ordering};

/// The low half of a generation, and how many failed since the last success.
#[derive(Debug)]
pub(super) struct Run(AtomicU64);

const COUNT_MASK: u64 = u32::MAX as u64;

impl Run {
    pub(super) fn new(generation: u64) -> Self {
        Self(AtomicU64::new(empty(generation)))
    }

    pub(super) fn begin(&self, generation: u64) {
        self.0.swap(empty(generation), Ordering::AcqRel);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire) & COUNT_MASK
    }

    /// One failed. Says how many have, one after the other; none if it is late.
    pub(super) fn failed(&self, generation: u64) -> u64 {
        self.update(generation, |count| (count + 1).min(COUNT_MASK))
    }

    /// One did not fail. Where none had failed before, that is a look and no more.
    pub(super) fn ended(&self, generation: u64) {
        if self.count() != 0 {
            self.update(generation, |_| 0);
        }
    }

    fn update(&self, generation: u64, next: impl Fn(u64) -> u64) -> u64 {
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            if seen & !COUNT_MASK != empty(generation) {
                return 0;
            }
            let count = next(seen & COUNT_MASK);
            let word = empty(generation) | count;
            match self
                .0
                .compare_exchange_weak(seen, word, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return count,
                Err(newer) => seen = newer,
            }
        }
    }
}

const fn empty(generation: u64) -> u64 {
    generation << u32::BITS
}
