//! Any server that has the IETF's `RateLimit` fields.
//!
//! Source: ietf-wg-httpapi/ratelimit-headers, drafts 00 to 10, read in November 2026.
//!
//! # Signals
//!
//! The problem types of the draft; else the status.
//!
//! # Hints
//!
//! The `RateLimit` field where nothing remains; then the three fields of drafts 00 to 06, whose reset is a wait in
//! seconds, and with some servers a time since 1970. "Retry-After MUST take precedence."
//!
//! # Repetition
//!
//! As the request allows.
//!
//! # Limits
//!
//! The `RateLimit-Policy` field names them.
//!
//! # Cost
//!
//! A request is a request.

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome};

use crate::fields::Fields;
use crate::instant::{self, Bucket, buckets};
use crate::names::Names;
use crate::profile::{Kind, Profile};
use crate::ratelimit;
use crate::signal::{Signal, signals};

/// Servers with `RateLimit` fields.
pub const PROFILE: Profile = Profile {
    name: "ietf",
    title: "IETF RateLimit fields",
    kind: Kind::Unknown,
    signals: SIGNALS,
    codes: &["/type"],
    messages: &["/title"],
    hints,
    names: Names::MODEL_IN_BODY,
    grammar: Some(Grammar::Ietf),
    ..Profile::PLAIN
};

const SIGNALS: &[Signal] = signals! {
    "ietf problem type":     RateLimited, Account if Code[
        "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "https://iana.org/assignments/http-problem-types#abnormal-usage-detected"];
    "ietf problem type":     Unavailable, Account if Code[
        "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"];
    "ietf reduced capacity": Unavailable, Account if Status[503],
        Looks("a `RateLimit` field of which nothing remains", is_exhausted);
};

fn is_exhausted(fields: &Fields<'_>) -> bool {
    matches!(ratelimit::reading(fields), Reading::Wait(_))
}

const TRIPLET: &[Bucket] = buckets! { "ratelimit-remaining" => "ratelimit-reset"; };

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if !matches!(outcome.class(), Class::RateLimited | Class::Unavailable) {
        return;
    }
    hints.offer(HintSource::RateLimitField, ratelimit::reading(fields));
    let reset = instant::latest(fields, TRIPLET, instant::number);
    hints.offer(HintSource::ResetHeader, reset);
}
