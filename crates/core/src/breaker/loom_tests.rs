//! What holds however threads meet.

use std::time::Duration;

use loom::sync::Arc;
use loom::thread;

use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_nanos(seconds * 1_000_000_000)
}

fn answer(verdict: Verdict) -> Answer {
    Answer {
        verdict,
        elapsed: None,
        hint: None,
    }
}

/// Opens at two failed calls of two, for five seconds; half-open for ten.
fn circuit(probes: u32) -> Circuit {
    Circuit::default()
        .with_window(Window::calls(2).unwrap())
        .with_failure_rate(Rate::ALL)
        .with_minimum_calls(2)
        .and_then(|circuit| circuit.with_probes(probes))
        .and_then(|circuit| circuit.with_open_for(Duration::from_secs(5)))
        .and_then(|circuit| circuit.with_half_open_for(Duration::from_secs(10), Stalled::Open))
        .unwrap()
}

fn acquire(breaker: &Breaker, seconds: u64, changes: &mut u32) -> Option<Permit> {
    let tell = &mut |_| *changes += 1;
    breaker.acquire(|| at(seconds), tell).ok()
}

fn record(breaker: &Breaker, permit: Permit, verdict: Verdict, seconds: u64) -> u32 {
    let mut changes = 0;
    breaker.record(permit, answer(verdict), || at(seconds), &mut |_| {
        changes += 1
    });
    changes
}

/// An open circuit, whose time is over at second 6.
fn open(probes: u32) -> Arc<Breaker> {
    let breaker = Breaker::new(circuit(probes));
    breaker.command(Command::Open, at(0), &mut |_| {});
    Arc::new(breaker)
}

#[test]
fn threads_that_come_when_the_time_is_over_share_the_probes_that_there_are() {
    loom::model(|| {
        let breaker = open(1);
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            let mut changes = 0;
            (acquire(&other, 6, &mut changes).is_some(), changes)
        });
        let mut changes = 0;
        let ours = acquire(&breaker, 6, &mut changes).is_some();
        let (theirs, their_changes) = thread.join().unwrap();
        assert_eq!(u32::from(ours) + u32::from(theirs), 1, "one probe");
        assert_eq!(changes + their_changes, 1, "one change");
    });
}

#[test]
fn the_results_of_two_probes_close_the_circuit_once() {
    loom::model(|| {
        let breaker = open(2);
        let mut changes = 0;
        let permits = [0, 1].map(|_| acquire(&breaker, 6, &mut changes).unwrap());
        let [one, two] = permits;
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || record(&other, two, Verdict::Success, 6));
        let changes = record(&breaker, one, Verdict::Success, 6);
        assert_eq!(changes + thread.join().unwrap(), 1);
        assert_eq!(breaker.state(at(6)), State::Closed);
    });
}

#[test]
fn a_probe_that_is_given_back_is_there_for_another_and_no_more_than_that() {
    loom::model(|| {
        let breaker = open(1);
        let permit = acquire(&breaker, 6, &mut 0).unwrap();
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || acquire(&other, 6, &mut 0).is_some());
        breaker.release(permit);
        let theirs = thread.join().unwrap();
        let ours = acquire(&breaker, 6, &mut 0).is_some();
        assert!(ours != theirs, "never lost, never doubled");
    });
}

#[test]
fn half_open_ends_once_whether_by_its_probe_or_by_time() {
    loom::model(|| {
        let breaker = open(1);
        let permit = acquire(&breaker, 6, &mut 0).unwrap();
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || record(&other, permit, Verdict::Success, 15));
        let mut changes = 0;
        let refused = acquire(&breaker, 16, &mut changes).is_none();
        let all = changes + thread.join().unwrap();
        assert_eq!(all, 1, "one change");
        let state = breaker.state(at(16));
        assert!(matches!(
            (refused, state),
            (true, State::Open) | (false, State::Closed)
        ));
    });
}

#[test]
fn two_failures_at_once_open_the_circuit_once() {
    loom::model(|| {
        let breaker = Arc::new(Breaker::new(circuit(1)));
        let permits = [0, 1].map(|_| acquire(&breaker, 0, &mut 0).unwrap());
        let [one, two] = permits;
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || record(&other, two, Verdict::Failure, 0));
        let changes = record(&breaker, one, Verdict::Failure, 0);
        assert_eq!(changes + thread.join().unwrap(), 1);
        assert_eq!(breaker.state(at(0)), State::Open);
    });
}

#[test]
fn a_result_that_meets_a_reset_is_counted_in_its_own_period_or_not_at_all() {
    loom::model(|| {
        let breaker = Arc::new(Breaker::new(circuit(1)));
        let permit = acquire(&breaker, 0, &mut 0).unwrap();
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || record(&other, permit, Verdict::Failure, 0));
        breaker.command(Command::Reset, at(0), &mut |_| {});
        thread.join().unwrap();
        assert_eq!(breaker.snapshot(at(0)).counts.calls, 0);
        let permit = acquire(&breaker, 0, &mut 0).unwrap();
        record(&breaker, permit, Verdict::Failure, 0);
        assert_eq!(breaker.snapshot(at(0)).counts.failed, 1);
        assert_eq!(breaker.state(at(0)), State::Closed, "one of two");
    });
}

#[test]
fn the_totals_of_the_window_are_those_of_its_results_when_threads_have_come_to_rest() {
    loom::model(|| {
        let calls = Arc::new(calls::Calls::new(1, 1));
        let failed = Kind::from_index(2);
        calls.record(1, failed, Duration::ZERO);
        let other = Arc::clone(&calls);
        let thread = thread::spawn(move || {
            other.record(1, Kind::GOOD, Duration::ZERO);
        });
        calls.record(1, failed, Duration::ZERO);
        thread.join().unwrap();
        let is_failed = calls.counts(1).failed == 1;
        assert_eq!(calls.is_good(1), !is_failed);
    });
}

#[test]
fn no_result_is_lost_between_threads_that_turn_a_bucket() {
    loom::model(|| {
        let buckets = Arc::new(buckets::Buckets::new(1, 1_000_000_000));
        let failed = Kind::from_index(2);
        buckets.record(1, failed, None, at(0));
        let other = Arc::clone(&buckets);
        let thread = thread::spawn(move || {
            other.record(1, failed, None, at(1));
        });
        buckets.record(1, failed, None, at(1));
        thread.join().unwrap();
        assert_eq!(buckets.counts(1, at(1)).failed, 2);
    });
}
