//! How large the layers' futures are where all goes well.
//!
//! A future is moved when it is made, and whoever boxes it allocates as much. What is seldom needed, another service and the
//! request of a call that waits, is to be behind a pointer.

use std::convert::Infallible;
use std::future::Pending;
use std::task::{Context, Poll};
use std::time::Duration;

use buttress::BoxError;
use buttress::attempt_timeout::AttemptTimeoutLayer;
use buttress::breaker::{Circuit, CircuitBreakerLayer};
use buttress::classify::{ClassifyLayer, Rules};
use buttress::concurrency::{Algorithm, ConcurrencyLayer};
use buttress::cooldown::CooldownLayer;
use buttress::core::{Invalid, Rejected};
use buttress::deadline::DeadlineLayer;
use buttress::fail_fast::FailFastLayer;
use buttress::isolation::IsolationLayer;
use buttress::rate_limit::{Grammar, Quota, RateLimitLayer};
use buttress::retry::{Retries, RetryLayer};
use buttress::stack::Stack;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::time::Sleep;
use tower_layer::Layer;
use tower_service::Service;

type Ask = Request<Full<Bytes>>;

/// Its future is nothing.
#[derive(Clone)]
struct Client;

impl Service<Ask> for Client {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pending<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Ask) -> Self::Future {
        std::future::pending()
    }
}

/// A layer's name, the bytes of its future around [`Client`]'s, and how many there may be.
type Row = (&'static str, usize, usize);

fn row<L>(name: &'static str, _layer: &L, at_most: usize) -> Row
where
    L: Layer<Client, Service: Service<Ask>>,
{
    let size = size_of::<<L::Service as Service<Ask>>::Future>();
    (name, size, at_most)
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_layer_adds_no_more_than_its_happy_path_needs() -> Result<(), Invalid> {
    let limits = RateLimitLayer::new([Quota::per_second(1)?]);
    let (request, timer, rejected) = (size_of::<Ask>(), size_of::<Sleep>(), size_of::<Rejected>());
    let rows = [
        row("isolation", &IsolationLayer::new(), 48),
        row("classify", &ClassifyLayer::new(Rules::new()), 32),
        row(
            "attempt timeout",
            &AttemptTimeoutLayer::new(SECOND),
            timer + 56,
        ),
        row(
            "breaker",
            &CircuitBreakerLayer::new(Circuit::default()),
            rejected,
        ),
        row("rate limit", &limits, rejected),
        row(
            "that learns",
            &limits.clone().with_learning(Grammar::OpenAi),
            rejected + 24,
        ),
        row(
            "concurrency",
            &ConcurrencyLayer::new(Algorithm::default()),
            rejected + 8,
        ),
        row("cooldown", &CooldownLayer::new(), rejected),
        row("fail-fast", &FailFastLayer::new(()), rejected),
        row(
            "retry",
            &RetryLayer::new(Retries::default()),
            request + timer + 24,
        ),
        row("deadline", &DeadlineLayer::new(SECOND), timer + 40),
    ];
    for (name, size, at_most) in rows {
        assert!(size <= at_most, "{name}: {size} bytes, not {at_most}");
    }
    Ok(())
}

#[test]
fn a_future_of_the_stack_holds_one_copy_of_the_request_and_two_timers() -> Result<(), BoxError> {
    let stack = Stack::builder().profile("openai").build()?;
    let (_, size, at_most) = row("stack", &stack, 1_344);
    assert!(size <= at_most, "{size} bytes, not {at_most}");
    Ok(())
}
