//! Mistral.
//!
//! Sources, read in November 2026: docs.mistral.ai/resources/error-glossary, mistralai/client-python
//! `utils/retries.py`, measured notes on 163 answers.
//!
//! # Signals
//!
//! Code 1300 is a limit of the minute, 3505 the provider's lack of room; older answers have no code and say "Service
//! tier capacity exceeded". A limit of zero in the headers is a model that is not in the plan.
//!
//! # Hints
//!
//! No `Retry-After` in 163 answers. The window is the minute of the wall clock: where a header shows that the minute's
//! limit is what is used up, the wait is the rest of the minute. An older family of headers has a reset in seconds.
//!
//! # Repetition
//!
//! The official client repeats 429, 500, 502, 503 and 504, POST included. No idempotency key is known.
//!
//! # Limits
//!
//! Of a model per workspace. What is left is told by answers that are not streamed, for the minute of the wall clock;
//! of older models for the month too, without its end.
//!
//! # Cost
//!
//! `x-ratelimit-tokens-query-cost` is what the request cost.

use std::time::Duration;

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome, Scope};

use crate::cost::{Charge, Cost};
use crate::fields::Fields;
use crate::instant::{self, Bucket, buckets, is_zero};
use crate::names::Names;
use crate::profile::{Kind, Profile};
use crate::signal::{Signal, signals};

/// Mistral's API.
pub const PROFILE: Profile = Profile {
    name: "mistral",
    title: "Mistral",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: &["/code", "/type", "/error/code", "/error/type"],
    messages: &["/message", "/error/message"],
    hints,
    repeats_post: true,
    names: Names::MODEL_IN_BODY,
    cost: Cost {
        tokens: Charge::Sum,
        told: &[
            "x-ratelimit-tokens-query-cost",
            "ratelimitbysize-query-cost",
        ],
        usage: &["total_tokens"],
        ..Cost::CALLS
    },
    grammar: Some(Grammar::Mistral),
    ..Profile::PLAIN
};

const SIGNALS: &[Signal] = signals! {
    "mistral not in the plan": QuotaExhausted, Model   if Status[429],
        Zero["x-ratelimit-limit-req-minute", "x-ratelimit-limit-tokens-minute"];
    "mistral monthly quota":   QuotaExhausted, Account if Status[429], Zero["x-ratelimitbysize-remaining-month"];
    "mistral capacity":        Overloaded,     Model   if Code["3505", "service_tier_capacity_exceeded"];
    "mistral capacity":        Overloaded,     Model   if Status[429], Says["service tier capacity exceeded"];
    "mistral limit":           RateLimited,    Model   if Code["1300", "rate_limited"];
};

const SIZED: &[Bucket] = buckets! { "ratelimitbysize-remaining" => "ratelimitbysize-reset"; };

/// What counts by the minute.
const MINUTES: [(&str, &str); 2] = [
    (
        "x-ratelimit-limit-req-minute",
        "x-ratelimit-remaining-req-minute",
    ),
    (
        "x-ratelimitbysize-limit-minute",
        "x-ratelimitbysize-remaining-minute",
    ),
];

/// Whether a limit of the minute may be what is used up: nothing remains, or it is not said what does.
fn is_of_minute(fields: &Fields<'_>) -> bool {
    let is_limit = |(limit, remaining): &(&str, &str)| match fields.header(remaining) {
        Some(_) => is_zero(fields, remaining),
        None => fields.header(limit).is_some(),
    };
    MINUTES.iter().any(is_limit) || is_zero(fields, "x-ratelimit-remaining-tokens-minute")
}

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() != Class::RateLimited {
        return;
    }
    let reset = instant::latest(fields, SIZED, instant::seconds);
    hints.offer(HintSource::ResetHeader, reset);
    if is_of_minute(fields) {
        hints.offer(HintSource::DocumentedDefault, rest_of_minute(fields));
    }
}

fn rest_of_minute(fields: &Fields<'_>) -> Reading {
    const MINUTE: i128 = 60_000_000_000;
    let rest = MINUTE - fields.server_now().as_nanos().rem_euclid(MINUTE);
    u64::try_from(rest).map_or(Reading::Absent, |nanos| {
        Reading::Wait(Duration::from_nanos(nanos))
    })
}
