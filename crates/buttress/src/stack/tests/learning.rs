//! What of a server's word concerns which limit of a policy.

use std::time::Duration;

use buttress_core::policy::{KeyBy, Limit, RateLimit};
use buttress_core::quota::Quota;
use buttress_core::{Outcome, Rejected, UnixTime};
use tower::{ServiceExt, service_fn};

use super::*;
use crate::time::Clock;

/// What GitHub says of a resource, at noon of a day.
fn of_resource(resource: &'static str) -> Response<Body> {
    let response = Response::builder()
        .header("date", "Tue, 20 Oct 2026 12:00:00 GMT")
        .header("x-ratelimit-limit", "5000")
        .header("x-ratelimit-remaining", "3")
        .header("x-ratelimit-reset", "1792497660")
        .header("x-ratelimit-resource", resource);
    response.body(Body::new()).unwrap()
}

/// After one answer: how many of the server's quotas are known, and of the first of ours how many units there are and how
/// many are left.
async fn learnt(
    profile: &'static str,
    limits: RateLimit,
    resource: &'static str,
) -> (usize, Option<(u64, u64)>) {
    let policy = Policy::bare(ProfileName::new(profile).unwrap()).with_rate_limit(limits);
    let stack = Stack::new(policy).unwrap();
    let service = stack.layer(service_fn(move |_: Ask| {
        std::future::ready(Ok::<_, Infallible>(of_resource(resource)))
    }));
    service.oneshot(ask()).await.unwrap();
    let all = stack.rate_limit().unwrap().snapshots();
    let snapshot = &all[0].1;
    let level = snapshot.levels.first();
    let level = level.map(|level| (level.quota.units(), level.remaining));
    (snapshot.learned.len(), level)
}

fn limited(limit: fn(Quota) -> Limit) -> RateLimit {
    let limit = limit(Quota::new(900, Duration::from_secs(60)).unwrap());
    RateLimit::new([limit]).unwrap().with_learn(true)
}

#[tokio::test(start_paused = true)]
async fn of_githubs_resources_the_one_is_learnt_that_the_key_stands_for() {
    let all = RateLimit::default;
    assert_eq!(learnt("github", all(), "core").await.0, 1);
    assert_eq!(learnt("github", all(), "search").await.0, 0);
    let by_resource = all().with_key(KeyBy::Resource);
    assert_eq!(learnt("github", by_resource, "search").await.0, 1);
    assert_eq!(learnt("github_graphql", all(), "graphql").await.0, 1);
    assert_eq!(learnt("github_graphql", all(), "core").await.0, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_told_as_requests_is_graphqls_points_and_nobody_elses() {
    let points = || limited(Limit::points);
    let (_, level) = learnt("github_graphql", points(), "graphql").await;
    assert_eq!(level, Some((900, 3)));
    let (_, level) = learnt("github", points(), "core").await;
    assert_eq!(level, Some((900, 899)));
    let (_, level) = learnt("github", limited(Limit::requests), "core").await;
    assert_eq!(level, Some((900, 3)));
}

#[tokio::test(start_paused = true)]
async fn the_servers_limit_is_adopted_where_the_policy_says_so() {
    let requests = limited(Limit::requests).with_adopt(true);
    let (_, level) = learnt("github", requests, "core").await;
    assert_eq!(level, Some((5_000, 3)));
}

const NOON: i64 = 1_792_497_600; // Tue, 20 Oct 2026 12:00:00 GMT

#[tokio::test(start_paused = true)]
async fn without_a_date_of_the_servers_all_layers_go_by_the_wall_clock_that_was_given() {
    let limits = RateLimit::default().with_max_wait(Duration::ZERO);
    let policy = Policy::bare(ProfileName::new("github").unwrap()).with_rate_limit(limits);
    let clock = Clock::with_wall(|| UnixTime::from_secs(NOON));
    let stack = Stack::builder().policy(policy).with_clock(clock).build();
    let service = stack.unwrap().layer(service_fn(|_: Ask| {
        let response = Response::builder()
            .status(503)
            .header("retry-after", "Tue, 20 Oct 2026 12:00:30 GMT")
            .header("x-ratelimit-limit", "5000")
            .header("x-ratelimit-remaining", "0")
            .header("x-ratelimit-reset", NOON + 60)
            .header("x-ratelimit-resource", "core");
        std::future::ready(Ok::<_, Infallible>(response.body(Body::new()).unwrap()))
    }));
    let response = service.clone().oneshot(ask()).await.unwrap();
    let hint = response.extensions().get::<Outcome>().unwrap().hint();
    assert_eq!(hint.map(|hint| hint.wait), Some(Duration::from_secs(30)));
    let refused = service.oneshot(ask()).await.unwrap_err();
    let until = Rejected::find(&*refused).and_then(|rejected| rejected.not_before);
    let wait = until.unwrap().since(clock.now()).as_secs();
    assert!((59..=62).contains(&wait), "{wait}");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_tokens_is_not_heeded_where_no_request_is_weighed() {
    let policy = Policy::bare(ProfileName::new("openai").unwrap());
    let policy = policy.with_rate_limit(RateLimit::default().with_learn(true));
    let stack = Stack::new(policy).unwrap();
    let service = stack.layer(service_fn(|_: Ask| {
        let response = Response::builder()
            .header("x-ratelimit-limit-requests", "60")
            .header("x-ratelimit-remaining-requests", "59")
            .header("x-ratelimit-reset-requests", "1s")
            .header("x-ratelimit-limit-tokens", "150000")
            .header("x-ratelimit-remaining-tokens", "1")
            .header("x-ratelimit-reset-tokens", "6m0s");
        std::future::ready(Ok::<_, Infallible>(response.body(Body::new()).unwrap()))
    }));
    service.oneshot(ask()).await.unwrap();
    let learned = &stack.rate_limit().unwrap().snapshots()[0].1.learned;
    let remaining: Vec<_> = learned.iter().map(|one| one.remaining).collect();
    assert_eq!(remaining, [59]);
}
