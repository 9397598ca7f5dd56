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
