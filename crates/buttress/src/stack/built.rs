//! Layers from a policy, and from the state of the layers before them.

use std::sync::Arc;

use buttress_core::budget::Budget;
use buttress_core::classify::Rules;
use buttress_core::policy::{self, IdempotencyKey, KeyBy, Policy, Unit};
use buttress_core::quota::Learning;
use buttress_core::quota::adaptive::Increase;
use buttress_core::{Invalid, Observer};
use buttress_providers::Profile;
use http::HeaderName;

use super::price::Price;
use super::tower::{Breaker, Concurrency, Cooldown, FailFast, Layers, Looks, RateLimits, Retries};
use crate::attempt_timeout::AttemptTimeoutLayer;
use crate::breaker::CircuitBreakerLayer;
use crate::classify::ClassifyLayer;
use crate::concurrency::ConcurrencyLayer;
use crate::cooldown::CooldownLayer;
use crate::deadline::DeadlineLayer;
use crate::fail_fast::FailFastLayer;
use crate::isolation::IsolationLayer;
use crate::key::{By, Naming};
use crate::observe::tell::TellLayer;
use crate::rate_limit::RateLimitLayer;
use crate::rate_limit::usage::UsageLayer;
use crate::retry::{AttemptHeader, Http, IdempotencyHeader, RetryLayer};
use crate::time::Clock;

/// A policy, and its layers.
pub(super) struct Built {
    pub(super) policy: Policy,
    pub(super) layers: Layers,
    pub(super) naming: Option<Naming>,
    pub(super) budget: Option<Arc<Budget>>,
}

/// What is not in a policy, and is the same for all policies of a stack.
#[derive(Clone, Default)]
pub(crate) struct Common {
    /// The user's own, which are asked before the profile's.
    pub(super) rules: Rules,
    pub(super) observer: Option<Arc<dyn Observer>>,
    /// Whether calls and attempts are spans.
    pub(super) has_spans: bool,
    pub(super) clock: Clock,
    pub(super) seed: Option<u64>,
}

impl Common {
    /// Whether anybody is told of anything.
    fn is_told(&self) -> bool {
        self.observer.is_some() || self.has_spans
    }

    /// The layer that tells of calls, or of attempts.
    fn tell<K>(&self) -> Option<TellLayer<K>> {
        let layer = match &self.observer {
            Some(observer) => TellLayer::new(Arc::clone(observer)),
            None => TellLayer::default(),
        };
        #[cfg(feature = "tracing")]
        let layer = if self.has_spans {
            layer.with_spans()
        } else {
            layer
        };
        self.is_told().then(|| layer.with_clock(self.clock))
    }
}

/// Gives a layer what all layers have in common.
macro_rules! common {
    ($layer:expr, $common:expr) => {{
        let layer = $layer.with_clock($common.clock);
        match &$common.observer {
            Some(observer) => layer.with_observer(Arc::clone(observer)),
            None => layer,
        }
    }};
}

impl Built {
    /// The layers of `policy`. What those of `old` know is known to these, too: what shares a key then shares it now.
    pub(super) fn new(
        policy: Policy,
        common: &Common,
        old: Option<&Self>,
    ) -> Result<Self, Invalid> {
        let profile = profile(&policy)?;
        let naming = Naming::of(&policy, &profile);
        let cooldown = cooldown(&policy, &profile, common, old);
        let breaker = breaker(&policy, &profile, common, old);
        let looks = (
            cooldown.as_ref().map(Cooldown::handle),
            breaker.as_ref().map(Breaker::handle),
        );
        let budget = policy.retry().map(|part| budget(part, common, old));
        let retry = policy.retry().zip(budget.clone());
        let layers = Layers {
            call: common.tell(),
            attempt: common.tell(),
            deadline: policy
                .deadline()
                .map(|limit| common!(DeadlineLayer::new(limit), common)),
            retry: retry.map(|(part, budget)| retries(part, &profile, budget, &looks, common)),
            fail_fast: policy.fail_fast().then(|| fail_fast(&looks, common)),
            concurrency: policy
                .concurrency()
                .map(|part| concurrency(part, &looks, common, old)),
            usage: weighs_tokens(&policy).then(UsageLayer::default),
            rate_limit: rate_limit(&policy, &profile, &looks, common, old),
            cooldown,
            breaker,
            attempt_timeout: policy
                .attempt_timeout()
                .map(|limit| common!(AttemptTimeoutLayer::new(limit), common)),
            isolation: policy
                .isolation()
                .then(|| common!(IsolationLayer::new(), common)),
            classify: common!(
                ClassifyLayer::new(common.rules.clone().then(profile)),
                common
            ),
        };
        Ok(Self {
            policy,
            layers,
            naming,
            budget,
        })
    }
}

