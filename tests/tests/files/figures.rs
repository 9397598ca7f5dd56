//! What is told of a file beforehand, and what its stack does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use buttress::Clock;
use buttress::core::Policy;
use buttress::upstreams::{ToUpstream, Upstreams};
use http::{Request, Response};
use proptest::prelude::*;
use tokio::time::sleep;
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use crate::written::written;

/// A server that always fails: after how long, and when it says to come back.
#[derive(Clone, Copy, Debug)]
struct Sick {
    slow: Duration,
    status: u16,
    retry_after: Option<u64>,
}

fn sick() -> impl Strategy<Value = Sick> {
    let millis = prop_oneof![Just(0), Just(3), 0..300_000_u64];
    let told = prop_oneof![
        2 => Just((500, None)),
        1 => (0..200_u64).prop_map(|secs| (503, Some(secs))),
        1 => (0..200_u64).prop_map(|secs| (429, Some(secs))),
        1 => Just((429, None)),
    ];
    (millis, told).prop_map(|(millis, (status, retry_after))| Sick {
        slow: Duration::from_millis(millis),
        status,
        retry_after,
    })
}

struct Seen {
    attempts: u32,
    longest: Duration,
    over: Duration,
}

/// So many calls, one after the other begun.
async fn calls(upstreams: &Upstreams, sick: Sick, calls: u32, gap: Duration) -> Seen {
    let attempts = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&attempts);
    let client = service_fn(move |_: Request<String>| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            sleep(sick.slow).await;
            let response = Response::builder().status(sick.status);
            let response = match sick.retry_after {
                Some(secs) => response.header("retry-after", secs),
                None => response,
            };
            response.body(String::new())
        }
    });
    let (service, clock) = (upstreams.layer(client), Clock::default());
    let began = clock.now();
    let calls = (0..calls).map(|n| {
        let service = service.clone();
        tokio::spawn(async move {
            sleep(gap * n).await;
            let began = clock.now();
            let request = Request::get("/").extension(ToUpstream::new("a"));
            let _ = service.oneshot(request.body(String::new()).unwrap()).await;
            clock.now().since(began)
        })
    });
    let calls: Vec<_> = calls.collect();
    let mut longest = Duration::ZERO;
    for call in calls {
        longest = longest.max(call.await.unwrap());
    }
    Seen {
        attempts: attempts.load(Ordering::Relaxed),
        longest,
        over: clock.now().since(began),
    }
}

/// tokio's timer goes by whole milliseconds, and is up to one late at each wait: four layers in each of seven attempts.
const LATE: Duration = Duration::from_millis(4 * 7 + 7);

/// Whether nothing but the attempts bounds a lone call to a server that fails so: no other part refuses any, and all of
/// them fit into the time.
fn is_bound_by_attempts_alone(policy: &Policy, sick: Sick) -> bool {
    let Some(retry) = policy.retry() else {
        return true;
    };
    let attempts = retry.retries().max_attempts().get();
    let attempt = policy.attempt_timeout().unwrap_or(Duration::MAX);
    let time = (sick.slow.min(attempt) + LATE).saturating_mul(attempts)
        + retry.retries().backoff().cap() * (attempts - 1);
    sick.retry_after.is_none()
        && sick.status == 500
        && policy.breaker().is_none()
        && policy.rate_limit().is_none()
        && (retry.budget().share().is_none() || policy.figures().floor() >= attempts)
        && policy.deadline().is_none_or(|deadline| time < deadline)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn no_stack_of_a_file_exceeds_what_the_file_is_said_to_mean(
        written in written(),
        sick in sick(),
        (count, gap) in prop_oneof![Just((1, 0)), (1..9_u32, 0..100_000_u64)],
    ) {
        let document = written.document();
        let config = document.read().unwrap();
        let policy = config.upstream("a").unwrap().policy();
        let upstreams = Upstreams::from_document(&document).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let seen = runtime.block_on(calls(&upstreams, sick, count, Duration::from_millis(gap)));
        let figures = policy.figures();
        let most = figures.most_attempts(count.into(), seen.over);
        prop_assert!(u64::from(seen.attempts) <= most, "{} of {}", seen.attempts, most);
        let most = figures.max_attempts().get();
        prop_assert!(seen.attempts <= most * count, "{} of {}", seen.attempts, most);
        if let Some(most) = figures.longest_call() {
            prop_assert!(seen.longest <= most + LATE, "{:?} of {:?}", seen.longest, most);
        }
        if count == 1 && is_bound_by_attempts_alone(policy, sick) {
            prop_assert_eq!(seen.attempts, most, "{}", written.text());
        }
    }
}

const SLOWEST: &str = r#"
[upstream.a]
deadline = false
retry = { max_attempts = 2, backoff = "no-jitter", base = "7s", cap = "7s", max_wait = "0s" }
cooldown = false
rate_limit = { requests_per_minute = 1, max_wait = "60s" }
breaker = false
attempt_timeout = "20s"
"#;

#[tokio::test(start_paused = true)]
async fn calls_that_wait_and_last_as_long_as_a_file_lets_them_are_within_what_it_is_said_to_mean() {
    let upstreams = Upstreams::from_toml(SLOWEST).unwrap();
    let sick = Sick {
        slow: Duration::from_secs(3_600),
        status: 500,
        retry_after: None,
    };
    let figures = upstreams.stack("a").unwrap().policy().figures();
    // 2 × (60 s + 20 s) and 7 s.
    let longest = Duration::from_secs(167);
    assert_eq!(figures.longest_call(), Some(longest));
    let seen = calls(&upstreams, sick, 1, Duration::ZERO).await;
    assert_eq!(seen.attempts, 2);
    // The first attempt waits for nothing; the second for what is left of the minute.
    assert_eq!(seen.longest.as_secs(), 80);
}
