//! What is known is kept, and what is under way ends as it began.

use std::num::NonZeroU32;
use std::time::Duration;

use buttress_core::backoff::Backoff;
use buttress_core::breaker::{Circuit, State};
use buttress_core::budget::Share;
use buttress_core::pause::{Pauses, Phase};
use buttress_core::policy::{
    Breaker, Concurrency, Cooldown, KeyBy, Limit, RateLimit, Retry, RetryBudget,
};
use buttress_core::quota::Quota;
use buttress_core::retry::Retries;
use buttress_core::{Key, Rejected, Why};
use tokio_test::{assert_pending, assert_ready, task};
use tower::ServiceExt;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const NOW: Duration = Duration::ZERO;

fn why(
    answer: &Result<Response<super::super::StackBody<Body>>, buttress_core::BoxError>,
) -> Option<Why> {
    Rejected::find(&**answer.as_ref().err()?).map(|rejected| rejected.why)
}

fn per_minute(units: u64) -> Limit {
    Limit::requests(Quota::per_minute(units).unwrap())
}

fn limited(limits: impl IntoIterator<Item = Limit>) -> Policy {
    let limits = RateLimit::new(limits).unwrap();
    bare().with_rate_limit(limits.with_max_wait(NOW))
}

fn in_a_row(failures: u32) -> Circuit {
    Circuit::only_consecutive(NonZeroU32::new(failures).unwrap())
}

async fn went(service: &Stacked<Client>, calls: usize) -> usize {
    let mut went = 0;
    for _ in 0..calls {
        let answer = service.clone().oneshot(ask()).await;
        went += usize::from(why(&answer).is_none());
    }
    went
}

