//! Ten thousand calls, a hundred reloads: none is lost, and no limit is exceeded.

use std::sync::Mutex;
use std::time::Duration;

use buttress_core::policy::{Breaker, Concurrency, Cooldown, Limit, Policy, RateLimit, Retry};
use buttress_core::quota::Quota;
use buttress_core::{BoxError, Rejected, Timestamp, Why};
use tower::ServiceExt;

use super::*;
use crate::time::{Clock, sleep};

const CALLS: u32 = 10_000;
const RELOADS: u32 = 100;

fn limited(quota: Quota, max_wait: Duration) -> RateLimit {
    let limit = RateLimit::new([Limit::requests(quota)]).unwrap();
    limit.with_max_wait(max_wait)
}

/// A rate and a burst, by the number of the reload.
fn figures(reload: u32) -> (u64, u64) {
    [(400, 20), (100, 5), (300, 50), (200, 1)][reload as usize % 4]
}

/// Every layer, now and then one of them missing.
fn policy(reload: u32) -> Policy {
    let (rate, burst) = figures(reload);
    let quota = Quota::per_second(rate).unwrap().with_burst(burst).unwrap();
    bare()
        .with_deadline(Duration::from_secs(3_600))
        .unwrap()
        .with_retry(Retry::default())
        .with_fail_fast(!reload.is_multiple_of(3))
        .with_cooldown((!reload.is_multiple_of(5)).then(Cooldown::default))
        .with_concurrency(
            (!reload.is_multiple_of(7)).then(|| Concurrency::default().with_queue(usize::MAX)),
        )
        .with_breaker((!reload.is_multiple_of(11)).then(Breaker::default))
        .with_rate_limit(limited(quota, Duration::from_secs(3_600)))
        .with_isolation(reload.is_multiple_of(2))
}

/// A client that takes its time, and writes down when it was asked.
#[derive(Clone)]
struct Log {
    sent: Arc<Mutex<Vec<Timestamp>>>,
}

impl Service<Ask> for Log {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Ask) -> Self::Future {
        let mut sent = self.sent.lock().unwrap();
        sent.push(Clock::default().now());
        let millis = sent.len() as u64 % 90;
        Box::pin(async move {
            sleep(Duration::from_millis(millis)).await;
            Ok(Response::new(Body::new()))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_and_a_hundred_reloads_lose_none_and_exceed_nothing() {
    let log = Log {
        sent: Arc::default(),
    };
    let stack = Stack::new(policy(0)).unwrap();
    let service = stack.layer(log.clone());
    let calls = (0..CALLS).map(|n| {
        let mut service = service.clone();
        tokio::spawn(async move {
            // Arrives within the first half of the reloads.
            sleep(Duration::from_millis(u64::from(n) * 2)).await;
            let ready = service.ready().await?;
            ready.call(ask()).await.map(|response| response.status())
        })
    });
    let calls: Vec<_> = calls.collect();
    let mut rates = vec![(Clock::default().now(), figures(0))];
    for reload in 1..=RELOADS {
        sleep(Duration::from_millis(397)).await;
        stack.reload(policy(reload)).unwrap();
        rates.push((Clock::default().now(), figures(reload)));
    }
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), StatusCode::OK);
    }
    let sent = log.sent.lock().unwrap();
    assert_eq!(sent.len(), CALLS as usize);
    assert_no_limit_exceeded(&sent, &rates);
}

/// The naive model: whatever the bucket, between two times no more goes than the largest burst and what came in.
fn assert_no_limit_exceeded(sent: &[Timestamp], rates: &[(Timestamp, (u64, u64))]) {
    let came_by = |at: Timestamp| -> u128 {
        let ends = rates
            .iter()
            .skip(1)
            .map(|(at, _)| *at)
            .chain([Timestamp::MAX]);
        let pieces = rates
            .iter()
            .zip(ends)
            .map(|((from, (rate, _)), to)| u128::from(*rate) * at.min(to).since(*from).as_nanos());
        pieces.sum()
    };
    const SECOND: u128 = 1_000_000_000;
    let came: Vec<_> = sent.iter().map(|at| came_by(*at)).collect();
    // A call that wakes up to two milliseconds late counts at its slot.
    let burst = rates.iter().map(|(_, (_, burst))| *burst).max().unwrap() + 1;
    for window in [2, 10, 100, 300, 1_000, 5_000] {
        for (first, pair) in came.windows(window).enumerate() {
            let most = u128::from(burst) * SECOND + (pair[window - 1] - pair[0]);
            assert!(
                window as u128 * SECOND <= most,
                "{window} from {first} on: {} came in",
                (pair[window - 1] - pair[0]) / SECOND
            );
        }
    }
}

/// Whoever finds no slot is refused, so that there is nothing to wait for: real threads, in real time.
#[test]
fn threads_that_call_while_another_reloads_share_one_quota() {
    const THREADS: u32 = 8;
    // One comes back in 86 seconds or more.
    let policy = |reload: u32| {
        let quota = Quota::per_day(1_000 - 200 * u64::from(reload % 2)).unwrap();
        let breaker = (!reload.is_multiple_of(3)).then(Breaker::default);
        bare()
            .with_rate_limit(limited(quota, Duration::ZERO))
            .with_cooldown(Cooldown::default())
            .with_breaker(breaker)
    };
    let client = Client::new(|_| 200);
    let (stack, service) = around(policy(0), &client);
    let refused = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            let (mut service, refused) = (service.clone(), &refused);
            scope.spawn(move || {
                for _ in 0..CALLS / THREADS {
                    let answer =
                        tokio_test::block_on(async { service.ready().await?.call(ask()).await });
                    if let Err(error) = answer {
                        assert_eq!(
                            Rejected::find(&*error).map(|it| it.why),
                            Some(Why::RateLimit)
                        );
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        scope.spawn(|| (1..=RELOADS).for_each(|reload| stack.reload(policy(reload)).unwrap()));
    });
    let (sent, refused) = (client.attempts(), refused.into_inner());
    assert_eq!(sent + refused, CALLS, "none is lost");
    assert!((750..=1_000).contains(&sent), "{sent} of 800 to 1 000");
}
