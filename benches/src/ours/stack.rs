//! Everything in the one order, on a success.

use std::time::Duration;

use buttress::Carrier;
use buttress::attempt_timeout::AttemptTimeoutLayer;
use buttress::breaker::{Circuit, CircuitBreakerLayer};
use buttress::classify::{ClassifyLayer, Rules};
use buttress::cooldown::CooldownLayer;
use buttress::deadline::DeadlineLayer;
use buttress::fail_fast::FailFastLayer;
use buttress::isolation::IsolationLayer;
use buttress::providers::openai;
use buttress::rate_limit::{Quota, RateLimitLayer};
use buttress::retry::{Retries, RetryLayer};
use bytes::Bytes;
use http_body_util::Full;
use tower::{BoxError, Service, ServiceBuilder};

use crate::bench::Bench;
use crate::load::{Http, Load};

/// Never reached: what is measured is the way there.
const LONG: Duration = Duration::from_secs(3_600);

pub(super) fn rows(bench: &mut Bench) -> Result<(), BoxError> {
    bench.row::<Http, _>("stack", Some(PEER), above(beneath())?);
    Ok(())
}

type Request = http::Request<Full<Bytes>>;

/// From the deadline to the breaker: what waits and refuses.
pub(super) fn above<S>(
    inner: S,
) -> Result<impl Service<Request, Response: Carrier, Error = BoxError> + 'static, BoxError>
where
    S: Service<Request, Error = BoxError> + Clone + 'static,
    S::Response: Carrier,
{
    let (cooldown, breaker) = (
        CooldownLayer::new(),
        CircuitBreakerLayer::new(Circuit::default()),
    );
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(LONG))
        .layer(RetryLayer::new(Retries::default()).with_pause(cooldown.handle()))
        .layer(FailFastLayer::new((cooldown.handle(), breaker.handle())))
        .layer(cooldown)
        .layer(RateLimitLayer::new([Quota::per_second(1_000_000_000)?]))
        .layer(breaker);
    Ok(service.service(inner))
}

/// What ends an attempt, and judges it; and what answers.
pub(super) fn beneath()
-> impl Service<Request, Response: Carrier, Error = BoxError> + Clone + 'static {
    ServiceBuilder::new()
        .layer(AttemptTimeoutLayer::new(LONG))
        .layer(IsolationLayer::new())
        .layer(ClassifyLayer::new(Rules::new().then(openai::PROFILE)))
        .service(Http::inner())
}

/// Retry, breaker, rate limit and time limiter: it judges nothing, and has no cooldown.
const PEER: &str = "tower-resilience stack with time limiter, http";
