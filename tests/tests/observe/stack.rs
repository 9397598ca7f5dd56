//! Every layer that tells, in the one order, around a service that answers as it is told to.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress::attempt_timeout::AttemptTimeoutLayer;
use buttress::breaker::{Circuit, CircuitBreakerLayer};
use buttress::classify::{ClassifyLayer, Rules};
use buttress::concurrency::{Algorithm, ConcurrencyLayer};
use buttress::cooldown::{CooldownLayer, Pauses};
use buttress::core::BoxError;
use buttress::core::backoff::{Backoff, Jitter};
use buttress::deadline::DeadlineLayer;
use buttress::fail_fast::FailFastLayer;
use buttress::observe::{AttemptLayer, CallLayer, Observer};
use buttress::rate_limit::{Quota, RateLimitLayer};
use buttress::retry::{Retries, RetryLayer};
use http::{Request, Response};
use tower::{ServiceBuilder, service_fn};
use tower_service::Service;

use crate::log::Log;

/// What the next attempts are answered with.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<VecDeque<&'static str>>>);

impl Script {
    /// A status each, with seconds of a hint after a `+`; or `never`.
    pub(crate) fn answers(&self, answers: &'static str) {
        let mut script = self.0.lock().unwrap();
        assert!(script.is_empty(), "nobody asked for {script:?}");
        script.extend(answers.split(' '));
    }

    fn next(&self) -> &'static str {
        let next = self.0.lock().unwrap().pop_front();
        next.expect("nobody was to ask")
    }
}

async fn answer(script: Script) -> Result<Response<String>, Infallible> {
    let answer = script.next();
    if answer == "never" {
        std::future::pending::<()>().await;
    }
    let (status, hint) = answer.split_once('+').unwrap_or((answer, ""));
    let mut response = Response::builder().status(status.parse::<u16>().unwrap());
    if !hint.is_empty() {
        response = response.header("retry-after", hint);
    }
    Ok(response.body(String::new()).unwrap())
}

pub(crate) fn request() -> Request<String> {
    Request::get("https://api.example.com/v1?key=secret")
        .body(String::new())
        .unwrap()
}

/// No margin and no jitter, so that each time is the same.
pub(crate) fn stack(
    log: &Arc<Log>,
    script: &Script,
) -> impl Service<Request<String>, Response: std::fmt::Debug, Error = BoxError> {
    let observer = || -> Arc<dyn Observer> { log.clone() };
    let second = Duration::from_secs(1);
    let backoff = Backoff::new(second, second)
        .unwrap()
        .with_jitter(Jitter::None);
    let retries = Retries::default().with_backoff(backoff).with_margin(false);
    let four = NonZeroU32::new(4).unwrap();
    let circuit = Circuit::only_consecutive(four)
        .with_open_for(10 * second)
        .unwrap();
    let cooldown = CooldownLayer::new()
        .with_pauses(Pauses::default().with_margin(false))
        .with_observer(observer());
    let breaker = CircuitBreakerLayer::new(circuit).with_observer(observer());
    let limit = RateLimitLayer::new([Quota::per_second(2).unwrap()]);
    let look = (cooldown.handle(), breaker.handle());
    let script = script.clone();
    ServiceBuilder::new()
        .layer(CallLayer::new(observer()))
        .layer(DeadlineLayer::new(8 * second).with_observer(observer()))
        .layer(
            RetryLayer::new(retries)
                .with_pause(cooldown.handle())
                .with_observer(observer()),
        )
        .layer(FailFastLayer::new(look.clone()).with_observer(observer()))
        .layer(cooldown)
        .layer(ConcurrencyLayer::new(Algorithm::default()).with_observer(observer()))
        .layer(limit.with_look(look).with_observer(observer()))
        .layer(breaker)
        .layer(AttemptLayer::new(observer()))
        .layer(AttemptTimeoutLayer::new(3 * second).with_observer(observer()))
        .layer(ClassifyLayer::new(Rules::new()).with_observer(observer()))
        .service(service_fn(move |_: Request<String>| answer(script.clone())))
}
