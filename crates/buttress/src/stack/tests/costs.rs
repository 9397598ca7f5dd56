//! What a call costs, by what is limited.

use std::time::Duration;

use buttress_core::policy::{Limit, RateLimit, Retry};
use buttress_core::quota::Quota;
use tower::ServiceExt;

use super::*;
use crate::rate_limit::Cost;

/// What is left of a hundred after a request.
async fn left(profile: &'static str, limit: fn(Quota) -> Limit, request: Ask) -> u64 {
    let limit = limit(Quota::per_day(100).unwrap());
    let limits = RateLimit::new([limit])
        .unwrap()
        .with_max_wait(Duration::ZERO);
    let policy = Policy::bare(ProfileName::new(profile).unwrap())
        .with_rate_limit(limits)
        .with_retry(Retry::default());
    let (stack, service) = around(policy, &Client::new(|_| 200));
    service.oneshot(request).await.unwrap();
    let all = stack.rate_limit().unwrap().snapshots();
    all[0].1.levels[0].remaining
}

fn post(body: &str) -> Ask {
    Request::post("https://api.example.com/")
        .body(body.to_owned())
        .unwrap()
}

const CHAT: &str =
    r#"{"messages":[{"role":"user","content":"sixteen bytes ..."}],"max_tokens":20}"#;

#[tokio::test(start_paused = true)]
async fn points_are_counted_as_the_profile_counts_them() {
    assert_eq!(left("github", Limit::points, ask()).await, 99);
    assert_eq!(left("github", Limit::points, post("{}")).await, 95);
    let mutation = post(r#"{"query":"mutation { a }"}"#);
    assert_eq!(left("github_graphql", Limit::points, mutation).await, 95);
    assert_eq!(left("openai", Limit::points, post(CHAT)).await, 99);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_estimated_and_requests_are_one() {
    // Four bytes of text to a token, and the most that the answer may have.
    let tokens = 100 - left("openai", Limit::tokens, post(CHAT)).await;
    assert!((24..=27).contains(&tokens), "{tokens}");
    assert_eq!(left("openai", Limit::requests, post(CHAT)).await, 99);
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_says_that_it_costs_it_costs() {
    for (profile, limit) in [
        ("github", Limit::points as fn(_) -> _),
        ("openai", Limit::tokens),
    ] {
        let mut request = post(CHAT);
        request.extensions_mut().insert(Cost(30));
        assert_eq!(left(profile, limit, request).await, 70, "{profile}");
    }
}

/// Says what remains, as OpenAI does, and counts.
#[derive(Clone)]
struct Telling(Arc<AtomicU32>);

impl Service<Ask> for Telling {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Ask) -> Self::Future {
        let sent = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let response = Response::builder()
            .header("x-ratelimit-limit-requests", "5")
            .header("x-ratelimit-remaining-requests", 5_u32.saturating_sub(sent))
            .header("x-ratelimit-reset-requests", "60s");
        std::future::ready(Ok(response.body(Body::new()).unwrap()))
    }
}

async fn sent_of_ten(policy: Policy, then: Option<Policy>) -> u32 {
    let client = Telling(Arc::default());
    let stack = Stack::new(policy).unwrap();
    let service = stack.layer(client.clone());
    for _ in 0..5 {
        let _ = service.clone().oneshot(ask()).await;
    }
    if let Some(policy) = then {
        stack.reload(policy).unwrap();
    }
    for _ in 0..5 {
        let _ = service.clone().oneshot(ask()).await;
    }
    client.0.load(Ordering::Relaxed)
}

fn openai(limits: RateLimit) -> Policy {
    let openai = ProfileName::new("openai").unwrap();
    Policy::bare(openai).with_rate_limit(limits.with_max_wait(Duration::ZERO))
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_remains_is_learnt_and_is_known_after_a_reload() {
    let learns = openai(RateLimit::default());
    assert_eq!(sent_of_ten(learns.clone(), None).await, 5);
    let isolated = learns.clone().with_isolation(true);
    assert_eq!(sent_of_ten(learns.clone(), Some(isolated)).await, 5);
    let limit = Limit::requests(Quota::per_minute(100).unwrap());
    let limited = openai(RateLimit::new([limit]).unwrap());
    assert_eq!(
        sent_of_ten(limited.clone(), None).await,
        10,
        "nothing is learnt"
    );
    // To begin to learn is to begin with the first answer after it.
    assert_eq!(sent_of_ten(limited, Some(learns)).await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_says_nothing_of_what_remains_has_nothing_to_teach() {
    let bedrock = ProfileName::new("bedrock").unwrap();
    let policy = Policy::bare(bedrock).with_rate_limit(RateLimit::default());
    let stack = Stack::new(policy).unwrap();
    assert_eq!(stack.layers(), ["classify"]);
}
