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
