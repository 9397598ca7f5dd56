//! The one order.

use buttress_core::BoxError;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::part::{Optional, Part};
use super::price::Price;
use crate::attempt_timeout::AttemptTimeoutLayer;
use crate::breaker::{self, CircuitBreakerLayer};
use crate::classify::{Classify, ClassifyLayer};
use crate::concurrency::{ConcurrencyLayer, PermitBody};
use crate::cooldown::{self, CooldownLayer};
use crate::deadline::DeadlineLayer;
use crate::fail_fast::FailFastLayer;
use crate::isolation::IsolationLayer;
use crate::key::By;
use crate::observe::{AttemptLayer, CallLayer};
use crate::rate_limit::usage::{UsageBody, UsageLayer};
use crate::rate_limit::{Answers, RateLimitLayer};
use crate::retry::{Http, RetryLayer, WithPause};

pub(super) type Pauses = Option<cooldown::Handle<By>>;
/// Whom the layers in which a call waits ask, and the look ahead: the pause first, which knows when it ends.
pub(super) type Looks = (Pauses, Option<breaker::Handle<By>>);

pub(super) type Retries = RetryLayer<WithPause<Http, Pauses>>;
pub(super) type FailFast = FailFastLayer<Looks>;
pub(super) type Cooldown = CooldownLayer<By>;
pub(super) type Concurrency = ConcurrencyLayer<Looks>;
pub(super) type RateLimits = RateLimitLayer<By, Price, Looks, Answers>;
pub(super) type Breaker = CircuitBreakerLayer<By>;

/// Every layer, the outermost first. There is no other order: it is this type.
pub(super) type Tower<S> = Part<CallLayer, Part<DeadlineLayer, Part<Retries, Admission<S>>>>;

type Admission<S> = Part<
    FailFast,
    Part<Cooldown, Part<Concurrency, Part<UsageLayer, Part<RateLimits, Attempt<S>>>>>,
>;

type Attempt<S> =
    Part<Breaker, Part<AttemptLayer, Part<AttemptTimeoutLayer, Part<IsolationLayer, Classify<S>>>>>;

/// The layers that a policy asks for.
pub(super) struct Layers {
    pub(super) call: Option<CallLayer>,
    pub(super) deadline: Option<DeadlineLayer>,
    pub(super) retry: Option<Retries>,
    pub(super) fail_fast: Option<FailFast>,
    pub(super) cooldown: Option<Cooldown>,
    pub(super) concurrency: Option<Concurrency>,
    pub(super) usage: Option<UsageLayer>,
    pub(super) rate_limit: Option<RateLimits>,
    pub(super) breaker: Option<Breaker>,
    pub(super) attempt: Option<AttemptLayer>,
    pub(super) attempt_timeout: Option<AttemptTimeoutLayer>,
    pub(super) isolation: Option<IsolationLayer>,
    pub(super) classify: ClassifyLayer,
}

impl Layers {
    /// A stack around `client`.
    pub(super) fn around<S>(&self, client: S) -> Tower<S> {
        let inner = self.classify.layer(client);
        let inner = Part::new(self.isolation.as_ref(), inner);
        let inner = Part::new(self.attempt_timeout.as_ref(), inner);
        let inner = Part::new(self.attempt.as_ref(), inner);
        let inner = Part::new(self.breaker.as_ref(), inner);
        let inner = Part::new(self.rate_limit.as_ref(), inner);
        let inner = Part::new(self.usage.as_ref(), inner);
        let inner = Part::new(self.concurrency.as_ref(), inner);
        let inner = Part::new(self.cooldown.as_ref(), inner);
        let inner = Part::new(self.fail_fast.as_ref(), inner);
        let inner = Part::new(self.retry.as_ref(), inner);
        let inner = Part::new(self.deadline.as_ref(), inner);
        Part::new(self.call.as_ref(), inner)
    }

    /// The names of the layers that there are, from the outermost to the innermost.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let all = [
            ("call", self.call.is_some()),
            ("deadline", self.deadline.is_some()),
            ("retry", self.retry.is_some()),
            ("fail_fast", self.fail_fast.is_some()),
            ("cooldown", self.cooldown.is_some()),
            ("concurrency", self.concurrency.is_some()),
            ("usage", self.usage.is_some()),
            ("rate_limit", self.rate_limit.is_some()),
            ("breaker", self.breaker.is_some()),
            ("attempt", self.attempt.is_some()),
            ("attempt_timeout", self.attempt_timeout.is_some()),
            ("isolation", self.isolation.is_some()),
            ("classify", true),
        ];
        let there = all.into_iter().filter(|(_, is_there)| *is_there);
        there.map(|(name, _)| name).collect()
    }
}

/// Layers that hand the response on as it is.
macro_rules! hands_on {
    ($($layer:ty),+ $(,)?) => {$(
        impl<S, B, T> Optional<S, Request<B>> for $layer
        where
            S: Service<Request<B>, Response = Response<T>, Error = BoxError> + Clone,
            T: Body,
            B: 'static,
        {
            fn untouched(response: Response<T>) -> Response<T> {
                response
            }
        }
    )+};
}

hands_on!(
    CallLayer,
    AttemptLayer,
    DeadlineLayer,
    Retries,
    FailFast,
    Cooldown,
    RateLimits,
    Breaker,
    AttemptTimeoutLayer,
    IsolationLayer,
);

impl<S, B, T> Optional<S, Request<B>> for Concurrency
where
    S: Service<Request<B>, Response = Response<T>, Error = BoxError> + Clone,
    T: Body,
    B: 'static,
{
    fn untouched(response: Response<T>) -> Response<PermitBody<T>> {
        response.map(PermitBody::free)
    }
}

impl<S, B, T> Optional<S, Request<B>> for UsageLayer
where
    S: Service<Request<B>, Response = Response<T>, Error = BoxError>,
    B: 'static,
{
    fn untouched(response: Response<T>) -> Response<UsageBody<T>> {
        response.map(UsageBody::unseen)
    }
}
