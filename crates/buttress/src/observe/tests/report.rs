use std::hash::RandomState;
use std::num::NonZeroU32;

use buttress_core::breaker::Command;
use buttress_core::budget::Budget;
use buttress_core::key::KeyKind;

use super::*;
use crate::breaker::{Circuit, CircuitBreakerLayer};
use crate::cooldown::CooldownLayer;
use crate::key::ByHost;

/// What a report tells, one line each.
#[derive(Default)]
struct Levels(Mutex<Vec<String>>);

impl Observer for Levels {
    fn observe(&self, event: &Event<'_>) {
        let line = match *event {
            Event::BudgetLevel { balance } => format!("budget {balance}"),
            Event::PauseLevel { remaining } => format!("pause {remaining:?}"),
            Event::QuotaLevel { level } => {
                format!("{} of {} left", level.remaining, level.quota.units())
            }
            Event::BreakerLevel {
                states,
                failure_rate,
                ..
            } => format!("circuits {states:?}, {failure_rate:?} fail"),
            ref other => panic!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

fn reported(report: &impl Report) -> Vec<String> {
    let levels = Levels::default();
    report.report(&levels);
    levels.0.into_inner().unwrap()
}

fn keys() -> impl Fn(&u64) -> Key + Clone {
    let secret = RandomState::new();
    move |number: &u64| Key::new(KeyKind::Custom, number, &secret)
}

#[tokio::test(start_paused = true)]
async fn of_the_quotas_of_many_keys_the_least_is_told() {
    let quotas = [
        Quota::per_minute(500).unwrap().counting_requests(),
        Quota::per_day(1_000).unwrap(),
    ];
    let key = keys();
    let layer = RateLimitLayer::new(quotas).with_keyer(key.clone());
    let handle = layer.handle();
    assert_eq!(reported(&handle), ["500 of 500 left", "1000 of 1000 left"]);
    handle.lower(key(&1), 0, 20);
    handle.lower(key(&2), 0, 30);
    handle.lower(key(&2), 1, 7);
    assert_eq!(reported(&handle), ["20 of 500 left", "7 of 1000 left"]);
}

#[tokio::test(start_paused = true)]
async fn of_the_pauses_the_longest_is_told_and_it_gets_shorter() {
    let key = keys();
    let handle = CooldownLayer::new().with_keyer(key.clone()).handle();
    assert_eq!(reported(&handle), ["pause 0ns"]);
    handle.hold(key(&1), 5 * SECOND);
    handle.hold(key(&2), 3 * SECOND);
    assert_eq!(reported(&handle), ["pause 5s"]);
    advance(4 * SECOND).await;
    assert_eq!(reported(&handle), ["pause 1s"]);
    advance(4 * SECOND).await;
    assert_eq!(reported(&handle), ["pause 0ns"]);
}

#[tokio::test(start_paused = true)]
async fn circuits_are_counted_by_state_and_the_worst_rate_is_told() {
    let key = keys();
    let one = NonZeroU32::MIN;
    let layer = CircuitBreakerLayer::new(Circuit::only_consecutive(one)).with_keyer(key.clone());
    let handle = layer.handle();
    assert_eq!(
        reported(&handle),
        ["circuits [1, 0, 0, 0, 0, 0], None fail"]
    );
    assert!(handle.command(key(&1), Command::Open));
    assert!(handle.command(key(&2), Command::ForceOpen));
    assert_eq!(
        reported(&handle),
        ["circuits [1, 1, 0, 1, 0, 0], None fail"]
    );
}

#[tokio::test(start_paused = true)]
async fn of_the_circuits_of_many_hosts_the_worst_rate_is_told() {
    let circuit = Circuit::default().with_minimum_calls(2).unwrap();
    let layer = CircuitBreakerLayer::new(circuit).with_keyer(ByHost::default());
    let mut service = layer.layer(service_fn(async |request: Request<String>| {
        let status = request.uri().path().trim_start_matches('/');
        Ok::<_, BoxError>(answer(status.parse().unwrap()))
    }));
    for uri in [
        "http://a/200",
        "http://a/200",
        "http://b/500",
        "http://b/200",
        "http://c/200",
    ] {
        let request = Request::get(uri).body(String::new()).unwrap();
        assert_ready_ok!(task::spawn(service.call(request)).poll());
    }
    let rate = reported(&layer.handle()).concat();
    assert!(rate.ends_with("Some(0.5) fail"), "{rate}");
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_told_and_several_are_told_as_one() {
    let retry = RetryLayer::new(Retries::default());
    assert_eq!(reported(retry.budget()), ["budget 100"]);
    let all = (
        Arc::new(Budget::unlimited()),
        Some(CooldownLayer::new().handle()),
    );
    let unbounded = format!("budget {}", u32::MAX);
    assert_eq!(reported(&all), [unbounded.as_str(), "pause 0ns"]);
    assert!(reported(&None::<Arc<Budget>>).is_empty());
}
