//! Anthropic.
//!
//! Sources, read in November 2026: platform.claude.com api/errors and api/rate-limits, anthropics/anthropic-sdk-python
//! `_base_client.py`, anthropics/anthropic-sdk-typescript#357, manaflow-ai/subrouter#24 (headers of subscriptions).
//!
//! # Signals
//!
//! `error.type` beats the status: `overloaded_error` under 429 or 500 is the provider's lack of room. A monthly cap is a
//! 429 of type `rate_limit_error`, told apart by `details.error_code`, or by the date on which access returns. A
//! subscription's window is used up when the header `anthropic-ratelimit-unified-status` says `rejected`.
//!
//! # Hints
//!
//! The reset of an exhausted bucket, in RFC 3339. For a cap: the date in the sentence. For a subscription's window:
//! `Retry-After`, or its reset in seconds since 1970.
//!
//! # Repetition
//!
//! The official clients repeat POST after connection errors, 408, 409, 429 and 5xx, and obey `x-should-retry`.
//!
//! # Limits
//!
//! Of an organisation, per class of model; a bucket that refills all the time. Input is estimated on arrival, without
//! what is read from the cache; output is counted as it is produced, so `max_tokens` costs nothing.
//!
//! A subscription's windows (`-unified-*`) are told in per cent, from which nobody can count how many calls fit. The
//! priority tier is a reserve that calls go beyond, and fast mode a lane that others do not use: neither holds back the
//! rest, and neither is learned.

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome, Scope};

use crate::cost::{Charge, Cost};
use crate::fields::Fields;
use crate::instant::{self, Bucket, bucket};
use crate::profile::{Hides, Kind, Profile};
use crate::published::{Page, Period, PublishedLimit, READ, Unit};
use crate::signal::Signal;
use crate::signal::When::{Code, Header, Looks, Says, Status};

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
    cost: Cost {
        tokens: Charge::Input,
        usage: &["input_tokens", "output_tokens"],
        ..Cost::CALLS
    },
    published: PUBLISHED,
    grammar: Some(Grammar::Anthropic),
    ..Profile::PLAIN
};

const PAGE: Page = Page("platform.claude.com/docs/en/api/rate-limits", READ);

/// Of each class of model.
const PUBLISHED: &[PublishedLimit] = &[
    PAGE.says("Start", 1_000, Unit::Requests, Period::Minute)
        .of(FOUR_FIVE),
    PAGE.says("Start", 2_000_000, Unit::InputTokens, Period::Minute)
        .of(FOUR_FIVE),
    PAGE.says("Start", 400_000, Unit::OutputTokens, Period::Minute)
        .of(FOUR_FIVE),
    PAGE.says("Build", 5_000, Unit::Requests, Period::Minute)
        .of(FOUR_FIVE),
    PAGE.says("Build", 5_000_000, Unit::InputTokens, Period::Minute)
        .of(FOUR_FIVE),
    PAGE.says("Build", 1_000_000, Unit::OutputTokens, Period::Minute)
        .of(FOUR_FIVE),
    PAGE.says("Scale", 10_000, Unit::Requests, Period::Minute)
        .of(FOUR_FIVE),
    PAGE.says("Scale", 10_000_000, Unit::InputTokens, Period::Minute)
        .of(FOUR_FIVE),
    PAGE.says("Scale", 2_000_000, Unit::OutputTokens, Period::Minute)
        .of(FOUR_FIVE),
    PAGE.says("Start", 1_000, Unit::Requests, Period::Minute)
        .of("Fable 5"),
    PAGE.says("Start", 500_000, Unit::InputTokens, Period::Minute)
        .of("Fable 5"),
    PAGE.says("Start", 100_000, Unit::OutputTokens, Period::Minute)
        .of("Fable 5"),
];

const FOUR_FIVE: &str = "Opus, Sonnet and Haiku 4.5";

