//! Google Vertex AI.
//!
//! Sources, read in November 2026: cloud.google.com/vertex-ai/generative-ai/docs/error-code-429,
//! googleapis/python-api-core (`if_transient_error`: 429, 500, 503).
//!
//! # Signals
//!
//! A 429 of pay-as-you-go, "Resource exhausted, please try again later.", is the region's lack of room, and no limit of
//! the caller. One of provisioned throughput, or of a named quota, is the caller's.
//!
//! # Hints
//!
//! As Gemini's. Pay-as-you-go gives none; the documentation asks for at most two repetitions, a second apart or more.
//!
//! # Repetition
//!
//! As Gemini's. An expired token is to be renewed outside any loop. No idempotency key is known.
//!
//! # Limits
//!
//! Per project, region and base model: a quota per minute, or the throughput that was bought. Until it refuses, no
//! answer tells what is left.
//!
//! # Cost
//!
//! As Gemini's.

use buttress_core::hint::{HintSource, Hints};
use buttress_core::{Class, Outcome, Scope};

use crate::fields::Fields;
use crate::profile::{Kind, Profile};
use crate::signal::{Signal, signals};
use crate::{gemini, google};

/// Vertex AI.
pub const PROFILE: Profile = Profile {
    name: "vertex",
    title: "Google Vertex AI",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: google::CODES,
    messages: &["/error/message"],
    shape: google::unwrapped,
    hints,
    repeats_post: true,
    names: gemini::NAMES,
    cost: gemini::COST,
    ..Profile::PLAIN
};

const SIGNALS: &[Signal] = signals! {
    "vertex daily quota":            QuotaExhausted, Model   if Looks("a violated quota of a day", google::is_daily);
    "vertex provisioned throughput": RateLimited,    Model   if Status[429], Says["provisioned throughput"];
    "vertex quota per minute":       RateLimited,    Model   if Status[429], Says["quota exceeded for"];
    "vertex capacity":               Overloaded,     Model   if Status[429], Says["resource exhausted"];
    "vertex capacity":               Overloaded,     Model   if Code[
        "MODEL_CAPACITY_EXHAUSTED", "MODEL_CAPACITY_EXCEEDED"];
    "vertex overloaded":             Overloaded,     Model   if Status[503], Says["overloaded", "high demand"];
    "vertex limit of the project":   RateLimited,    Org     if Code["RATE_LIMIT_EXCEEDED"], Status[403];
    "vertex limit":                  RateLimited,    Model   if Code["RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"];
    "vertex aborted":                Conflict,       Request, repeated Always if Code["ABORTED"];
    "vertex credential":             Auth,           Account if Code["API_KEY_INVALID", "FAILED_PRECONDITION"];
};

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    match (outcome.class(), outcome.rule()) {
        (Class::QuotaExhausted, "vertex daily quota") => {
            hints.offer(HintSource::DailyReset, gemini::midnight(fields));
        }
        (Class::QuotaExhausted, _) => {}
        _ => google::offer(fields, hints),
    }
}
