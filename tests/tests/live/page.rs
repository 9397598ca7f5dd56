//! What a reader gets.

use std::time::Duration;

use buttress::Clock;
use buttress::core::Key;
use buttress::live::{Board, Upstream};
use buttress::stack::Stack;
use serde_json::Value;

use crate::rig::Rig;

#[tokio::test(start_paused = true)]
async fn the_page_is_one_file_with_a_policy_that_lets_nothing_else_in() {
    let rig = Rig::start().await;
    let page = rig.get("").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(!policy.contains("unsafe"));
    assert!(page.text().await.unwrap().starts_with("<!doctype html>"));
}

#[tokio::test(start_paused = true)]
async fn the_snapshot_shows_the_open_circuit_and_who_was_refused_and_until_when() {
    let rig = Rig::start().await;
    let reply = rig.get("/snapshot.json").await;
    assert_eq!(reply.headers()["cache-control"], "no-store");
    let text = reply.text().await.unwrap();
    assert!(
        !text.contains("sk-secret") && !text.contains("http"),
        "{text}"
    );

    let json: Value = serde_json::from_str(&text).unwrap();
    let down = &json["upstreams"][0];
    let circuit = &down["circuits"]["rows"][0];
    assert_eq!(down["name"], "down");
    assert_eq!(circuit["state"], "open");
    assert_eq!(
        (&circuit["calls"], &circuit["failed"]),
        (&10.into(), &10.into())
    );
    assert_eq!(circuit["refused"], 2);
    let refused = &down["refused"][0];
    assert_eq!(
        (&refused["why"], &refused["calls"]),
        (&"circuit_open".into(), &2.into())
    );
    assert_eq!(refused["retry_in_ms"], circuit["retry_in_ms"]);
    let failed = down["attempts"]["server_error"].as_array().unwrap();
    assert_eq!(failed.iter().filter_map(Value::as_u64).sum::<u64>(), 10);
    // What the circuit refused had taken its slot, and gave it back.
    assert_eq!(down["quotas"]["rows"][0]["levels"][0]["units"], 60);
}

#[tokio::test(start_paused = true)]
async fn the_pause_and_the_circuit_count_down_from_event_to_event() {
    let rig = Rig::start().await;
    let mut events = rig.events().await;
    let mut last = (u64::MAX, u64::MAX);
    for _ in 0..4 {
        let json = events.next().await;
        let circuit = &json["upstreams"][0]["circuits"]["rows"][0];
        let pause = &json["upstreams"][1]["pauses"]["rows"][0];
        assert_eq!(
            (&pause["phase"], &pause["waiting"]),
            (&"paused".into(), &1.into())
        );
        let left = |value: &Value| value.as_u64().expect("a time");
        let now = (left(&pause["ends_in_ms"]), left(&circuit["retry_in_ms"]));
        // At least the time between two events, but for the rounding.
        assert!(
            now.0 + 999 <= last.0 && now.1 + 999 <= last.1,
            "{last:?}, {now:?}"
        );
        assert!(now.0 <= 22_000 && now.1 <= 30_001, "{now:?}");
        last = now;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_leaves_makes_room_for_another() {
    let rig = Rig::start().await;
    let mut readers = Vec::new();
    for _ in 0..16 {
        let mut events = rig.events().await;
        events.next().await;
        readers.push(events);
    }
    assert_eq!(rig.get("/events").await.status(), 503);
    drop(readers);
    // The server notices when it writes next, a second later at most.
    tokio::time::sleep(Duration::from_secs(3)).await;
    rig.events().await.next().await;
}

#[tokio::test(start_paused = true)]
async fn a_stack_is_shown_as_its_policy_of_the_moment_has_it() {
    let stack = Stack::builder().profile("openai").build().unwrap();
    let upstream = Upstream::new("openai", Clock::default()).with_stack(stack.clone());
    let board = Board::new([upstream]);
    let shown = || {
        let json: Value = serde_json::from_str(&board.json()).unwrap();
        let rows = |part: &str| json["upstreams"][0][part]["rows"].as_array().unwrap().len();
        let budgets = json["upstreams"][0]["budgets"].as_array().unwrap().len();
        (rows("circuits"), rows("pauses"), budgets)
    };
    let pauses = stack.cooldown().unwrap();
    pauses.hold(Key::ALL, Duration::from_secs(60));
    assert_eq!(shown(), (1, 1, 1));

    let policy = stack.policy().with_breaker(None).with_cooldown(None);
    stack.reload(policy.with_retry(None)).unwrap();
    assert_eq!(shown(), (0, 0, 0));
}
