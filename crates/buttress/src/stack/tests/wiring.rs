//! What a policy says reaches the layer that it is about, and the layers reach each other.

use std::num::NonZeroU32;
use std::time::Duration;

use buttress_core::backoff::{Backoff, Jitter};
use buttress_core::breaker::Circuit;
use buttress_core::budget::Share;
use buttress_core::classify::{Answer, Reply};
use buttress_core::pause::Pauses;
use buttress_core::policy::{
    Breaker, Concurrency, Cooldown, KeyBy, Limit, RateLimit, Retry, RetryBudget,
};
use buttress_core::quota::Quota;
use buttress_core::{BoxError, Class, Key, Outcome, Rejected, Why};
use http::HeaderName;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{ServiceExt, service_fn};

use super::*;
use crate::time::Clock;

pub(super) const NOW: Duration = Duration::ZERO;
pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// The header of a tenant, by which all that has a key has it.
fn by_tenant() -> KeyBy {
    KeyBy::Header(HeaderName::from_static("x-tenant"))
}

fn of(tenant: &str) -> Ask {
    let mut request = ask();
    let tenant = tenant.parse().unwrap();
    request.headers_mut().insert("x-tenant", tenant);
    request
}

/// One that takes a second to answer.
pub(super) fn slow(
    answer: fn(u32) -> u16,
) -> impl Service<Ask, Response = Response<Body>, Error = BoxError, Future: Send> + Clone {
    let client = Client::new(answer);
    service_fn(move |request: Ask| {
        let mut client = client.clone();
        async move {
            tokio::time::sleep(SECOND).await;
            Ok::<_, BoxError>(client.call(request).await?)
        }
    })
}

fn why<T>(answer: Result<T, BoxError>) -> Option<Why> {
    Rejected::find(&*answer.err()?).map(|rejected| rejected.why)
}

pub(super) fn per_minute(units: u64) -> RateLimit {
    RateLimit::new([Limit::requests(Quota::per_minute(units).unwrap())]).unwrap()
}

pub(super) fn opens_at_once() -> Breaker {
    Breaker::new(Circuit::only_consecutive(one()))
}

pub(super) fn pauses() -> Cooldown {
    Cooldown::default().with_max_wait(NOW)
}

/// What a policy has of one part alone, by tenant, and with room for so many.
fn parts(capacity: usize) -> [(Policy, u16, Why); 3] {
    let cooldown = pauses().with_key(by_tenant()).with_capacity(capacity);
    let limit = per_minute(1).with_max_wait(NOW).with_key(by_tenant());
    let breaker = opens_at_once().with_key(by_tenant());
    [
        (bare().with_cooldown(cooldown), 429, Why::Cooldown),
        (
            bare().with_rate_limit(limit.with_capacity(capacity)),
            200,
            Why::RateLimit,
        ),
        (
            bare().with_breaker(breaker.with_capacity(capacity)),
            500,
            Why::CircuitOpen,
        ),
    ]
}

pub(super) fn answering(status: u16) -> Client {
    Client::new(match status {
        429 => |_| 429,
        500 => |_| 500,
        _ => |_| 200,
    })
}

