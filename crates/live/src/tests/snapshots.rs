//! What a snapshot says.

use std::hash::RandomState;
use std::time::Duration;

use buttress_core::breaker::{self, State};
use buttress_core::budget::Budget;
use buttress_core::event::Routine;
use buttress_core::key::KeyKind;
use buttress_core::quota::{self, Counts, Learned, Level, Quota};
use buttress_core::rejected::Charge;
use buttress_core::{Class, Event, Key, Outcome, Rejected, Timestamp, Why};
use serde_json::{Value, json};

use super::{Hands, at, circuit, pause, refused, seen, shown};
use crate::Board;

#[test]
fn a_circuit_is_shown_with_its_window_and_the_time_of_its_probes() {
    let hands = Hands::default();
    let board = Board::new([hands
        .upstream()
        .with_breaker(|| vec![(Key::ALL, circuit(State::Open))])]);
    hands.put(4_500);
    let expected = json!({
        "key": "all", "state": "open", "since_ms": 500, "retry_in_ms": 29_500, "times_open": 1,
        "calls": 10, "failed": 6, "slow": 1, "failure_rate": 0.6, "slow_rate": 0.1, "refused": 7,
    });
    assert_eq!(
        seen(&board)["upstreams"][0]["circuits"]["rows"][0],
        expected
    );
}

#[test]
fn a_pause_counts_down_to_the_millisecond_and_not_below_zero() {
    let hands = Hands::default();
    let board = Board::new([hands
        .upstream()
        .with_cooldown(|| vec![(Key::ALL, pause(at(20_000)))])]);
    let left = [0, 1, 19_999, 20_000, 99_000].map(|now| {
        hands.put(now);
        seen(&board)["upstreams"][0]["pauses"]["rows"][0]["ends_in_ms"].take()
    });
    assert_eq!(left, [20_000, 19_999, 1, 0, 0]);
}

#[test]
fn a_time_that_nobody_knows_is_no_number() {
    let upstream = Hands::default().upstream();
    upstream.observer().observe(&Event::Rejected {
        rejected: &refused(Key::ALL, Some(Timestamp::MAX)),
    });
    let shown = shown(upstream.with_cooldown(|| vec![(Key::ALL, pause(Timestamp::MAX))]));
    assert_eq!(shown["pauses"]["rows"][0]["ends_in_ms"], Value::Null);
    assert_eq!(shown["refused"][0]["retry_in_ms"], Value::Null);
}

#[test]
fn a_quota_is_shown_with_what_is_left_the_next_slot_and_who_waits() {
    let quota = Quota::per_minute(60).unwrap().with_burst(10).unwrap();
    let snapshot = standing(quota, 3, 2);
    let shown = shown(
        Hands::default()
            .upstream()
            .with_rate_limit(move || vec![(Key::ALL, snapshot.clone())]),
    );
    let level = json!({
        "units": 60, "period_ms": 60_000, "counts": "units", "largest": 10, "remaining": 3,
        "full_in_ms": 400, "spent_in_ms": null,
    });
    let expected = json!({
        "key": "all", "levels": [level], "learned": [], "found": null, "next_in_ms": 250, "waiting": 2,
    });
    assert_eq!(shown["quotas"]["rows"][0], expected);
}

#[test]
fn a_quota_of_requests_says_so() {
    let quota = Quota::per_minute(60).unwrap().counting_requests();
    let upstream = Hands::default().upstream();
    let shown = shown(upstream.with_rate_limit(move || vec![(Key::ALL, standing(quota, 3, 0))]));
    assert_eq!(
        shown["quotas"]["rows"][0]["levels"][0]["counts"],
        "requests"
    );
}

fn standing(quota: Quota, remaining: u64, waiting: usize) -> quota::Snapshot {
    let level = Level {
        quota,
        remaining,
        reset: at(400),
        spent: None,
    };
    quota::Snapshot {
        levels: Box::new([level]),
        learned: Box::default(),
        found: None,
        next: at(250),
        waiting,
    }
}

#[test]
fn what_the_server_says_and_when_a_quota_will_be_spent_are_shown() {
    let quota = Quota::per_minute(60).unwrap();
    let mut snapshot = standing(quota, 3, 0);
    snapshot.levels[0].spent = Some(at(7_000));
    snapshot.learned = Box::new([Learned {
        counts: Counts::Requests,
        limit: Some(500),
        remaining: 2,
        reset: at(9_000),
    }]);
    snapshot.found = Some(snapshot.levels[0]);
    let upstream = Hands::default().upstream();
    let shown = shown(upstream.with_rate_limit(move || vec![(Key::ALL, snapshot.clone())]));
    let row = &shown["quotas"]["rows"][0];
    assert_eq!(row["levels"][0]["spent_in_ms"], 7_000);
    assert_eq!(row["found"], row["levels"][0]);
    let said = json!({"counts": "requests", "limit": 500, "remaining": 2, "full_in_ms": 9_000});
    assert_eq!(row["learned"], json!([said]));
}

#[test]
fn where_most_wait_comes_first_and_then_what_has_least_left() {
    let secret = RandomState::new();
    let quota = Quota::per_minute(60).unwrap();
    let stands = [(60, 0), (20, 0), (40, 0), (50, 1), (10, 0)];
    let keys = stands.map(|(remaining, waiting)| {
        let key = Key::new(KeyKind::Model, remaining, &secret);
        (key, standing(quota, remaining, waiting))
    });
    let upstream = Hands::default().upstream();
    let shown = shown(upstream.with_rate_limit(move || keys.to_vec()));
    let rows = shown["quotas"]["rows"].as_array().unwrap().iter();
    let left: Vec<_> = rows.map(|row| &row["levels"][0]["remaining"]).collect();
    assert_eq!(left, [50, 10, 20, 40, 60]);
}