fn profile(policy: &Policy) -> Result<Profile, Invalid> {
    let name = policy.profile();
    let profile = buttress_providers::named(name.as_str()).filter(|profile| !profile.is_text());
    profile.ok_or_else(|| Invalid::new("profile", name.as_str(), "the name of a profile for HTTP"))
}

/// What a part of `policy` is keyed by.
fn keyer(key: &KeyBy, profile: &Profile) -> By {
    By::new(key).with_profile(profile)
}

/// The layer of a former policy, if its state is known by the same keys as that of `policy`.
fn before<'a, L>(
    old: Option<&'a Built>,
    policy: &Policy,
    key: impl Fn(&Policy) -> Option<&KeyBy>,
    layer: impl FnOnce(&'a Layers) -> Option<&'a L>,
) -> Option<&'a L> {
    let old = old?;
    let is_named_alike = match key(policy) {
        Some(KeyBy::Model | KeyBy::Resource) => old.policy.profile() == policy.profile(),
        _ => true,
    };
    let is_same = is_named_alike && key(&old.policy) == key(policy);
    is_same.then(|| layer(&old.layers)).flatten()
}

fn cooldown(
    policy: &Policy,
    profile: &Profile,
    common: &Common,
    old: Option<&Built>,
) -> Option<Cooldown> {
    let part = policy.cooldown()?;
    let layer = CooldownLayer::new()
        .with_keyer(keyer(part.key(), profile))
        .with_pauses(*part.pauses())
        .with_capacity(part.capacity())
        .with_max_wait(part.max_wait());
    let layer = match common.seed {
        Some(seed) => layer.with_seed(seed),
        None => layer,
    };
    let layer = common!(layer, common);
    let before = before(
        old,
        policy,
        |policy| Some(policy.cooldown()?.key()),
        |layers| layers.cooldown.as_ref(),
    );
    Some(match before {
        Some(old) => layer.with_state_of(old),
        None => layer,
    })
}

fn breaker(
    policy: &Policy,
    profile: &Profile,
    common: &Common,
    old: Option<&Built>,
) -> Option<Breaker> {
    let part = policy.breaker()?;
    let layer = CircuitBreakerLayer::new(*part.circuit())
        .with_keyer(keyer(part.key(), profile))
        .with_capacity(part.capacity());
    let layer = common!(layer, common);
    let before = before(
        old,
        policy,
        |policy| Some(policy.breaker()?.key()),
        |layers| layers.breaker.as_ref(),
    );
    Some(match before {
        Some(old) => layer.with_state_of(old),
        None => layer,
    })
}

/// The budget is changed where it stands: calls under the old policy go on spending it.
fn budget(part: &policy::Retry, common: &Common, old: Option<&Built>) -> Arc<Budget> {
    let new = part.budget();
    match old.and_then(|old| old.budget.as_ref()) {
        Some(old) if new.change(old, common.clock.now()) => Arc::clone(old),
        _ => Arc::new(new.budget()),
    }
}

fn retries(
    part: &policy::Retry,
    profile: &Profile,
    budget: Arc<Budget>,
    looks: &Looks,
    common: &Common,
) -> Retries {
    let retries = *part.retries();
    let header = idempotency_header(part.idempotency_key(), profile);
    let http = Http::default().with_idempotency_header(header);
    let numbered = |name: &HeaderName| AttemptHeader::named(name.clone(), retries.max_attempts());
    let http = match part.attempt_header().map(numbered) {
        Some(header) => http.with_attempt_header(header),
        None => http,
    };
    let layer = RetryLayer::new(retries)
        .with_replay(http)
        .with_pause(looks.0.clone())
        .with_budget(budget);
    let layer = match common.seed {
        Some(seed) => layer.with_seed(seed),
        None => layer,
    };
    common!(layer, common)
}

