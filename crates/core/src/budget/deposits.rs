//! Each call deposits, each retry withdraws, and both are forgotten after a while.
//!
//! The memory is a ring of slices. A slice is one word: which lap of the ring it belongs to, and the sum of its
//! deposits less its withdrawals. A slice of an earlier lap counts as empty, so that nothing has to be swept: an idle
//! month costs nothing, and neither does a clock that jumps.

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

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * SECOND)
    }

    fn ten_seconds(per_second: u32, share: u32) -> Deposits {
        Deposits::new(Duration::from_secs(10), per_second, share)
    }

    fn drain(deposits: &Deposits, now: Timestamp) -> usize {
        (0..100_000)
            .take_while(|_| deposits.try_withdraw(now))
            .count()
    }

    #[test]
    fn five_calls_pay_for_one_retry_of_a_fifth() {
        let deposits = ten_seconds(0, 200_000);
        (0..4).for_each(|_| deposits.deposit(at(0)));
        assert!(!deposits.try_withdraw(at(0)));
        deposits.deposit(at(0));
        assert!(deposits.try_withdraw(at(0)));
        assert!(!deposits.try_withdraw(at(0)));
    }

    #[test]
    fn the_reserve_comes_back_when_its_use_is_forgotten() {
        let deposits = ten_seconds(10, 0);
        assert_eq!(drain(&deposits, at(1)), 100);
        assert_eq!(drain(&deposits, at(10)), 0);
        assert_eq!(drain(&deposits, at(11)), 100);
    }

    #[test]
    fn a_retry_that_was_not_sent_costs_nothing() {
        let deposits = ten_seconds(0, MILLION);
        deposits.deposit(at(0));
        assert!(deposits.try_withdraw(at(0)));
        deposits.give_back(at(1));
        assert_eq!(deposits.balance(at(1)), 1);
    }

    #[test]
    fn deposits_are_forgotten_after_the_memory() {
        let deposits = ten_seconds(0, MILLION);
        deposits.deposit(at(5));
        assert_eq!(deposits.balance(at(14)), 1);
        assert_eq!(deposits.balance(at(15)), 0);
    }

    #[test]
    fn a_year_of_idleness_costs_one_look() {
        let deposits = ten_seconds(0, MILLION);
        deposits.deposit(at(0));
        assert_eq!(deposits.balance(at(365 * 24 * 3_600)), 0);
        deposits.deposit(at(365 * 24 * 3_600));
        assert_eq!(deposits.balance(at(365 * 24 * 3_600)), 1);
    }

    #[test]
    fn a_thread_that_was_held_up_does_not_undo_a_later_slice() {
        let deposits = ten_seconds(0, MILLION);
        deposits.deposit(at(15));
        deposits.deposit(at(5));
        assert_eq!(deposits.balance(at(15)), 1);
    }

    #[test]
    fn with_other_figures_what_was_spent_stays_spent() {
        let deposits = ten_seconds(1, 0);
        assert_eq!(drain(&deposits, at(5)), 10);
        deposits.change(Duration::from_secs(10), 2, 0, at(6));
        assert_eq!(
            drain(&deposits, at(6)),
            10,
            "twenty, of which ten are spent"
        );
        deposits.change(Duration::from_secs(10), 1, 0, at(7));
        assert_eq!(drain(&deposits, at(7)), 0);
        assert_eq!(drain(&deposits, at(17)), 10);
    }

    #[test]
    fn with_another_memory_debts_are_kept_and_savings_are_not() {
        let deposits = ten_seconds(1, MILLION);
        assert_eq!(drain(&deposits, at(5)), 10);
        (0..50).for_each(|_| deposits.deposit(at(6)));
        deposits.change(Duration::from_secs(60), 1, MILLION, at(7));
        assert_eq!(drain(&deposits, at(7)), 50, "sixty, of which ten are spent");
        assert_eq!(drain(&deposits, at(60)), 0);
        assert_eq!(drain(&deposits, at(67)), 60);
        deposits.change(Duration::from_secs(1), 1, MILLION, at(68));
        deposits.deposit(at(70));
        assert_eq!(drain(&deposits, at(70)), 2);
    }

    #[test]
    fn a_flood_saturates() {
        let deposits = ten_seconds(u32::MAX, 1_000 * MILLION);
        (0..10_000).for_each(|_| deposits.deposit(at(0)));
        assert_eq!(deposits.balance(at(0)), u32::MAX);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Call,
        Retry,
        Wait(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => Just(Step::Call),
            2 => Just(Step::Retry),
            1 => prop_oneof![Just(1), Just(SECOND - 1), Just(SECOND), Just(10 * SECOND), 0..20 * SECOND]
                .prop_map(Step::Wait),
        ];
        prop::collection::vec(step, 0..400)
    }

    proptest! {
        /// The model keeps every deposit with its slice and drops those that are ten slices old.
        #[test]
        fn it_agrees_with_a_list_of_all_deposits(steps in steps(), share in 0..=2 * MILLION, per_second in 0_u32..3) {
            let deposits = ten_seconds(per_second, share);
            let mut model: VecDeque<(u64, i64)> = VecDeque::new();
            let mut now = 0;
            for step in steps {
                let slice = now / SECOND;
                model.retain(|(made, _)| slice - made < 10);
                let balance = i64::from(per_second) * 10 * COST + model.iter().map(|(_, sum)| sum).sum::<i64>();
                prop_assert_eq!(deposits.sum(Timestamp::from_nanos(now)), balance);
                match step {
                    Step::Call => {
                        deposits.deposit(Timestamp::from_nanos(now));
                        model.push_back((slice, i64::from(share)));
                    }
                    Step::Retry => {
                        let granted = deposits.try_withdraw(Timestamp::from_nanos(now));
                        prop_assert_eq!(granted, balance >= COST);
                        if granted {
                            model.push_back((slice, -COST));
                        }
                    }
                    Step::Wait(nanos) => now += nanos,
                }
            }
        }

        #[test]
        fn packing_keeps_the_sum(lap in 0..=LAP_MASK, sum in -LARGEST_SUM..=LARGEST_SUM) {
            let slice = Slice { lap, sum };
            prop_assert_eq!(Slice::unpack(slice.pack()), slice);
        }
    }
}