#[test]
fn the_longest_pause_comes_first_and_one_without_an_end_before_it() {
    let secret = RandomState::new();
    let ends = [at(1), at(3), Timestamp::MAX, at(2)];
    let pauses = ends.map(|until| (Key::new(KeyKind::Host, until, &secret), pause(until)));
    let upstream = Hands::default().upstream();
    let shown = shown(upstream.with_cooldown(move || pauses.to_vec()));
    let rows = shown["pauses"]["rows"].as_array().unwrap().iter();
    let left: Vec<_> = rows.map(|row| &row["ends_in_ms"]).collect();
    assert_eq!(left, [&Value::Null, &3.into(), &2.into(), &1.into()]);
}

#[test]
fn what_is_not_over_is_not_shown_as_over() {
    let upstream = Hands::default().upstream();
    let nearly = Timestamp::from_nanos(1);
    let shown = shown(upstream.with_cooldown(move || vec![(Key::ALL, pause(nearly))]));
    assert_eq!(shown["pauses"]["rows"][0]["ends_in_ms"], 1);
}

#[test]
fn a_circuit_that_has_never_changed_is_so_since_no_time() {
    let upstream = Hands::default().upstream();
    let shown = shown(upstream.with_breaker(|| {
        let since = Timestamp::ORIGIN;
        vec![(
            Key::ALL,
            breaker::Snapshot {
                since,
                ..circuit(State::Closed)
            },
        )]
    }));
    assert_eq!(shown["circuits"]["rows"][0]["since_ms"], Value::Null);
}

#[test]
fn a_budget_without_a_bound_has_no_number() {
    let upstream = Hands::default().upstream();
    let shown = shown(
        upstream
            .with_budget(Budget::unlimited())
            .with_budget(Budget::default()),
    );
    assert_eq!(
        shown["budgets"],
        json!([{"retries": null}, {"retries": 100}])
    );
}

#[test]
fn attempts_are_counted_by_class_and_refusals_say_why_and_until_when() {
    let hands = Hands::default();
    hands.put(10_000);
    let upstream = hands.upstream();
    let observer = upstream.observer();
    for class in [Class::Ok, Class::Ok, Class::RateLimited] {
        observer.observe(&attempt(&Outcome::new(class)));
    }
    let rejected = refused(Key::ALL, Some(at(12_000)));
    observer.observe(&Event::Rejected {
        rejected: &rejected,
    });
    hands.put(11_500);

    let shown = shown(upstream);
    assert_eq!(shown["attempts"]["ok"][59], 2);
    assert_eq!(shown["attempts"]["rate_limited"][59], 1);
    assert_eq!(shown["attempts"].as_object().unwrap().len(), 2);
    let line = json!({
        "key": "all", "why": "circuit_open", "charge": null, "calls": 1, "ago_ms": 1_500, "retry_in_ms": 500,
    });
    assert_eq!(shown["refused"], json!([line]));
}

fn attempt(outcome: &Outcome) -> Event<'_> {
    Event::AttemptEnded {
        attempt: 1,
        method: "GET",
        outcome: Some(outcome),
        status: None,
        elapsed: Duration::ZERO,
        had_slot: false,
    }
}

#[test]
fn a_call_that_is_too_large_is_shown_with_the_numbers() {
    let upstream = Hands::default().upstream();
    let charge = Charge::new(5_000, Quota::per_minute(1_000).unwrap());
    upstream.observer().observe(&Event::Rejected {
        rejected: &Rejected::new(Why::TooLarge, Key::ALL).with_charge(charge),
    });
    let said = "the call costs 5000, the quota holds 1000 per 60s";
    assert_eq!(shown(upstream)["refused"][0]["charge"], said);
}

#[test]
fn of_many_keys_those_in_trouble_are_shown_and_the_rest_is_counted() {
    let secret = RandomState::new();
    let keys = (0..100).map(|number| Key::new(KeyKind::Host, number, &secret));
    let mut circuits: Vec<_> = keys.map(|key| (key, circuit(State::Closed))).collect();
    circuits[77].1.state = State::HalfOpen;
    let shown = shown(
        Hands::default()
            .upstream()
            .with_breaker(move || circuits.clone()),
    );
    let rows = shown["circuits"]["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &shown["circuits"]["more"]), (24, &json!(76)));
    assert_eq!(rows[0]["state"], "half_open");
}

#[test]
fn nothing_that_a_key_was_made_from_is_shown() {
    let key = Key::new(KeyKind::Credential, "sk-secret", &RandomState::new());
    let upstream = Hands::default().upstream();
    upstream.observer().observe(&Event::Rejected {
        rejected: &refused(key, None),
    });
    let board = Board::new([upstream
        .with_breaker(move || vec![(key, circuit(State::Open))])
        .with_cooldown(move || vec![(key, pause(at(1)))])]);
    assert!(!board.json().contains("secret"));
    assert!(!board.json().contains(&format!("{:x}", key.digest())));
}

#[test]
fn a_stream_that_fails_after_its_head_is_counted_by_its_failure_too() {
    let upstream = Hands::default().upstream();
    let overloaded = Outcome::new(Class::Overloaded);
    upstream.observer().observe(&Event::StreamFailed {
        outcome: &overloaded,
    });
    assert_eq!(shown(upstream)["attempts"]["overloaded"][59], 1);
}

#[test]
fn it_listens_to_the_ends_of_attempts_which_it_counts() {
    let observer = Hands::default().upstream().observer();
    let routines = [
        Routine::CallBegan,
        Routine::AttemptEnded,
        Routine::CallEnded,
    ];
    let listens = routines.map(|routine| observer.listens_to(routine));
    assert_eq!(listens, [false, true, false]);
}
