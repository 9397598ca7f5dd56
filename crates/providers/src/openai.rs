//! OpenAI, and the ChatGPT backend of Codex.
//!
//! Sources, read in November 2026: the guides "error codes" and "rate limits" (developers.openai.com/api/docs/guides),
//! openai/openai-python `src/openai/_base_client.py`, openai/codex
//! `codex-rs/codex-api/src/{api_bridge,rate_limits}.rs`.
//!
//! # Signals
//!
//! `error.code` and `error.type` are read before the status: a 429 of type `invalid_request_error` with the code
//! `rate_limit_exceeded` is a limit, and one of type `insufficient_quota` is a bill to be paid. Words of the message
//! decide in two cases alone, where no code exists for them. In a stream the same codes stand in `response.failed` and
//! `error` events.
//!
//! # Hints
//!
//! After the headers that all servers share: the sentence "Please try again in 1m9.696s", then the reset of the bucket
//! that is exhausted. The sentence stands first, as the reset is the time to a *full* bucket and so more than is
//! needed. The resets are Go's durations.
//!
//! # Repetition
//!
//! The official clients repeat POST after connection errors, 408, 409, 429 and 5xx, and obey `x-should-retry`. They
//! send no idempotency key, and none is documented.
//!
//! # Limits
//!
//! Of an organisation and of a project, per model; on a page of the account alone. A subscription (`x-codex-*`) tells
//! its windows in per cent, from which nobody can count how many calls fit.
//!
//! # Cost
//!
//! Tokens are charged when the request arrives: the larger of `max_tokens` and an estimate from the characters. Failed
//! requests count.

use buttress_core::hint::{HintSource, Hints};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome, Scope};

use crate::cost::{Charge, Cost};
use crate::fields::Fields;
use crate::instant::{self, Bucket, buckets};
use crate::names::Names;
use crate::profile::{Kind, Profile};
use crate::signal::{Signal, signals};
use crate::subscription;

/// OpenAI's API.
pub const PROFILE: Profile = Profile {
    name: "openai",
    title: "OpenAI",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: CODES,
    messages: MESSAGES,
    hints,
    repeats_post: true,
    repeats_conflict: true,
    should_retry: Some("x-should-retry"),
    names: Names::MODEL_IN_BODY,
    cost: COST,
    grammar: Some(Grammar::OpenAi),
    ..Profile::PLAIN
};

const COST: Cost = Cost {
    tokens: Charge::Larger,
    usage: &["total_tokens"],
    counts_failures: true,
    ..Cost::CALLS
};

pub(crate) const CODES: &[&str] = &[
    "/error/code",
    "/error/type",
    "/response/error/code",
    "/code",
];

pub(crate) const MESSAGES: &[&str] = &["/error/message", "/response/error/message", "/message"];

/// Codes, and types where there is no code, that mean a bill, a plan or a cap, and so a person.
pub(crate) const EXHAUSTED: &[&str] = &[
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_not_active",
    "billing_hard_limit_reached",
];

const SIGNALS: &[Signal] = signals! {
    "openai quota":             QuotaExhausted, Org     if Code(EXHAUSTED);
    // The ChatGPT backend: a plan's window, with the time of its end.
    "openai plan":              QuotaExhausted, Account if Code["usage_limit_reached", "usage_not_included"];
    // Larger than the whole bucket: no wait makes room for it.
    "openai request too large": ClientError,    Request if Status[429], Says["request too large"];
    "openai project limit":     RateLimited,    Org     if Status[429],
        Looks("the project's bucket alone is empty", is_of_project);
    // Requests that grow too steeply: under 503, and in a stream, the same word means overload.
    "openai slow down":         RateLimited,    Model   if Status[429], Code["slow_down"];
    "openai limit":             RateLimited,    Model   if Code["rate_limit_exceeded", "rate_limit_error"];
    "openai overloaded":        Overloaded,     Model   if Code[
        "server_is_overloaded", "service_unavailable_error", "slow_down"];
    "openai overloaded":        Overloaded,     Model   if Status[503], Says["currently overloaded"];
    // In a stream, which has no status.
    "openai request":           ClientError,    Request if Success,
        Code["context_length_exceeded", "invalid_request_error"];
};

pub(crate) const BUCKETS: &[Bucket] = buckets! {
    "x-ratelimit-remaining-requests"       => "x-ratelimit-reset-requests";
    "x-ratelimit-remaining-tokens"         => "x-ratelimit-reset-tokens";
    "x-ratelimit-remaining-project-tokens" => "x-ratelimit-reset-project-tokens";
};

/// Its bucket stands last.
fn is_of_project(fields: &Fields<'_>) -> bool {
    let mut exhausted = BUCKETS.iter().map(|bucket| bucket.is_exhausted(fields));
    exhausted.next_back() == Some(true) && !exhausted.any(|is_exhausted| is_exhausted)
}

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() == Class::QuotaExhausted {
        hints.offer(HintSource::BodyField, fields.until("/error/resets_at"));
        hints.offer(HintSource::ResetHeader, subscription::codex(fields));
        return;
    }
    hints.offer(HintSource::BodyText, fields.told(&["try again in "]));
    if outcome.class() == Class::RateLimited {
        let reset = instant::latest(fields, BUCKETS, instant::go);
        hints.offer(HintSource::ResetHeader, reset);
    }
}
