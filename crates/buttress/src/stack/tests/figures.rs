//! What a policy says beforehand, and what its stack does.

use std::num::NonZeroU32;
use std::time::Duration;

use buttress_core::BoxError;
use buttress_core::backoff::{Backoff, Jitter, Percent};
use buttress_core::budget::Share;
use buttress_core::policy::{Breaker, Concurrency, Cooldown, Limit, RateLimit, Retry, RetryBudget};
use buttress_core::quota::Quota;
use buttress_core::retry::{HintUse, LongHint, Retries};
use proptest::prelude::*;
use tower::ServiceExt;

use super::*;
use crate::time::{Clock, sleep};

/// A server that is never well: it answers after a while, or never, with a failure, and says now and then when to come back.
#[derive(Clone)]
struct Sick {
    attempts: Arc<AtomicU32>,
    millis: u64,
    retry_after: u64,
}

impl Service<Ask> for Sick {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Ask) -> Self::Future {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        let (millis, retry_after) = (self.millis, self.retry_after);
        Box::pin(async move {
            sleep(Duration::from_millis(millis * u64::from(attempt % 3))).await;
            let response = Response::builder();
            let response = match attempt % 4 {
                0 => response.status(500),
                1 => response.status(503).header("retry-after", retry_after),
                2 => response.status(429).header("retry-after", retry_after),
                _ => response.status(429),
            };
            Ok(response.body(Body::new())?)
        })
    }
}

fn millis() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(1),
        Just(999),
        Just(1_000),
        Just(60_000),
        1..200_000_u64
    ]
    .prop_map(Duration::from_millis)
}

fn backoff() -> impl Strategy<Value = Backoff> {
    let quarter = Percent::new(25).unwrap();
    let jitter = prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
        Just(Jitter::Proportional(quarter)),
    ];
    (millis(), millis(), jitter, 1..4_u32).prop_map(|(one, other, jitter, factor)| {
        let backoff = Backoff::new(one.min(other), one.max(other)).unwrap();
        let factor = NonZeroU32::new(factor).unwrap();
        backoff.with_jitter(jitter).with_factor(factor)
    })
}

fn retry() -> impl Strategy<Value = Retry> {
    let long = prop_oneof![
        Just(LongHint::Refuse),
        Just(LongHint::PassOver),
        Just(LongHint::Cut)
    ];
    let uses = prop_oneof![Just(HintUse::Replace), Just(HintUse::Lengthen)];
    let budget = prop_oneof![
        Just(RetryBudget::UNLIMITED),
        Just(RetryBudget::DEFAULT),
        (0..300_u32, 0..3_u32, 1..60_u64).prop_map(|(percent, per_second, memory)| {
            let share = Share::from_percent(percent).unwrap();
            RetryBudget::of_calls(share, per_second, Duration::from_secs(memory)).unwrap()
        }),
    ];
    (
        1..7_u32,
        backoff(),
        millis(),
        long,
        uses,
        any::<bool>(),
        budget,
    )
        .prop_map(
            |(attempts, backoff, max_wait, long, uses, margin, budget)| {
                let retries = Retries::default()
                    .with_max_attempts(NonZeroU32::new(attempts).unwrap())
                    .with_backoff(backoff)
                    .with_max_wait(max_wait)
                    .with_long_hint(long)
                    .with_hint_use(uses)
                    .with_margin(margin);
                Retry::new(retries).with_budget(budget)
            },
        )
}

fn some_time() -> impl Strategy<Value = Option<Duration>> {
    prop_oneof![Just(None), millis().prop_map(Some)]
}

