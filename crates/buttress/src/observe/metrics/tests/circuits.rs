use buttress_core::breaker::{Cause, Change, Counts, Exceeded, Snapshot, State};
use buttress_core::{Key, Timestamp};

use super::*;

fn changed<'a>(change: &'a Change, snapshot: &'a Snapshot) -> Event<'a> {
    Event::BreakerChanged {
        key: Key::ALL,
        change,
        snapshot,
    }
}

fn change(from: State, to: State) -> Change {
    Change {
        from,
        to,
        cause: Cause::Exceeded(Exceeded::default()),
        at: Timestamp::ORIGIN,
        not_before: None,
    }
}

fn snapshot(failure_rate: Option<f64>) -> Snapshot {
    Snapshot {
        state: State::Open,
        since: Timestamp::ORIGIN,
        not_before: None,
        times_open: 1,
        counts: Counts::default(),
        failure_rate,
        slow_rate: None,
        refused: 0,
    }
}

#[test]
fn what_a_circuit_was_goes_back_to_zero() {
    let (bad, new) = (snapshot(Some(0.75)), snapshot(None));
    let opened = change(State::Closed, State::Open);
    let probing = change(State::Open, State::HalfOpen);
    let closed = change(State::HalfOpen, State::Closed);
    let mut events = vec![changed(&opened, &bad)];
    let open = [
        "breaker_failure_ratio 0.75",
        "breaker_state{state=open} 1",
        "breaker_transitions_total{state=open} 1",
    ];
    assert_eq!(told(&events), open);
    events.push(changed(&probing, &new));
    assert!(told(&events).contains(&"breaker_state{state=half_open} 1".to_owned()));
    assert!(!told(&events).contains(&"breaker_state{state=open} 1".to_owned()));
    events.push(changed(&closed, &new));
    let closed = [
        "breaker_state{state=closed} 1",
        "breaker_transitions_total{state=closed} 1",
        "breaker_transitions_total{state=half_open} 1",
        "breaker_transitions_total{state=open} 1",
    ];
    assert_eq!(told(&events), closed);
}

#[test]
fn changes_that_are_told_in_another_order_come_to_the_same() {
    let snapshot = snapshot(None);
    let all = [
        change(State::Closed, State::Open),
        change(State::Open, State::HalfOpen),
        change(State::HalfOpen, State::Closed),
        change(State::Closed, State::Open),
    ];
    let state = |order: [usize; 4]| {
        let stand = Event::BreakerLevel {
            states: [1, 0, 0, 0, 0, 0],
            failure_rate: None,
            slow_rate: None,
        };
        let changes = order.map(|index| changed(&all[index], &snapshot));
        let events: Vec<_> = std::iter::once(stand).chain(changes).collect();
        let mut told = told(&events);
        told.retain(|line| line.starts_with("breaker_state"));
        told
    };
    assert_eq!(state([0, 1, 2, 3]), ["breaker_state{state=open} 1"]);
    assert_eq!(state([0, 1, 3, 2]), state([0, 1, 2, 3]));
}
