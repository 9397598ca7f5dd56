use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use buttress::Clock;
use buttress::rate_limit::governor::GovernorLayer;
use buttress::rate_limit::{Quota, RateLimitLayer};
use governor::{Jitter, RateLimiter};
use tower::buffer::Buffer;
use tower::limit::{RateLimit, rate::Rate};
use tower::util::BoxCloneService;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_resilience::ratelimiter::{RateLimiterLayer, WindowType};

use super::upstream::Upstream;
use super::{BURST, RATE, RETRY_AFTER};

/// The server behind a limiter: whether it served the call.
pub(super) type Limited = BoxCloneService<(), bool, BoxError>;

/// Puts a limiter before a server.
pub(super) type Make = fn(&Arc<Upstream>) -> Result<Limited, BoxError>;

/// All of them, ours first. Each is given the server's rate, and its burst where it takes one, and is told to wait.
pub(super) const LIMITERS: [(&str, Make); 12] = [
    ("buttress rate limit", ours),
    ("buttress, governor plug", plug),
    ("none, 1 s after a 429", none),
    ("tower Buffer + RateLimit 200 per 1 s", |upstream| {
        tower(upstream, 200, Duration::from_secs(1))
    }),
    ("tower Buffer + RateLimit 20 per 100 ms", |upstream| {
        tower(upstream, 20, Duration::from_millis(100))
    }),
    ("tower Buffer + RateLimit 1 per 5 ms", |upstream| {
        tower(upstream, 1, Duration::from_millis(5))
    }),
    ("tower-resilience fixed window", |upstream| {
        resilience(upstream, WindowType::Fixed)
    }),
    ("tower-resilience sliding log", |upstream| {
        resilience(upstream, WindowType::SlidingLog)
    }),
    ("tower-resilience sliding counter", |upstream| {
        resilience(upstream, WindowType::SlidingCounter)
    }),
    ("tower-resilience token bucket, exact", bucket),
    ("governor until_ready", |upstream| governor(upstream, None)),
    ("governor until_ready, jitter 100 ms", |upstream| {
        governor(upstream, Some(Jitter::up_to(Duration::from_millis(100))))
    }),
];

/// Longer than a scenario: patient callers.
const PATIENT: Duration = Duration::from_secs(3_600);

fn server(
    upstream: &Arc<Upstream>,
) -> impl Service<(), Response = bool, Error = BoxError, Future: Send> + Clone + Send + use<> {
    let (upstream, clock) = (Arc::clone(upstream), Clock::default());
    let serve = move |()| std::future::ready(Ok::<_, Infallible>(upstream.arrives(clock.now())));
    service_fn(serve).map_err(Into::into)
}

fn ours(upstream: &Arc<Upstream>) -> Result<Limited, BoxError> {
    let quota = Quota::per_second(RATE.into())?.with_burst(BURST.into())?;
    let layer = RateLimitLayer::new([quota]).with_max_wait(PATIENT);
    Ok(layer.layer(server(upstream)).boxed_clone())
}

fn plug(upstream: &Arc<Upstream>) -> Result<Limited, BoxError> {
    let limiter = Arc::new(RateLimiter::direct(governor_quota()?));
    let layer = GovernorLayer::direct(limiter).with_max_wait(PATIENT);
    Ok(layer.layer(server(upstream)).boxed_clone())
}

/// tower's limit cannot be cloned: a buffer shares it.
fn tower(upstream: &Arc<Upstream>, calls: u64, per: Duration) -> Result<Limited, BoxError> {
    let limit = RateLimit::new(server(upstream), Rate::new(calls, per));
    Ok(Buffer::new(limit, super::CALLERS).boxed_clone())
}

fn resilience(upstream: &Arc<Upstream>, window: WindowType) -> Result<Limited, BoxError> {
    let layer = RateLimiterLayer::per_second(usize::try_from(RATE)?)
        .window_type(window)
        .timeout_duration(PATIENT)
        .build()?;
    let service = layer.layer(server(upstream));
    Ok(service
        .map_err(|error| error.to_string().into())
        .boxed_clone())
}

/// Its bucket holds what comes back in a period, and its burst on top of that.
fn bucket(upstream: &Arc<Upstream>) -> Result<Limited, BoxError> {
    let layer = RateLimiterLayer::builder()
        .limit_for_period(usize::try_from(BURST)?)
        .refresh_period(Duration::from_secs(BURST.into()) / RATE)
        .burst_size(0)
        .timeout_duration(PATIENT);
    let service = layer.build()?.layer(server(upstream));
    Ok(service
        .map_err(|error| error.to_string().into())
        .boxed_clone())
}

/// What a client does that obeys `Retry-After` and nothing else.
fn none(upstream: &Arc<Upstream>) -> Result<Limited, BoxError> {
    let server = server(upstream);
    let call = move |()| {
        let server = server.clone();
        async move {
            let is_served = server.oneshot(()).await?;
            if !is_served {
                tokio::time::sleep(RETRY_AFTER).await;
            }
            Ok(is_served)
        }
    };
    Ok(service_fn(call).boxed_clone())
}

fn governor(upstream: &Arc<Upstream>, jitter: Option<Jitter>) -> Result<Limited, BoxError> {
    let limiter = Arc::new(RateLimiter::direct(governor_quota()?));
    let server = server(upstream);
    let call = move |()| {
        let (limiter, server) = (Arc::clone(&limiter), server.clone());
        async move {
            match jitter {
                None => limiter.until_ready().await,
                Some(jitter) => limiter.until_ready_with_jitter(jitter).await,
            }
            server.oneshot(()).await
        }
    };
    Ok(service_fn(call).boxed_clone())
}

fn governor_quota() -> Result<governor::Quota, BoxError> {
    let cells = |cells| NonZeroU32::new(cells).ok_or("a quota of nothing");
    Ok(governor::Quota::per_second(cells(RATE)?).allow_burst(cells(BURST)?))
}
