//! There is one order, whatever the policy.

use std::time::Duration;

use buttress_core::policy::{Breaker, Concurrency, Cooldown, Limit, Policy, RateLimit, Retry};
use buttress_core::quota::Quota;
use tower::ServiceExt;

use super::*;

/// Every policy that switches layers on and off: bit by bit, from the outermost.
fn policies() -> impl Iterator<Item = (u32, Policy)> {
    (0..1 << 9).map(|bits| (bits, policy(bits)))
}

fn policy(bits: u32) -> Policy {
    let on = |bit: u32| bits >> bit & 1 == 1;
    let second = |n| Some(Duration::from_secs(n));
    let tokens = RateLimit::new([Limit::tokens(Quota::per_minute(10_000).unwrap())]).unwrap();
    bare()
        .with_deadline(second(60).filter(|_| on(0)))
        .unwrap()
        .with_retry(on(1).then(Retry::default))
        .with_fail_fast(on(2))
        .with_cooldown(on(3).then(Cooldown::default))
        .with_concurrency(on(4).then(Concurrency::default))
        .with_rate_limit(on(5).then_some(tokens))
        .with_breaker(on(6).then(Breaker::default))
        .with_attempt_timeout(second(10).filter(|_| on(7)))
        .unwrap()
        .with_isolation(on(8))
}

/// The names of the services as they print themselves, and of the layers.
const SERVICES: [(&str, &str); 13] = [
    ("Calls { inner:", "call"),
    ("Deadline { inner:", "deadline"),
    ("Retry { inner:", "retry"),
    ("FailFast { inner:", "fail_fast"),
    ("Cooldown { inner:", "cooldown"),
    ("Concurrency { inner:", "concurrency"),
    ("UsageService { inner:", "usage"),
    ("RateLimit { inner:", "rate_limit"),
    ("CircuitBreaker { inner:", "breaker"),
    ("Attempts { inner:", "attempt"),
    ("AttemptTimeout { inner:", "attempt_timeout"),
    ("Isolation { inner:", "isolation"),
    ("Classify { inner:", "classify"),
];

/// The layers of a service, as they stand around each other.
fn printed(service: &Stacked<Client>) -> Vec<&'static str> {
    let text = format!("{service:?}");
    let found = SERVICES.iter().filter_map(|(service, name)| {
        let at = text.find(service)?;
        assert!(
            !text[at + 1..].contains(service),
            "{service} twice in {text}"
        );
        Some((at, *name))
    });
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).collect()
}

#[test]
fn whatever_is_left_out_the_rest_stands_in_the_one_order() {
    let order = SERVICES.map(|(_, name)| name);
    for (bits, policy) in policies() {
        let (stack, service) = around(policy, &Client::new(|_| 200));
        let layers = stack.layers();
        let expected: Vec<_> = order
            .into_iter()
            .filter(|name| layers.contains(name))
            .collect();
        assert_eq!(layers, expected, "{bits:b}");
        assert_eq!(printed(&service), expected, "{bits:b}");
        let off = u32::try_from(layers.len()).unwrap() - 1 - u32::from(layers.contains(&"usage"));
        assert_eq!(off, bits.count_ones(), "{bits:b}");
    }
}

struct Nobody;

impl crate::observe::Observer for Nobody {}

#[test]
fn whoever_wants_to_know_stands_outside_everything_and_outside_the_attempt() {
    let stack = Stack::builder()
        .policy(policy(u32::MAX))
        .with_observer(Arc::new(Nobody))
        .build()
        .unwrap();
    let order = SERVICES.map(|(_, name)| name);
    assert_eq!(stack.layers(), order);
    assert_eq!(printed(&stack.layer(Client::new(|_| 200))), order);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_left_out_an_answer_comes_through() {
    for (bits, policy) in policies() {
        let client = Client::new(|_| 404);
        let (_, service) = around(policy, &client);
        let response = service.oneshot(ask()).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), client.attempts()),
            (404, 1),
            "{bits:b}"
        );
    }
}

#[test]
fn that_layers_may_be_left_out_costs_a_word_for_each_of_them() {
    fn size<S: Service<Ask>>(_: &S) -> usize {
        size_of::<S::Future>()
    }
    let (stack, stacked) = around(policy(u32::MAX), &Client::new(|_| 200));
    let (_, built) = stack.shared.current();
    let layers = &built.layers;
    let by_hand = tower::ServiceBuilder::new()
        .layer(crate::observe::CallLayer::default())
        .layer(layers.deadline.clone().unwrap())
        .layer(layers.retry.clone().unwrap())
        .layer(layers.fail_fast.clone().unwrap())
        .layer(layers.cooldown.clone().unwrap())
        .layer(layers.concurrency.clone().unwrap())
        .layer(layers.usage.unwrap())
        .layer(layers.rate_limit.clone().unwrap())
        .layer(layers.breaker.clone().unwrap())
        .layer(crate::observe::AttemptLayer::default())
        .layer(layers.attempt_timeout.clone().unwrap())
        .layer(layers.isolation.clone().unwrap())
        .layer(layers.classify.clone())
        .service(Client::new(|_| 200));
    let most = size(&by_hand) + 12 * size_of::<usize>();
    assert!(size(&stacked) <= most, "{} of {most}", size(&stacked));
}