/// By what the server knows a call again, and whether calls without it are given it.
fn idempotency_header(key: &IdempotencyKey, profile: &Profile) -> IdempotencyHeader {
    let known = profile.idempotency_header();
    let honoured = known.filter(buttress_providers::IdempotencyHeader::is_honoured);
    let honoured = honoured.and_then(|header| header.name().parse().ok());
    let added = |header: IdempotencyHeader| header.with_added_keys(true);
    match (key, honoured.map(IdempotencyHeader::new)) {
        (IdempotencyKey::Header(name), _) => added(IdempotencyHeader::new(name.clone())),
        (IdempotencyKey::Profile, Some(honoured)) => added(honoured),
        (_, honoured) => honoured.unwrap_or_default(),
    }
}

fn fail_fast(looks: &Looks, common: &Common) -> FailFast {
    common!(FailFastLayer::new(looks.clone()), common)
}

fn concurrency(
    part: &policy::Concurrency,
    looks: &Looks,
    common: &Common,
    old: Option<&Built>,
) -> Concurrency {
    let layer = ConcurrencyLayer::new(part.algorithm().clone())
        .with_queue(part.queue())
        .with_max_wait(part.max_wait())
        .with_look(looks.clone());
    let layer = common!(layer, common);
    match old.and_then(|old| old.layers.concurrency.as_ref()) {
        Some(old) => layer.with_state_of(old),
        None => layer,
    }
}

fn rate_limit(
    policy: &Policy,
    profile: &Profile,
    looks: &Looks,
    common: &Common,
    old: Option<&Built>,
) -> Option<RateLimits> {
    let part = policy.rate_limit()?;
    let learning = part.learn().then(|| learning(part, profile)).flatten();
    if part.limits().is_empty() && learning.is_none() && !part.adaptive() {
        return None;
    }
    let rise = part.adaptive().then(Increase::default);
    let quotas = part.limits().iter().map(|limit| *limit.quota());
    let layer = RateLimitLayer::new(quotas)
        .with_keyer(keyer(part.key(), profile))
        .with_terms(Price::new(part, profile))
        .with_look(looks.clone())
        .with_answers(|answers| answers.with_learning(learning).with_adaptive(rise))
        .with_pacing(part.pace())
        .with_max_wait(part.max_wait())
        .with_capacity(part.capacity());
    let layer = common!(layer, common);
    let before = before(
        old,
        policy,
        |policy| Some(policy.rate_limit()?.key()),
        |layers| layers.rate_limit.as_ref(),
    );
    Some(match before {
        Some(old) => layer.with_state_of(old),
        None => layer,
    })
}

/// GitHub counts GraphQL's points apart from the requests of its REST API, whose resource is the usual one.
const GRAPHQL: &str = "github_graphql";

/// What answers teach; `None` if the provider does not say what remains.
fn learning(part: &policy::RateLimit, profile: &Profile) -> Option<Learning> {
    let learning = Learning::new(profile.grammar()?).with_adopted_limits(part.adopt());
    let learning = match part.key() {
        KeyBy::Resource => learning.with_any_resource(),
        _ if profile.name() == GRAPHQL => learning.with_resource("graphql"),
        _ => learning,
    };
    let mut limits = part.limits().iter();
    if limits.all(|limit| limit.unit() == Unit::Requests) {
        return Some(learning);
    }
    Some(learning.with_costs(match profile.name() {
        // GraphQL's points are published where requests are.
        GRAPHQL => Unit::Requests,
        // What the server counts as requests is not what we count as costs, in tokens or in points.
        _ => Unit::Tokens,
    }))
}

fn weighs_tokens(policy: &Policy) -> bool {
    let limits = policy
        .rate_limit()
        .map_or(&[][..], policy::RateLimit::limits);
    limits.iter().any(|limit| limit.unit() == Unit::Tokens)
}