#[cfg(all(test, buttress_loom))]
mod loom_tests {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    #[test]
    fn no_deposit_is_lost_between_threads_that_turn_the_slice() {
        loom::model(|| {
            let deposits = Arc::new(Deposits::new(Duration::from_secs(1), 0, MILLION));
            let other = Arc::clone(&deposits);
            let thread = thread::spawn(move || {
                other.deposit(at(0));
                other.deposit(at(500_000_000));
            });
            deposits.deposit(at(500_000_000));
            thread.join().unwrap();
            assert_eq!(deposits.balance(at(500_000_000)), 3);
        });
    }

    #[test]
    fn with_other_figures_nothing_is_lost_that_is_deposited_or_withdrawn_meanwhile() {
        let memories = [Duration::from_secs(1), Duration::from_secs(4)];
        for memory in memories {
            loom::model(move || {
                let deposits = Arc::new(Deposits::new(memories[0], 2, MILLION));
                assert!(deposits.try_withdraw(at(0)));
                let other = Arc::clone(&deposits);
                let thread = thread::spawn(move || other.try_withdraw(at(0)));
                deposits.change(memory, 3, MILLION, at(0));
                assert!(thread.join().unwrap());
                let reserve = 3 * COST * i64::try_from(memory.as_secs()).unwrap();
                assert_eq!(deposits.sum(at(0)), reserve - 2 * COST);
            });
        }
    }

    #[test]
    fn a_call_that_begins_during_a_change_deposits_by_the_old_share_or_by_the_new() {
        loom::model(|| {
            let deposits = Arc::new(Deposits::new(Duration::from_secs(1), 0, MILLION));
            let other = Arc::clone(&deposits);
            let thread = thread::spawn(move || other.deposit(at(0)));
            deposits.change(Duration::from_secs(1), 0, 2 * MILLION, at(0));
            thread.join().unwrap();
            let sum = deposits.sum(at(0));
            assert!([COST, 2 * COST].contains(&sum));
            deposits.deposit(at(0));
            assert_eq!(deposits.sum(at(0)), sum + 2 * COST);
        });
    }

    #[test]
    fn two_threads_overdraw_by_one_at_the_most() {
        loom::model(|| {
            let deposits = Arc::new(Deposits::new(Duration::from_secs(1), 0, MILLION));
            deposits.deposit(at(0));
            let other = Arc::clone(&deposits);
            let thread = thread::spawn(move || other.try_withdraw(at(0)));
            let (ours, theirs) = (deposits.try_withdraw(at(0)), thread.join().unwrap());
            assert!(ours || theirs, "the one retry that was paid for is granted");
            assert!(deposits.sum(at(0)) >= -COST);
            assert!(!deposits.try_withdraw(at(0)));
        });
    }
}
