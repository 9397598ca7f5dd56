//! Each call deposits, each retry withdraws, and both are forgotten after a while.
//!
//! The memory is a ring of slices. A slice is one word: which lap of the ring it belongs to, and the sum of its
//! deposits less its withdrawals. A slice of an earlier lap counts as empty, so that nothing has to be swept: an idle
//! month costs nothing, and neither does a clock that jumps.

#[cfg(test)]
#[cfg(buttress_loom)]
mod loom_tests;
#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests;

use std::time::Duration;

use super::MILLION;
use crate::sync::{AtomicU64, Ordering};
use crate::time::{Timestamp, saturating_nanos};

/// Ten slices let old deposits fade in steps of a tenth of the memory.
#[cfg(not(buttress_loom))]
const SLICES: usize = 10;
/// The model checker's states grow with every word that is read.
#[cfg(buttress_loom)]
const SLICES: usize = 2;

/// One retry costs a million; a call deposits the share in millionths, and the sums are exact.
const COST: i64 = MILLION as i64;

const SUM_BITS: u32 = 40;
const SUM_MASK: u64 = (1 << SUM_BITS) - 1;
/// Sums stand in the word with this added, so that they are never negative there.
const ZERO: i64 = 1 << (SUM_BITS - 1);
const LARGEST_SUM: i64 = ZERO - 1;
/// Far above what slices can add up to, and far below where it would wrap.
const LARGEST_RESERVE: u64 = 1 << 62;

#[derive(Debug)]
pub(super) struct Deposits {
    slices: [AtomicU64; SLICES],
    slice_nanos: AtomicU64,
    /// In millionths, as the reserve.
    deposit: AtomicU64,
    reserve: AtomicU64,
}

impl Deposits {
    pub(super) fn new(memory: Duration, per_second: u32, share: u32) -> Self {
        let nanos = saturating_nanos(memory);
        let reserve =
            u128::from(per_second) * u128::from(nanos) / 1_000_000_000 * u128::from(MILLION);
        let reserve = u64::try_from(reserve)
            .unwrap_or(u64::MAX)
            .min(LARGEST_RESERVE);
        Self {
            slices: std::array::from_fn(|_| AtomicU64::new(Slice::EMPTY.pack())),
            slice_nanos: AtomicU64::new((nanos / SLICES as u64).max(1)),
            deposit: AtomicU64::new(share.into()),
            reserve: AtomicU64::new(reserve),
        }
    }

    /// Goes on with other figures. What was withdrawn is not forgotten for it; with another memory, what was deposited is.
    pub(super) fn change(&self, memory: Duration, per_second: u32, share: u32, now: Timestamp) {
        let other = Self::new(memory, per_second, share);
        let figure = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let slice_nanos = figure(&other.slice_nanos);
        if slice_nanos != figure(&self.slice_nanos) {
            let current = self.lap(now);
            self.slice_nanos.store(slice_nanos, Ordering::Relaxed);
            let debt = self.emptied(current);
            self.add(now, debt);
        }
        self.deposit
            .store(figure(&other.deposit), Ordering::Relaxed);
        self.reserve
            .store(figure(&other.reserve), Ordering::Relaxed);
    }

    /// Empties all slices: numbered by another length, they would be taken for others. Gives what was withdrawn and not
    /// deposited in the same slice: zero, or less.
    ///
    /// Each is emptied and read in one step, so that what another thread withdraws meanwhile is in one of the two.
    fn emptied(&self, current: u64) -> i64 {
        let empty = |word: &AtomicU64| word.swap(Slice::EMPTY.pack(), Ordering::Relaxed);
        let sum = |word: &AtomicU64| Slice::unpack(empty(word)).sum_in(current);
        let debts = self.slices.iter().map(|word| sum(word).min(0));
        debts.fold(0, i64::saturating_add)
    }

    pub(super) fn deposit(&self, now: Timestamp) {
        let deposit = self.deposit.load(Ordering::Relaxed);
        self.add(now, deposit.cast_signed());
    }

    /// Takes the cost of a retry if the balance covers it.
    ///
    /// The look and the take are two steps, so that several threads at once may each take the last one: the balance then
    /// stands below zero by as many as there are threads, and is made good by the next deposits. A bound on load does
    /// not need to be exact to the unit, and a lock for it would be paid by every call.
    pub(super) fn try_withdraw(&self, now: Timestamp) -> bool {
        let granted = self.sum(now) >= COST;
        if granted {
            self.add(now, -COST);
        }
        granted
    }

    pub(super) fn give_back(&self, now: Timestamp) {
        self.add(now, COST);
    }

    pub(super) fn balance(&self, now: Timestamp) -> u32 {
        u32::try_from((self.sum(now) / COST).max(0)).unwrap_or(u32::MAX)
    }

    fn sum(&self, now: Timestamp) -> i64 {
        let current = self.lap(now);
        let live = |word: &AtomicU64| Slice::unpack(word.load(Ordering::Relaxed)).sum_in(current);
        let reserve = self.reserve.load(Ordering::Relaxed);
        self.slices
            .iter()
            .map(live)
            .fold(reserve.cast_signed(), i64::saturating_add)
    }

    fn add(&self, now: Timestamp, amount: i64) {
        let lap = self.lap(now);
        let slot = &self.slices[usize::try_from(lap % SLICES as u64).unwrap_or(0)];
        let mut seen = slot.load(Ordering::Relaxed);
        loop {
            let Some(next) = Slice::unpack(seen).plus(lap, amount) else {
                return;
            };
            match slot.compare_exchange_weak(
                seen,
                next.pack(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(newer) => seen = newer,
            }
        }
    }

    /// Which slice of time `now` falls into, from the beginning of time; from one, as zero means empty.
    fn lap(&self, now: Timestamp) -> u64 {
        now.as_nanos() / self.slice_nanos.load(Ordering::Relaxed) + 1
    }
}

/// A slice of time and the sum of what happened in it. Only the low 24 bits of its number are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    lap: u64,
    sum: i64,
}

const LAP_BITS: u32 = u64::BITS - SUM_BITS;
const LAP_MASK: u64 = (1 << LAP_BITS) - 1;

impl Slice {
    /// Adds nothing, whatever slice it is taken for.
    const EMPTY: Self = Self { lap: 0, sum: 0 };

    const fn pack(self) -> u64 {
        (self.lap & LAP_MASK) << SUM_BITS | (self.sum + ZERO).cast_unsigned()
    }

    const fn unpack(word: u64) -> Self {
        Self {
            lap: word >> SUM_BITS,
            sum: (word & SUM_MASK).cast_signed() - ZERO,
        }
    }

    /// How many slices ago this one was, as far as 24 bits can tell.
    const fn age(self, current: u64) -> u64 {
        current.wrapping_sub(self.lap) & LAP_MASK
    }

    fn sum_in(self, current: u64) -> i64 {
        if self.age(current) < SLICES as u64 {
            self.sum
        } else {
            0
        }
    }

    /// This slice with `amount` added at `lap`; `None` if it belongs to a later time: a thread that was held up adds
    /// nothing to the future.
    fn plus(self, lap: u64, amount: i64) -> Option<Self> {
        let sum = match self.age(lap) {
            0 => self.sum,
            age if age > LAP_MASK - 2 * SLICES as u64 => return None,
            _ => 0,
        };
        Some(Self {
            lap,
            sum: (sum + amount).clamp(-LARGEST_SUM, LARGEST_SUM),
        })
    }
}
