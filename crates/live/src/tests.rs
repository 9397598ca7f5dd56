//! The board and its paths, in injected time.

use std::hash::RandomState;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use buttress_core::breaker::{self, Counts, State};
use buttress_core::key::KeyKind;
use buttress_core::pause::{self, Phase};
use buttress_core::quota::{self, Level, Quota};
use buttress_core::rejected::Charge;
use buttress_core::{Class, Event, Key, Outcome, Rejected, Timestamp, Why};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{Board, Upstream};

/// A clock that stands where it is put, in milliseconds.
#[derive(Clone, Default)]
struct Hands(Arc<AtomicU64>);

impl Hands {
    fn put(&self, millis: u64) {
        self.0.store(millis, Ordering::Relaxed);
    }

    fn upstream(&self) -> Upstream {
        let hands = self.clone();
        Upstream::new("openai", move || at(hands.0.load(Ordering::Relaxed)))
    }
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

fn seen(board: &Board) -> Value {
    serde_json::from_str(&board.json()).unwrap()
}

/// The snapshot of the only upstream.
fn shown(upstream: Upstream) -> Value {
    seen(&Board::new([upstream]))["upstreams"][0].take()
}

fn circuit(state: State) -> breaker::Snapshot {
    breaker::Snapshot {
        state,
        since: at(4_000),
        not_before: Some(at(34_000)),
        times_open: 1,
        counts: Counts {
            calls: 10,
            failed: 6,
            slow: 1,
            ..Counts::default()
        },
        failure_rate: Some(0.6),
        slow_rate: Some(0.1),
        refused: 7,
    }
}

fn pause(until: Timestamp) -> pause::Snapshot {
    pause::Snapshot {
        phase: Phase::Paused,
        until,
        epoch: 1,
        waiting: 12,
        released: 0,
        limits: 1,
    }
}

fn refused(key: Key, not_before: Option<Timestamp>) -> Rejected {
    Rejected::new(Why::CircuitOpen, key).with_not_before(not_before)
}

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
    let snapshot = quota::Snapshot {
        levels: Box::new([Level {
            quota,
            remaining: 3,
            reset: at(7_000),
            spent: None,
        }]),
        learned: Box::default(),
        found: None,
        next: at(250),
        waiting: 2,
    };
    let shown = shown(
        Hands::default()
            .upstream()
            .with_rate_limit(move || vec![(Key::ALL, snapshot.clone())]),
    );
    let level = json!({
        "units": 60, "period_ms": 60_000, "counts": "units", "largest": 10, "remaining": 3,
    });
    let expected = json!({"key": "all", "levels": [level], "next_in_ms": 250, "waiting": 2});
    assert_eq!(shown["quotas"]["rows"][0], expected);
}

#[test]
fn a_budget_without_a_bound_has_no_number() {
    use buttress_core::budget::Budget;

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
    let charge = Charge {
        cost: 5_000,
        quota: Quota::per_minute(1_000).unwrap(),
    };
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

async fn ask(board: &Board, method: Method, path: &str) -> Response {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::empty()).unwrap();
    board.router().oneshot(request).await.unwrap()
}

async fn get(board: &Board, path: &str) -> Response {
    ask(board, Method::GET, path).await
}

#[tokio::test(start_paused = true)]
async fn each_answer_forbids_what_the_page_does_not_need() {
    let board = Board::new([]);
    for path in ["/", "/snapshot.json", "/events"] {
        for method in [Method::GET, Method::POST] {
            let answer = ask(&board, method.clone(), path).await;
            let header = |name| answer.headers()[name].to_str().unwrap();
            assert!(header("content-security-policy").starts_with("default-src 'none'"));
            assert_eq!(header("cache-control"), "no-store", "{method} {path}");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_can_be_changed_through_the_page() {
    let board = Board::new([]);
    for path in ["/", "/snapshot.json", "/events"] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = ask(&board, method, path).await;
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_gets_a_snapshot_at_once_and_one_a_second() {
    let hands = Hands::default();
    let board = Board::new([hands
        .upstream()
        .with_cooldown(|| vec![(Key::ALL, pause(at(20_000)))])]);
    let mut events = get(&board, "/events").await.into_body().into_data_stream();
    for seconds in [0, 1, 2] {
        hands.put(seconds * 1_000);
        let mut next = tokio_test::task::spawn(events.next());
        if seconds > 0 {
            tokio_test::assert_pending!(next.poll());
            tokio::time::advance(Duration::from_millis(1_000)).await;
        }
        let event = tokio_test::assert_ready!(next.poll()).unwrap().unwrap();
        let text = std::str::from_utf8(&event).unwrap();
        let text = text.strip_prefix("data: ").unwrap().trim_end();
        let json: Value = serde_json::from_str(text).unwrap();
        let left = &json["upstreams"][0]["pauses"]["rows"][0]["ends_in_ms"];
        assert_eq!(*left, 20_000 - seconds * 1_000);
    }
}

#[tokio::test(start_paused = true)]
async fn there_is_room_for_sixteen_readers_and_one_that_goes_makes_room() {
    let board = Board::new([]);
    let mut readers = Vec::new();
    for _ in 0..16 {
        readers.push(get(&board, "/events").await);
    }
    assert!(readers.iter().all(|it| it.status() == StatusCode::OK));
    let refused = get(&board, "/events").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    readers.pop();
    assert_eq!(get(&board, "/events").await.status(), StatusCode::OK);
    // The page and the snapshot are there for everybody.
    assert_eq!(get(&board, "/").await.status(), StatusCode::OK);
}
