//! Cohere.
//!
//! Sources, read in November 2026: docs.cohere.com errors and rate limits, cohere-ai/cohere-python
//! `src/cohere/core/http_client.py`.
//!
//! # Signals
//!
//! One sentence for two limits: "limited to 20 API calls / minute" is a limit, "limited to 1000 API calls / month" a
//! quota. There are no codes.
//!
//! # Hints
//!
//! None with a 429. The official client would read `x-ratelimit-reset`. "Will reset at the beginning of next month"
//! names no zone, so nothing is computed from it.
//!
//! # Repetition
//!
//! The official client repeats 408, 409, 429 and 5xx, POST included. No idempotency key is known.
//!
//! # Limits
//!
//! Of a key: by the minute for each endpoint, and for trials by the month. An answer to a trial key tells what is left
//! of the endpoint's minute, which slides; a refusal does not, and of the month only the limit is told. Keys of calls
//! that go to several endpoints should tell these apart.
//!
//! # Cost
//!
//! A request is a request. A success tells what is billed in `billed_units`.

use buttress_core::hint::{HintSource, Hints};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome, Scope};

use crate::cost::Cost;
use crate::fields::Fields;
use crate::instant::{self, Bucket, buckets};
use crate::names::Names;
use crate::profile::{Kind, Profile};
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};

/// Cohere's API.
pub const PROFILE: Profile = Profile {
    name: "cohere",
    title: "Cohere",
    kind: Kind::Models,
    limits: Scope::Account,
    signals: SIGNALS,
    messages: &["/message"],
    hints,
    repeats_post: true,
    repeats_conflict: true,
    names: Names::MODEL_IN_BODY,
    cost: Cost {
        usage: &["billed_units"],
        ..Cost::CALLS
    },
    published: PUBLISHED,
    grammar: Some(Grammar::Cohere),
    ..Profile::PLAIN
};

const PUBLISHED: &[PublishedLimit] = published! {
    page "docs.cohere.com/docs/rate-limits", read "2026-11-22";
    "trial":         20 Requests / Minute of "chat";
    "trial":      1_000 Requests / Month;
    "production":   500 Requests / Minute of "chat";
};

const SIGNALS: &[Signal] = signals! {
    "cohere monthly quota": QuotaExhausted, Account if Status[429], Says["calls / month", "calls/month", "per month"];
};

const BUCKETS: &[Bucket] = buckets! { "x-ratelimit-remaining" => "x-ratelimit-reset"; };

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() == Class::RateLimited {
        let reset = instant::latest(fields, BUCKETS, instant::number);
        hints.offer(HintSource::ResetHeader, reset);
    }
}