#[tokio::test(start_paused = true)]
async fn what_one_tenant_is_told_is_not_told_to_another() {
    for (policy, status, refused) in parts(100) {
        let (_, service) = around(policy, &answering(status));
        let ask = async |tenant| why(service.clone().oneshot(of(tenant)).await);
        assert_eq!(ask("a").await, None, "{refused:?}");
        assert_eq!(ask("a").await, Some(refused));
        assert_eq!(ask("b").await, None, "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn tenants_who_find_no_room_share_what_they_are_told() {
    // With room for one there is some for 64.
    for (capacity, shares) in [(1, true), (10_000, false)] {
        for (policy, status, refused) in parts(capacity) {
            let (_, service) = around(policy, &answering(status));
            for tenant in 0..2_000 {
                let _ = service.clone().oneshot(of(&tenant.to_string())).await;
            }
            let stranger = why(service.oneshot(of("stranger")).await);
            assert_eq!(stranger, Some(refused).filter(|_| shares), "{refused:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_another_key_every_part_begins_anew() {
    for (policy, status, refused) in parts(100) {
        let (stack, service) = around(policy, &answering(status));
        let ask = async |tenant| why(service.clone().oneshot(of(tenant)).await);
        assert_eq!(ask("a").await, None, "{refused:?}");
        let by_host = match refused {
            Why::Cooldown => bare().with_cooldown(pauses().with_key(KeyBy::Host)),
            Why::RateLimit => {
                bare().with_rate_limit(per_minute(1).with_max_wait(NOW).with_key(KeyBy::Host))
            }
            _ => bare().with_breaker(opens_at_once().with_key(KeyBy::Host)),
        };
        stack.reload(by_host).unwrap();
        assert_eq!(ask("a").await, None, "{refused:?}");
        assert_eq!(ask("b").await, Some(refused), "of the same host");
    }
}

fn spends(per_second: u32, seconds: u64) -> Policy {
    let none = Share::from_percent(0).unwrap();
    let memory = Duration::from_secs(seconds);
    let budget = RetryBudget::of_calls(none, per_second, memory).unwrap();
    bare().with_retry(Retry::default().with_budget(budget))
}

#[tokio::test(start_paused = true)]
async fn the_budget_that_is_said_is_the_one_that_is_spent() {
    let client = Client::new(|_| 500);
    let (_, service) = around(spends(0, 10), &client);
    service.oneshot(ask()).await.unwrap();
    assert_eq!(client.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reload_gives_nothing_back_that_was_spent() {
    let client = Client::new(|_| 500);
    let (stack, service) = around(spends(1, 60), &client);
    let budget = stack.budget().unwrap();
    for _ in 0..20 {
        service.clone().oneshot(ask()).await.unwrap();
    }
    stack.reload(spends(1, 60)).unwrap();
    assert!(Arc::ptr_eq(&budget, &stack.budget().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn nobody_queues_for_a_server_that_is_left_alone() {
    let policy = bare().with_breaker(opens_at_once());
    let policy = policy.with_rate_limit(per_minute(1));
    for fail_fast in [true, false] {
        let policy = policy.clone().with_fail_fast(fail_fast);
        let (_, service) = around(policy, &Client::new(|_| 500));
        service.clone().oneshot(ask()).await.unwrap();
        let mut second = task::spawn(service.oneshot(ask()));
        let answer = second.poll();
        assert_eq!(answer.is_ready(), fail_fast);
    }
}

#[tokio::test(start_paused = true)]
async fn for_a_place_there_is_a_queue_of_the_length_and_the_time_that_are_said() {
    let places = |queue| {
        let fixed = Concurrency::fixed(one()).with_queue(queue);
        bare().with_concurrency(fixed.with_max_wait(SECOND / 2))
    };
    for (queue, waits) in [(0, false), (1, true)] {
        let service = Stack::new(places(queue)).unwrap().layer(slow(|_| 200));
        let mut first = task::spawn(service.clone().oneshot(ask()));
        assert_pending!(first.poll());
        let mut second = task::spawn(service.clone().oneshot(ask()));
        let answer = second.poll();
        assert_eq!(answer.is_pending(), waits);
        if waits {
            tokio::time::advance(SECOND / 2 + Duration::from_millis(1)).await;
            assert_eq!(why(assert_ready!(second.poll())), Some(Why::Concurrency));
        }
    }
}

/// A second call that waits while the first fails: what becomes of it, and when.
async fn shed(waits_in: Policy, status: u16) -> (Option<Why>, Duration) {
    let answer: fn(u32) -> u16 = match status {
        429 => |_| 429,
        _ => |_| 500,
    };
    let service = Stack::new(waits_in).unwrap().layer(slow(answer));
    let first = tokio::spawn(service.clone().oneshot(ask()));
    tokio::task::yield_now().await;
    let clock = Clock::default();
    let began = clock.now();
    let second = tokio::spawn(service.oneshot(ask()));
    first.await.unwrap().unwrap();
    let refused = why(second.await.unwrap());
    (refused, clock.now().since(began))
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_not_sent_after_a_pause_or_an_open_circuit() {
    // The pause is longer than it may be waited for, and the next slot further away than the answer.
    let hour = Duration::from_secs(3_600);
    let long = Backoff::new(hour, hour).unwrap().with_jitter(Jitter::None);
    let cooldown = pauses().with_pauses(Pauses::default().with_default_wait(long));
    let place = bare().with_concurrency(Concurrency::fixed(one()));
    let paused = place.clone().with_cooldown(cooldown.clone());
    let open = place.with_breaker(opens_at_once());
    for (policy, status, refused) in [(paused, 429, Why::Cooldown), (open, 500, Why::CircuitOpen)] {
        let (why, after) = shed(policy.with_rate_limit(per_minute(1)), status).await;
        assert_eq!(why, Some(refused));
        assert!(after < 2 * SECOND, "it did not wait for the slot");
    }
    let limited = bare().with_rate_limit(per_minute(1));
    let (why, _) = shed(limited.with_cooldown(cooldown), 429).await;
    assert_eq!(why, Some(Why::Cooldown), "though it had its slot");
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_found_where_that_is_asked_for() {
    for adaptive in [true, false] {
        let limit = RateLimit::new([]).unwrap().with_adaptive(adaptive);
        let limit = limit.with_learn(false);
        let (stack, service) = around(bare().with_rate_limit(limit), &answering(429));
        service.oneshot(ask()).await.unwrap();
        let found = stack
            .rate_limit()
            .map(|limits| limits.snapshot(Key::ALL).found);
        assert_eq!(found.flatten().is_some(), adaptive);
    }
}

#[tokio::test(start_paused = true)]
async fn the_users_rules_go_before_the_profiles() {
    let busy = |reply: &Reply<'_>| match reply.status.as_u16() {
        404 => Answer::This(Outcome::new(Class::Overloaded)),
        _ => Answer::NoOpinion,
    };
    for (status, class) in [(404, Class::Overloaded), (401, Class::Auth)] {
        let answer: fn(u32) -> u16 = match status {
            404 => |_| 404,
            _ => |_| 401,
        };
        let stack = Stack::builder()
            .policy(bare())
            .with_rule(busy)
            .build()
            .unwrap();
        let response = stack
            .layer(Client::new(answer))
            .oneshot(ask())
            .await
            .unwrap();
        let outcome = response.extensions().get::<Outcome>().unwrap();
        assert_eq!(outcome.class(), class);
    }
}

#[test]
fn a_profile_of_text_is_none_for_a_stack() {
    let name = ProfileName::new("claude_cli").unwrap();
    assert!(Stack::new(Policy::bare(name)).is_err());
}