const SIGNALS: &[Signal] = &[
    Signal::new(
        "anthropic spend limit",
        &[Code(&["enforced_spend_limit_reached"])],
        Class::QuotaExhausted,
        Scope::Org,
    ),
    Signal::new(
        "anthropic usage limit",
        &[
            Status(&[400, 403, 429]),
            Code(&["rate_limit_error", "invalid_request_error"]),
            Says(&[
                "you will regain access on",
                "you have reached your api usage limits",
                "you have reached your specified",
            ]),
        ],
        Class::QuotaExhausted,
        Scope::Org,
    ),
    Signal::new(
        "anthropic credit balance",
        &[
            Status(&[400, 402, 403]),
            Says(&["credit balance is too low"]),
        ],
        Class::QuotaExhausted,
        Scope::Org,
    ),
    Signal::new(
        "anthropic billing",
        &[Code(&["billing_error"])],
        Class::QuotaExhausted,
        Scope::Org,
    ),
    Signal::new(
        "anthropic overloaded",
        &[Code(&["overloaded_error"])],
        Class::Overloaded,
        Scope::Model,
    ),
    Signal::new(
        "anthropic overloaded",
        &[Status(&[429]), Says(&["not your usage limit"])],
        Class::Overloaded,
        Scope::Model,
    ),
    Signal::new(
        "anthropic subscription",
        &[
            Status(&[429]),
            Header("anthropic-ratelimit-unified-status", "rejected"),
        ],
        Class::QuotaExhausted,
        Scope::Account,
    ),
    Signal::new(
        "anthropic acceleration limit",
        &[Status(&[429]), Says(&["usage increase rate"])],
        Class::RateLimited,
        Scope::Org,
    ),
    Signal::new(
        "anthropic limit",
        &[Code(&["rate_limit_error"])],
        Class::RateLimited,
        Scope::Model,
    ),
    Signal::new(
        "anthropic timeout",
        &[Code(&["timeout_error"])],
        Class::Timeout,
        Scope::Request,
    ),
    // A success that is none, and events in a stream: the type stands for the status.
    Signal::new(
        "anthropic fault",
        &[Looks("a success", is_success), Code(&["api_error"])],
        Class::ServerError,
        Scope::Model,
    ),
    Signal::new(
        "anthropic credential",
        &[
            Looks("a success", is_success),
            Code(&["authentication_error", "permission_error"]),
        ],
        Class::Auth,
        Scope::Account,
    ),
    Signal::new(
        "anthropic request",
        &[
            Looks("a success", is_success),
            Code(&[
                "invalid_request_error",
                "not_found_error",
                "request_too_large",
            ]),
        ],
        Class::ClientError,
        Scope::Request,
    ),
];

fn is_success(fields: &Fields<'_>) -> bool {
    fields.status().is_success()
}

macro_rules! buckets {
    ($($name:literal),+) => {
        &[$(bucket(
            concat!("anthropic-", $name, "-remaining"),
            concat!("anthropic-", $name, "-reset"),
        )),+]
    };
}

const BUCKETS: &[Bucket] = buckets!(
    "ratelimit-requests",
    "ratelimit-tokens",
    "ratelimit-input-tokens",
    "ratelimit-output-tokens",
    "priority-input-tokens",
    "priority-output-tokens",
    "fast-input-tokens",
    "fast-output-tokens"
);

/// A subscription's windows: what its status is, and when it begins again.
const WINDOWS: [(&str, &str); 4] = [
    (
        "anthropic-ratelimit-unified-5h-status",
        "anthropic-ratelimit-unified-5h-reset",
    ),
    (
        "anthropic-ratelimit-unified-7d-status",
        "anthropic-ratelimit-unified-7d-reset",
    ),
    (
        "anthropic-ratelimit-unified-7d_sonnet-status",
        "anthropic-ratelimit-unified-7d_sonnet-reset",
    ),
    (
        "anthropic-ratelimit-unified-7d_oi-status",
        "anthropic-ratelimit-unified-7d_oi-reset",
    ),
];

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    match outcome.class() {
        Class::QuotaExhausted if outcome.scope() == Scope::Account => {
            fields.offer_retry_after(hints);
            hints.offer(HintSource::ResetHeader, window(fields));
        }
        Class::QuotaExhausted => hints.offer(HintSource::BodyText, regained(fields)),
        Class::RateLimited => {
            let reset = instant::latest(fields, BUCKETS, instant::rfc3339);
            hints.offer(HintSource::ResetHeader, reset);
        }
        _ => {}
    }
}

fn window(fields: &Fields<'_>) -> Reading {
    let unified = fields.header("anthropic-ratelimit-unified-reset");
    let rejected = WINDOWS
        .iter()
        .filter(|(status, _)| fields.header(status) == Some("rejected"))
        .filter_map(|(_, reset)| fields.header(reset));
    let resets = unified
        .into_iter()
        .chain(rejected.filter(|_| unified.is_none()));
    let waits = resets.map(|reset| fields.reads(reset, instant::epoch));
    waits
        .max_by_key(|reading| match reading {
            Reading::Wait(wait) => Some(*wait),
            Reading::Absent | Reading::Malformed => None,
        })
        .unwrap_or(Reading::Absent)
}

/// `You will regain access on 2026-09-01 at 00:00 UTC.`
fn regained(fields: &Fields<'_>) -> Reading {
    let Some((_, after)) = fields
        .text("/error/message")
        .split_once("regain access on ")
    else {
        return Reading::Absent;
    };
    let mut words = after.split_ascii_whitespace();
    let (date, time) = match (words.next(), words.next(), words.next(), words.next()) {
        (Some(date), Some("at"), Some(time), Some(zone)) if zone.starts_with("UTC") => (date, time),
        _ => return Reading::Malformed,
    };
    fields.reads(&format!("{date}T{time}:00Z"), instant::rfc3339)
}