fn policy() -> impl Strategy<Value = Policy> {
    let cooldown = millis().prop_map(|wait| Cooldown::default().with_max_wait(wait));
    let concurrency = (1..4_u32, millis()).prop_map(|(places, wait)| {
        let places = NonZeroU32::new(places).unwrap();
        Concurrency::fixed(places).with_max_wait(wait)
    });
    let rate_limit = (1..30_u64, millis()).prop_map(|(units, wait)| {
        let limit = Limit::requests(Quota::per_minute(units).unwrap());
        RateLimit::new([limit]).unwrap().with_max_wait(wait)
    });
    let parts = (
        prop::option::of(retry()),
        prop::option::of(cooldown),
        prop::option::of(concurrency),
        prop::option::of(rate_limit),
        prop::option::of(Just(Breaker::default())),
    );
    let times = (some_time(), millis(), any::<bool>(), any::<bool>());
    (parts, times).prop_map(|(parts, (deadline, attempt, fail_fast, isolation))| {
        let (retry, cooldown, concurrency, rate_limit, breaker) = parts;
        let attempt = deadline.map_or(attempt, |deadline| attempt.min(deadline));
        bare()
            .with_retry(retry)
            .with_cooldown(cooldown)
            .with_concurrency(concurrency)
            .with_rate_limit(rate_limit)
            .with_breaker(breaker)
            .with_fail_fast(fail_fast)
            .with_isolation(isolation)
            .with_deadline(deadline)
            .and_then(|policy| policy.with_attempt_timeout(attempt))
            .unwrap()
    })
}

/// Makes some calls at a time, and gives how long the longest took, how long all took, and how often the server was asked.
async fn simulate(
    policy: Policy,
    sick: &Sick,
    calls: usize,
    gap: Duration,
) -> (Duration, Duration) {
    let stack = Stack::builder()
        .policy(policy)
        .with_seed(7)
        .build()
        .unwrap();
    let service = stack.layer(sick.clone());
    let clock = Clock::default();
    let began = clock.now();
    let calls = (0..calls).map(|n| {
        let service = service.clone();
        tokio::spawn(async move {
            sleep(gap * u32::try_from(n).unwrap()).await;
            let began = clock.now();
            let _ = service.oneshot(ask()).await;
            clock.now().since(began)
        })
    });
    let calls: Vec<_> = calls.collect();
    let mut longest = Duration::ZERO;
    for call in calls {
        longest = longest.max(call.await.unwrap());
    }
    (longest, clock.now().since(began))
}

/// tokio's timer goes by whole milliseconds, and is up to one late at each wait: four layers in each of seven attempts.
const LATE: Duration = Duration::from_millis(4 * 7 + 7);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_stack_exceeds_what_its_policy_says_beforehand(
        policy in policy(),
        (millis, retry_after) in (prop_oneof![Just(0), Just(10), 0..300_000_u64], 0..200_u64),
        (calls, gap) in (1..12_usize, prop_oneof![Just(Duration::ZERO), millis()]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let attempts = Arc::default();
        let sick = Sick { attempts, millis, retry_after };
        let figures = policy.figures();
        let (longest, over) = runtime.block_on(simulate(policy, &sick, calls, gap));
        let attempts = sick.attempts.load(Ordering::Relaxed);
        let most = figures.max_attempts().get() * u32::try_from(calls).unwrap();
        prop_assert!(attempts <= most, "{} attempts of {}", attempts, most);
        let most = figures.most_attempts(calls as u64, over);
        prop_assert!(u64::from(attempts) <= most, "{} attempts of {}", attempts, most);
        if let Some(most) = figures.longest_call() {
            prop_assert!(longest <= most + LATE, "{:?} of {:?}", longest, most);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_as_slowly_as_it_may_takes_as_long_as_was_said() {
    let backoff = Backoff::new(Duration::from_secs(8), Duration::from_secs(8)).unwrap();
    let retries = Retries::default()
        .with_max_attempts(NonZeroU32::new(3).unwrap())
        .with_backoff(backoff.with_jitter(Jitter::None))
        .with_max_wait(Duration::from_secs(1));
    let policy = bare()
        .with_retry(Retry::new(retries))
        .with_attempt_timeout(Duration::from_secs(10))
        .unwrap();
    let (service, mut handle) = tower_test::mock::pair::<Ask, Response<Body>>();
    let stack = Stack::new(policy.clone()).unwrap();
    handle.allow(10);
    let clock = Clock::default();
    let began = clock.now();
    stack.layer(service).oneshot(ask()).await.unwrap_err();
    // 3 × 10 s and 2 × 8 s.
    assert_eq!(
        policy.figures().longest_call(),
        Some(Duration::from_secs(46))
    );
    assert_eq!(clock.now().since(began).as_secs(), 46);
}
