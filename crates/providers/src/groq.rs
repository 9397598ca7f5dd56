//! Groq.
//!
//! Sources, read in November 2026: console.groq.com/docs/rate-limits and /docs/errors, groq/groq-python
//! `_base_client.py`, measured notes.
//!
//! # Signals
//!
//! OpenAI's codes. A 413 of the code `rate_limit_exceeded` is a request that never fits, although it comes with a
//! `Retry-After`; 498 means that the flex tier is full.
//!
//! # Hints
//!
//! The sentence "Please try again in 6m 11.52s", sometimes with a blank in it; then the reset of the exhausted bucket.
//! The headers know requests per *day* and tokens per *minute* alone: for every other limit they show plenty while the
//! bucket is empty.
//!
//! # Repetition
//!
//! As OpenAI's, whose client it is generated with: POST too, without an idempotency key.
//!
//! # Limits
//!
//! Of an organisation, per model.
//!
//! # Cost
//!
//! The estimate of the prompt and `max_tokens` seem to be charged on arrival (inferred from the 413's text).

use buttress_core::hint::{HintSource, Hints};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome, Scope};

use crate::cost::{Charge, Cost};
use crate::fields::Fields;
use crate::instant::{self, Bucket};
use crate::names::Names;
use crate::openai::{self, EXHAUSTED};
use crate::profile::{Kind, Profile};
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};

/// Groq's API.
pub const PROFILE: Profile = Profile {
    name: "groq",
    title: "Groq",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: openai::CODES,
    messages: openai::MESSAGES,
    hints,
    repeats_post: true,
    repeats_conflict: true,
    should_retry: Some("x-should-retry"),
    names: Names::MODEL_IN_BODY,
    cost: Cost {
        tokens: Charge::Sum,
        usage: &["total_tokens"],
        ..Cost::CALLS
    },
    published: PUBLISHED,
    grammar: Some(Grammar::Groq),
    ..Profile::PLAIN
};

const PUBLISHED: &[PublishedLimit] = published! {
    page "console.groq.com/docs/rate-limits", read "2026-11-22";
    "free":     30 Requests / Minute;
    "free": 14_400 Requests / Day    of "small models";
};

const SIGNALS: &[Signal] = signals! {
    "groq request too large": ClientError,    Request if Status[413];
    "groq request too large": ClientError,    Request if Status[429], Says["request too large"];
    "groq quota":             QuotaExhausted, Org     if Code(EXHAUSTED);
    "groq capacity":          Overloaded,     Model   if Status[498];
    "groq capacity":          Overloaded,     Model   if Code["capacity_exceeded"];
    "groq limit":             RateLimited,    Model   if Code["rate_limit_exceeded"];
};

/// Requests of the day, tokens of the minute.
const BUCKETS: &[Bucket] = openai::BUCKETS;

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    hints.offer(HintSource::BodyText, fields.told(&["try again in "]));
    if outcome.class() == Class::RateLimited {
        let reset = instant::latest(fields, BUCKETS, instant::go);
        hints.offer(HintSource::ResetHeader, reset);
    }
}