#[tokio::test(start_paused = true)]
async fn what_is_used_stays_used_whatever_the_new_limit() {
    let (stack, service) = around(limited([per_minute(10)]), &Client::new(|_| 200));
    assert_eq!(went(&service, 20).await, 10);
    stack.reload(limited([per_minute(5)])).unwrap();
    assert_eq!(went(&service, 20).await, 0);
    stack.reload(limited([per_minute(12)])).unwrap();
    assert_eq!(went(&service, 20).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_known_again_by_its_period_and_not_by_its_place() {
    let per_hour = |units| Limit::requests(Quota::per_hour(units).unwrap());
    let (stack, service) = around(limited([per_minute(10)]), &Client::new(|_| 200));
    assert_eq!(went(&service, 7).await, 7);
    stack
        .reload(limited([per_hour(100), per_minute(10)]))
        .unwrap();
    assert_eq!(went(&service, 20).await, 3);
    stack.reload(limited([per_hour(100)])).unwrap();
    assert_eq!(went(&service, 200).await, 97);
}

#[tokio::test(start_paused = true)]
async fn another_key_begins_anew() {
    let by_host = |limit| {
        let limits = RateLimit::new([limit]).unwrap().with_max_wait(NOW);
        bare().with_rate_limit(limits.with_key(KeyBy::Host))
    };
    let (stack, service) = around(limited([per_minute(3)]), &Client::new(|_| 200));
    assert_eq!(went(&service, 5).await, 3);
    stack.reload(by_host(per_minute(3))).unwrap();
    assert_eq!(went(&service, 5).await, 3);
    stack.reload(by_host(per_minute(4))).unwrap();
    assert_eq!(went(&service, 5).await, 1, "the same host is the same key");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_slot_is_shorter_when_the_new_limit_is_higher() {
    let slow = |units| {
        let limits = RateLimit::new([per_minute(units)]).unwrap();
        bare().with_rate_limit(limits)
    };
    let (stack, service) = around(slow(1), &Client::new(|_| 200));
    assert_eq!(went(&service, 1).await, 1);
    let mut waits = task::spawn(service.clone().oneshot(ask()));
    assert_pending!(waits.poll());
    stack.reload(slow(60)).unwrap();
    assert!(waits.is_woken(), "it may go sooner");
    assert!(assert_ready!(waits.poll()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_pause_stays_in_force_and_whoever_waits_goes_when_it_is_over() {
    let paused = |park| {
        let pauses = Pauses::default().with_margin(false).with_park(park);
        bare().with_cooldown(Cooldown::default().with_pauses(pauses))
    };
    let client = Client::new(|attempt| if attempt == 1 { 429 } else { 200 });
    let (stack, service) = around(paused(SECOND), &client);
    assert_eq!(service.clone().oneshot(ask()).await.unwrap().status(), 429);
    let mut before = task::spawn(service.clone().oneshot(ask()));
    assert_pending!(before.poll());
    stack.reload(paused(2 * SECOND)).unwrap();
    let mut after = task::spawn(service.clone().oneshot(ask()));
    assert_pending!(after.poll());
    let phase = stack.cooldown().unwrap().snapshot(Key::ALL).phase;
    assert_ne!(phase, Phase::Open);
    tokio::time::advance(SECOND).await;
    assert!(assert_ready!(before.poll()).is_ok());
    assert!(assert_ready!(after.poll()).is_ok());
    assert_eq!(client.attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_next_pause_is_as_the_new_policy_says() {
    let pauses = |secs| {
        let backoff = Backoff::new(secs * SECOND, secs * SECOND).unwrap();
        let backoff = backoff.with_jitter(buttress_core::backoff::Jitter::None);
        let pauses = Pauses::default()
            .with_margin(false)
            .with_default_wait(backoff);
        bare().with_cooldown(Cooldown::default().with_pauses(pauses))
    };
    let (stack, service) = around(pauses(1), &Client::new(|_| 429));
    let by_host = stack.cooldown().unwrap();
    stack.reload(pauses(7)).unwrap();
    service.oneshot(ask()).await.unwrap();
    let until = by_host.snapshot(Key::ALL).until;
    let now = crate::Clock::default().now();
    assert_eq!(until.since(now), 7 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_stays_open_by_the_same_circuit_and_by_another() {
    let breaker = |circuit| bare().with_breaker(Breaker::new(circuit));
    let (stack, service) = around(breaker(in_a_row(2)), &Client::new(|_| 500));
    let mut follower = stack.breaker().unwrap().follow(Key::ALL);
    assert_eq!(went(&service, 5).await, 2);
    let open = stack.breaker().unwrap().snapshot(Key::ALL).unwrap();
    assert_eq!(open.state, State::Open);
    stack
        .reload(breaker(in_a_row(2)).with_isolation(true))
        .unwrap();
    let same = stack.breaker().unwrap().snapshot(Key::ALL).unwrap();
    assert_eq!(same, open);
    stack.reload(breaker(in_a_row(9))).unwrap();
    let other = stack.breaker().unwrap().snapshot(Key::ALL).unwrap();
    assert_eq!(
        (other.state, other.not_before),
        (open.state, open.not_before)
    );
    assert_eq!(went(&service, 5).await, 0);
    follower.mark_unchanged();
    tokio::time::advance(31 * SECOND).await;
    assert_eq!(went(&service, 5).await, 1, "one probe, which fails");
    assert!(
        follower.has_changed().unwrap(),
        "whoever follows it is still told"
    );
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_is_to_begin_otherwise_does() {
    let breaker = |circuit| bare().with_breaker(Breaker::new(circuit));
    let (stack, service) = around(breaker(in_a_row(1)), &Client::new(|_| 500));
    assert_eq!(went(&service, 3).await, 1);
    stack
        .reload(breaker(in_a_row(1).with_metrics_only()))
        .unwrap();
    assert_eq!(went(&service, 3).await, 3);
    stack.reload(breaker(in_a_row(1))).unwrap();
    assert_eq!(went(&service, 3).await, 1);
}

#[tokio::test(start_paused = true)]
async fn by_another_circuit_each_key_keeps_its_own_state() {
    let breaker = |circuit| {
        let breaker = Breaker::new(circuit).with_key(KeyBy::Host);
        bare().with_breaker(breaker)
    };
    let client = Client::new(|attempt| if attempt == 1 { 500 } else { 200 });
    let (stack, service) = around(breaker(in_a_row(1)), &client);
    let to = |host: &str| {
        let uri = format!("https://{host}.example/");
        let request = Request::get(uri).body(Body::new()).unwrap();
        service.clone().oneshot(request)
    };
    assert!(to("sick").await.is_ok());
    assert!(to("well").await.is_ok());
    stack.reload(breaker(in_a_row(2))).unwrap();
    assert_eq!(why(&to("sick").await), Some(Why::CircuitOpen));
    assert!(to("well").await.is_ok());
    assert!(to("new").await.is_ok());
}

fn retrying(attempts: u32, budget: RetryBudget) -> Policy {
    let retries = Retries::default()
        .with_max_attempts(NonZeroU32::new(attempts).unwrap())
        .with_backoff(Backoff::new(SECOND, SECOND).unwrap());
    bare().with_retry(Retry::new(retries).with_budget(budget))
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_stays_spent() {
    let budget = |per_second| {
        let share = Share::from_percent(0).unwrap();
        RetryBudget::of_calls(share, per_second, 10 * SECOND).unwrap()
    };
    let client = Client::new(|_| 500);
    let (stack, service) = around(retrying(3, budget(1)), &client);
    for reload in 0..20 {
        service.clone().oneshot(ask()).await.unwrap();
        stack.reload(retrying(3, budget(1 + reload % 2))).unwrap();
    }
    // 20 calls; in the ten seconds and more that the retries take, twenty seconds' worth of retries at the most.
    let retries = client.attempts() - 20;
    assert!((10..=40).contains(&retries), "{retries}");
    let one = stack.budget().unwrap();
    stack.reload(retrying(3, RetryBudget::UNLIMITED)).unwrap();
    assert!(!Arc::ptr_eq(&one, &stack.budget().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_ends_by_the_policy_it_began_with() {
    let client = Client::new(|_| 500);
    let (stack, service) = around(retrying(3, RetryBudget::UNLIMITED), &client);
    let mut call = task::spawn(service.clone().oneshot(ask()));
    assert_pending!(call.poll());
    stack.reload(bare()).unwrap();
    for _ in 0..2 {
        tokio::time::advance(SECOND).await;
        let _ = call.poll();
    }
    assert_eq!(client.attempts(), 3);
    service.oneshot(ask()).await.unwrap();
    assert_eq!(client.attempts(), 4, "a new call is sent once");
}

#[tokio::test(start_paused = true)]
async fn places_that_are_taken_stay_taken() {
    let places = |places| {
        let fixed = Concurrency::fixed(NonZeroU32::new(places).unwrap());
        bare().with_concurrency(fixed.with_queue(0))
    };
    let (service, mut handle) = tower_test::mock::pair::<Ask, Response<Body>>();
    let stack = Stack::new(places(2)).unwrap();
    let mut stacked = stack.layer(service);
    handle.allow(10);
    let calls: Vec<_> = (0..2)
        .map(|_| {
            assert!(assert_ready!(task::spawn(stacked.ready()).poll()).is_ok());
            stacked.call(ask())
        })
        .collect();
    stack.reload(places(1)).unwrap();
    assert_eq!(stack.concurrency().unwrap().in_flight(), 2);
    stacked.ready().await.unwrap();
    let rejected = stacked.call(ask()).await.unwrap_err();
    assert_eq!(
        Rejected::find(&*rejected).map(|it| it.why),
        Some(Why::Concurrency)
    );
    drop(calls);
    assert_eq!(stack.concurrency().unwrap().in_flight(), 0);
    stacked.ready().await.unwrap();
    let call = task::spawn(stacked.call(ask()));
    assert_eq!(
        (stack.concurrency().unwrap().in_flight(), call.is_woken()),
        (1, false)
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_built_leaves_everything_as_it_was() {
    let (stack, service) = around(limited([per_minute(3)]), &Client::new(|_| 200));
    assert_eq!(went(&service, 2).await, 2);
    let unknown = limited([per_minute(100)]).with_profile(ProfileName::new("nobody").unwrap());
    let error = stack.reload(unknown).unwrap_err();
    assert_eq!((error.what(), error.found()), ("profile", "\"nobody\""));
    assert_eq!(stack.policy(), limited([per_minute(3)]));
    assert_eq!(went(&service, 5).await, 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_made_ready_under_the_old_policy_is_given_up() {
    let (mock, mut handle) = tower_test::mock::pair::<Ask, Response<Body>>();
    let limit = tower::limit::ConcurrencyLimit::new(mock, 1);
    let stack = Stack::new(bare()).unwrap();
    let mut service = stack.layer(limit);
    handle.allow(2);
    service.ready().await.unwrap();
    stack.reload(bare().with_isolation(true)).unwrap();
    // The only place of the client would otherwise be held by what is never called.
    let mut ready = task::spawn(service.ready());
    assert_ready!(ready.poll()).unwrap();
}
