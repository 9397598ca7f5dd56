//! tower-resilience, with default names and windows, and without its metrics and tracing features.

use std::time::Duration;

use tower::{BoxError, Layer, ServiceBuilder};
use tower_resilience::circuitbreaker::CircuitBreakerLayer;
use tower_resilience::ratelimiter::RateLimiterLayer;
use tower_resilience::retry::{RetryBudgetBuilder, RetryLayer};
use tower_resilience::timelimiter::TimeLimiterLayer;

use crate::bench::Bench;
use crate::load::{Http, Load, Unit};

/// Calls per second: more than are ever made.
const CALLS: usize = 1_000_000_000;
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn rows(bench: &mut Bench) -> Result<(), BoxError> {
    let limited = rate_limiter()?.layer(Unit::inner());
    bench.row::<Unit, _>("tower-resilience rate limiter", None, limited);
    let limited = rate_limiter()?.layer(Unit::inner());
    bench.contended_row::<Unit, _>("tower-resilience rate limiter, two threads", None, limited);
    let broken = circuit_breaker()?.layer(Unit::inner());
    bench.row::<Unit, _>("tower-resilience circuit breaker", None, broken);
    let broken = circuit_breaker()?.layer(Http::inner());
    bench.row::<Http, _>("tower-resilience circuit breaker, http", None, broken);
    let timed = time_limiter().layer(Unit::inner());
    bench.row::<Unit, _>("tower-resilience time limiter", None, timed);
    retries(bench)?;
    stacks(bench)
}

fn retries(bench: &mut Bench) -> Result<(), BoxError> {
    let retry = RetryLayer::builder().build().layer(Unit::inner());
    bench.row::<Unit, _>("tower-resilience retry", None, retry);
    let budget = RetryBudgetBuilder::new().token_bucket().build()?;
    let retry = RetryLayer::builder()
        .budget(budget)
        .build()
        .layer(Unit::inner());
    bench.row::<Unit, _>("tower-resilience retry with budget", None, retry);
    let retry = RetryLayer::builder().build().layer(Http::inner());
    bench.row::<Http, _>("tower-resilience retry, http", None, retry);
    Ok(())
}

fn stacks(bench: &mut Bench) -> Result<(), BoxError> {
    stack::<Unit>(bench, "tower-resilience stack")?;
    timed_stack::<Unit>(bench, "tower-resilience stack with time limiter")?;
    stack::<Http>(bench, "tower-resilience stack, http")?;
    timed_stack::<Http>(bench, "tower-resilience stack with time limiter, http")
}

/// Retry, circuit breaker, rate limiter, from the outside in.
fn stack<L: Load>(bench: &mut Bench, name: &'static str) -> Result<(), BoxError> {
    let stack = ServiceBuilder::new()
        .layer(RetryLayer::builder().build())
        .layer(circuit_breaker()?)
        .layer(rate_limiter()?)
        .service(L::inner());
    bench.row::<L, _>(name, None, stack);
    Ok(())
}

/// The same with a time limit on each attempt, where its guide to composition puts it.
fn timed_stack<L: Load>(bench: &mut Bench, name: &'static str) -> Result<(), BoxError> {
    let stack = ServiceBuilder::new()
        .layer(RetryLayer::builder().build())
        .layer(circuit_breaker()?)
        .layer(time_limiter())
        .layer(rate_limiter()?)
        .service(L::inner());
    bench.row::<L, _>(name, None, stack);
    Ok(())
}

fn rate_limiter() -> Result<RateLimiterLayer, BoxError> {
    Ok(RateLimiterLayer::per_second(CALLS).build()?)
}

fn circuit_breaker() -> Result<CircuitBreakerLayer, BoxError> {
    Ok(CircuitBreakerLayer::builder().build()?)
}

fn time_limiter() -> TimeLimiterLayer {
    TimeLimiterLayer::builder()
        .timeout_duration(TIMEOUT)
        .build()
}
