//! Anthropic.
//!
//! Sources, read in November 2026: platform.claude.com api/errors and api/rate-limits, anthropics/anthropic-sdk-python
//! `_base_client.py`, anthropics/anthropic-sdk-typescript#357, manaflow-ai/subrouter#24 (headers of subscriptions).
//!
//! # Signals
//!
//! `error.type` beats the status: `overloaded_error` under 429 or 500 is the provider's lack of room. A cap is a 429
//! of type `rate_limit_error`, told apart by `details.error_code` or the date on which access returns, or a 400, whose
//! message begins so and may quote the request. A subscription is used up when its `-unified-status` says `rejected`.
//!
//! # Hints
//!
//! The reset of an exhausted bucket, in RFC 3339. For a cap: the date in the sentence. For a subscription's window:
//! `Retry-After`, or its reset in seconds since 1970.
//!
//! # Repetition
//!
//! The official clients repeat POST after connection errors, 408, 409, 429 and 5xx, and obey `x-should-retry`. They
//! send no idempotency key.
//!
//! # Limits
//!
//! Of an organisation, per class of model; a bucket that refills all the time. A subscription's windows (`-unified-*`)
//! are told in per cent, from which nobody can count how many calls fit. The priority tier is a reserve that calls go
//! beyond, and fast mode a lane that others do not use: neither holds back the rest, and neither is learned.
//!
//! # Cost
//!
//! Input is estimated on arrival, without what is read from the cache; output is counted as it is produced, so
//! `max_tokens` costs nothing.

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome, Scope};

use crate::cost::{Charge, Cost};
use crate::fields::Fields;
use crate::instant::{self, Bucket, buckets};
use crate::names::Names;
use crate::profile::{Hides, Kind, Profile};
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};
use crate::subscription;

/// Anthropic's API.
pub const PROFILE: Profile = Profile {
    name: "anthropic",
    title: "Anthropic",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: &["/error/type", "/error/details/error_code"],
    messages: &["/error/message"],
    hints,
    hides: Hides::InMember("error"),
    repeats_post: true,
    repeats_conflict: true,
    should_retry: Some("x-should-retry"),
    names: Names::MODEL_IN_BODY,
    cost: Cost {
        tokens: Charge::Input,
        usage: &["input_tokens", "output_tokens"],
        ..Cost::CALLS
    },
    published: PUBLISHED,
    grammar: Some(Grammar::Anthropic),
    ..Profile::PLAIN
};

/// Of each class of model.
const PUBLISHED: &[PublishedLimit] = published! {
    page "platform.claude.com/docs/en/api/rate-limits", read "2026-11-22";
    "Start":      1_000 Requests     / Minute of "Opus, Sonnet and Haiku 4.5";
    "Start":  2_000_000 InputTokens  / Minute of "Opus, Sonnet and Haiku 4.5";
    "Start":    400_000 OutputTokens / Minute of "Opus, Sonnet and Haiku 4.5";
    "Build":      5_000 Requests     / Minute of "Opus, Sonnet and Haiku 4.5";
    "Build":  5_000_000 InputTokens  / Minute of "Opus, Sonnet and Haiku 4.5";
    "Build":  1_000_000 OutputTokens / Minute of "Opus, Sonnet and Haiku 4.5";
    "Scale":     10_000 Requests     / Minute of "Opus, Sonnet and Haiku 4.5";
    "Scale": 10_000_000 InputTokens  / Minute of "Opus, Sonnet and Haiku 4.5";
    "Scale":  2_000_000 OutputTokens / Minute of "Opus, Sonnet and Haiku 4.5";
    "Start":      1_000 Requests     / Minute of "Fable 5";
    "Start":    500_000 InputTokens  / Minute of "Fable 5";
    "Start":    100_000 OutputTokens / Minute of "Fable 5";
};

const SIGNALS: &[Signal] = signals! {
    "anthropic spend limit":        QuotaExhausted, Org     if Code["enforced_spend_limit_reached"];
    "anthropic usage limit":        QuotaExhausted, Org     if Status[429], Code["rate_limit_error"],
        Says["you will regain access on"];
    "anthropic usage limit":        QuotaExhausted, Org     if Status[400, 403, 429],
        Code["rate_limit_error", "invalid_request_error"],
        Begins["you have reached your api usage limits", "you have reached your specified"];
    "anthropic credit balance":     QuotaExhausted, Org     if Status[400, 402, 403],
        Begins["your credit balance is too low"];
    "anthropic billing":            QuotaExhausted, Org     if Code["billing_error"];
    "anthropic overloaded":         Overloaded,     Model   if Code["overloaded_error"];
    "anthropic overloaded":         Overloaded,     Model   if Status[429], Says["not your usage limit"];
    "anthropic subscription":       QuotaExhausted, Account if Status[429],
        Header("anthropic-ratelimit-unified-status", "rejected");
    "anthropic acceleration limit": RateLimited,    Org     if Status[429], Says["usage increase rate"];
    "anthropic limit":              RateLimited,    Model   if Code["rate_limit_error"];
    "anthropic timeout":            Timeout,        Request if Code["timeout_error"];
    // Events in a stream concern a model, as its answer had begun.
    "anthropic fault":              ServerError,    Model   if Success, Code["api_error"];
    "anthropic fault":              ServerError,    Request if Code["api_error"];
    "anthropic credential":         Auth,           Account if Code["authentication_error", "permission_error"];
    "anthropic not found":          ClientError,    Model   if Code["not_found_error"];
    "anthropic request":            ClientError,    Request if Code["invalid_request_error", "request_too_large"];
};

const BUCKETS: &[Bucket] = buckets! {
    "anthropic-ratelimit-requests-remaining"      => "anthropic-ratelimit-requests-reset";
    "anthropic-ratelimit-tokens-remaining"        => "anthropic-ratelimit-tokens-reset";
    "anthropic-ratelimit-input-tokens-remaining"  => "anthropic-ratelimit-input-tokens-reset";
    "anthropic-ratelimit-output-tokens-remaining" => "anthropic-ratelimit-output-tokens-reset";
    "anthropic-priority-input-tokens-remaining"   => "anthropic-priority-input-tokens-reset";
    "anthropic-priority-output-tokens-remaining"  => "anthropic-priority-output-tokens-reset";
    "anthropic-fast-input-tokens-remaining"       => "anthropic-fast-input-tokens-reset";
    "anthropic-fast-output-tokens-remaining"      => "anthropic-fast-output-tokens-reset";
};

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    match outcome.class() {
        Class::QuotaExhausted if outcome.scope() == Scope::Account => {
            fields.offer_retry_after(hints);
            hints.offer(HintSource::ResetHeader, subscription::anthropic(fields));
        }
        Class::QuotaExhausted => hints.offer(HintSource::BodyText, regained(fields)),
        Class::RateLimited => {
            let reset = instant::latest(fields, BUCKETS, instant::rfc3339);
            hints.offer(HintSource::ResetHeader, reset);
        }
        _ => {}
    }
}

fn regained(fields: &Fields<'_>) -> Reading {
    let message = fields.text("/error/message");
    let end = message.split_once("regain access on ");
    end.map_or(Reading::Absent, |(_, end)| {
        fields.reads(end, instant::day_and_time)
    })
}
