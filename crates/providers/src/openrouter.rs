//! OpenRouter.
//!
//! Sources, read in November 2026: openrouter.ai/docs/api/errors and /streaming, OpenRouterTeam/typescript-sdk.
//!
//! # Signals
//!
//! The status is the error's own only where the request was refused at the door; otherwise the error stands in the body
//! of a 200, or in a stream. So `error.code` counts wherever there is one. A 402 with a `Retry-After` is no bill:
//! other requests of the same account hold the money until they end.
//!
//! # Hints
//!
//! `metadata.retry_after_seconds`, and the upstream's headers as they were copied into the metadata, whose reset is in
//! *milliseconds* since 1970.
//!
//! # Repetition
//!
//! Its clients repeat POST. A stream is repeated before its first output alone. No idempotency key is known.
//!
//! # Limits
//!
//! Of an account for `:free` models, by the minute and by the day, which has more where credits were bought. Others
//! have the limits of the model's provider. Until it refuses, no answer tells what is left (measured in July 2026); the
//! refusal tells it in its body, as a hint.
//!
//! # Cost
//!
//! A request is a request; a success tells its tokens in `total_tokens`.

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::{Class, Outcome, Scope};
use serde_json::Value;

use crate::cost::Cost;
use crate::fields::{Answer, Fields, word};
use crate::instant::{self, Bucket, Read, buckets};
use crate::names::Names;
use crate::profile::{Hides, Kind, Profile};
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};

/// OpenRouter's API.
pub const PROFILE: Profile = Profile {
    name: "openrouter",
    title: "OpenRouter",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: &["/error/code", "/error/metadata/error_type"],
    messages: &["/error/message"],
    shape: Answer::by_code,
    hints,
    hides: Hides::InMember("error"),
    repeats_post: true,
    repeats_conflict: true,
    names: Names::MODEL_IN_BODY,
    cost: Cost {
        usage: &["total_tokens"],
        ..Cost::CALLS
    },
    published: PUBLISHED,
    ..Profile::PLAIN
};

const PUBLISHED: &[PublishedLimit] = published! {
    page "openrouter.ai/docs/api/limits", read "2026-11-22";
    "any":                     20 Requests / Minute of "`:free` models";
    "less than 10 credits":    50 Requests / Day    of "`:free` models";
    "10 credits or more":   1_000 Requests / Day    of "`:free` models";
};

const SIGNALS: &[Signal] = signals! {
    "openrouter in-flight budget":       RateLimited,    Account if Status[402],
        Looks("held by requests in flight, with a Retry-After", is_in_flight);
    "openrouter credits":                QuotaExhausted, Account if Code["402", "payment_required"];
    "openrouter free models per day":    QuotaExhausted, Account if Status[429], Says["-per-day"];
    "openrouter free models per minute": RateLimited,    Account if Status[429], Says["-per-min"];
    "openrouter budget":                 QuotaExhausted, Account if Status[403],
        Looks("`resets_at`", has_budget_end);
    "openrouter moderation":             ClientError,    Request if Status[403],
        Looks("`reasons` or `flagged_input`", is_moderation);
    "openrouter limit":                  RateLimited,    Model   if Code["rate_limit_exceeded", "429"];
    "openrouter overloaded":             Overloaded,     Model   if Code["provider_overloaded", "529"];
    "openrouter unavailable":            Unavailable,    Model   if Code["provider_unavailable", "502", "503"];
    "openrouter unavailable":            Unavailable,    Model   if Status[502, 503];
    "openrouter timeout":                Timeout,        Request if Code["timeout"];
    "openrouter fault":                  ServerError,    Model   if Code["server", "server_error"];
};

/// "A 402 without the header is not a wait-and-retry case."
fn is_in_flight(fields: &Fields<'_>) -> bool {
    let mut header = Hints::default();
    fields.offer_retry_after(&mut header);
    header.best().is_some()
        && fields.text("/error/metadata/limit_source") == "openrouter_in_flight_budget"
}

fn has_budget_end(fields: &Fields<'_>) -> bool {
    budget_end(fields) != Reading::Absent
}

fn is_moderation(fields: &Fields<'_>) -> bool {
    ["reasons", "flagged_input"]
        .iter()
        .any(|name| fields.value(&format!("/error/metadata/{name}")).is_some())
}

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    let mut offer = |reading| hints.offer(HintSource::BodyField, reading);
    if outcome.class() == Class::QuotaExhausted {
        offer(budget_end(fields));
        if outcome.rule() == "openrouter free models per day" {
            offer(copied(fields, "x-ratelimit-reset", instant::epoch));
            hints.offer(HintSource::ResetHeader, reset(fields));
        }
        return;
    }
    offer(fields.seconds("/error/metadata/retry_after_seconds"));
    offer(copied(fields, "retry-after", instant::seconds));
    offer(copied(fields, "x-ratelimit-reset", instant::epoch));
    if outcome.class() == Class::RateLimited {
        hints.offer(HintSource::ResetHeader, reset(fields));
    }
}

/// The same header outside the body.
fn reset(fields: &Fields<'_>) -> Reading {
    const DOOR: &[Bucket] = buckets! { "x-ratelimit-remaining" => "x-ratelimit-reset"; };
    instant::latest(fields, DOOR, instant::epoch)
}

fn budget_end(fields: &Fields<'_>) -> Reading {
    match fields.until("/error/metadata/resets_at") {
        Reading::Absent => fields.until("/error/resets_at"),
        reading => reading,
    }
}

/// A header as it was copied into the metadata.
fn copied(fields: &Fields<'_>, name: &str, read: Read) -> Reading {
    let headers = fields.value("/error/metadata/headers");
    let mut headers = headers.and_then(Value::as_object).into_iter().flatten();
    let copy = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
    let text = copy.and_then(|(_, value)| word(value));
    text.map_or(Reading::Absent, |text| fields.reads(&text, read))
}
