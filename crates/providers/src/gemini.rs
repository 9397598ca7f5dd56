//! Google Gemini, Cloud Code Assist, and the Interactions API.
//!
//! Sources, read in November 2026: google-gemini/gemini-cli `packages/core/src/utils/googleQuotaErrors.ts`,
//! googleapis/python-genai `google/genai/_api_client.py`, googleapis/googleapis
//! `google/rpc/{code,error_details}.proto`, the errors page of the Interactions API, gemini-cli#10513,
//! inspect_ai#5526.
//!
//! # Signals
//!
//! Details before words: the per-minute 429 itself says "check your plan and billing details". A `QuotaFailure` of a
//! day is a quota, whatever `RetryInfo` stands beside it: ten minutes of retries at its word failed (inspect_ai#5526).
//! `ErrorInfo.reason` beats the status: older APIs put `RATE_LIMIT_EXCEEDED` under 403. The error may stand in an
//! array, or as text in the message of another.
//!
//! # Hints
//!
//! `RetryInfo.retryDelay`, the metadata of Cloud Code Assist, the sentence "Please retry in 56.185908122s". A daily
//! quota begins again at midnight in California.
//!
//! # Repetition
//!
//! The official client repeats 408, 429, 500, 502, 503 and 504 where it is told to, POST included. No idempotency key
//! is known.
//!
//! # Limits
//!
//! Of a project, not of a key: requests and input tokens per minute, requests per day, per model. Until it refuses, no
//! answer tells what is left.
//!
//! # Cost
//!
//! The tokens of the request; a success tells all that it used in `totalTokenCount`.

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::{Class, Outcome, Scope};

use crate::cost::{Charge, Cost};
use crate::fields::Fields;
use crate::google;
use crate::names::{ModelIn, Names};
use crate::profile::{Kind, Profile};
use crate::signal::{Signal, signals};
use crate::zone::Zone;

/// Google's Gemini API.
pub const PROFILE: Profile = Profile {
    name: "gemini",
    title: "Google Gemini",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: google::CODES,
    messages: &["/error/message"],
    shape: google::unwrapped,
    hints,
    repeats_post: true,
    names: NAMES,
    cost: COST,
    ..Profile::PLAIN
};

pub(crate) const COST: Cost = Cost {
    tokens: Charge::Input,
    usage: &["totalTokenCount"],
    ..Cost::CALLS
};

/// Where OpenAI's way of asking is taken, the model is named in its way too.
pub(crate) const NAMES: Names = Names {
    models: &[ModelIn::Path("/models/", ':'), ModelIn::Body("model")],
    ..Names::NOTHING
};

const SIGNALS: &[Signal] = signals! {
    "gemini daily quota":          QuotaExhausted, Model   if Looks("a violated quota of a day", google::is_daily);
    "gemini daily quota":          QuotaExhausted, Model   if Code["quota_exceeded"];
    "gemini not in the plan":      QuotaExhausted, Model   if Status[429],
        Looks("`limit: 0` in the message", has_limit_zero);
    "gemini plan":                 QuotaExhausted, Account if Code["QUOTA_EXHAUSTED"];
    "gemini credits":              QuotaExhausted, Account if Code["INSUFFICIENT_G1_CREDITS_BALANCE"];
    "gemini prepayment":           QuotaExhausted, Org     if Status[402, 403, 429],
        Says["prepayment credits are depleted"];
    "gemini payment":              QuotaExhausted, Org     if Status[402];
    "gemini payment":              QuotaExhausted, Org     if Code["payment_required"];
    "gemini capacity":             Overloaded,     Model   if Code[
        "MODEL_CAPACITY_EXHAUSTED", "MODEL_CAPACITY_EXCEEDED"];
    "gemini limit of code assist": RateLimited,    Account if Code["RATE_LIMIT_EXCEEDED"],
        Looks("the domain is Cloud Code's", is_code_assist);
    "gemini limit of the project": RateLimited,    Org     if Code["RATE_LIMIT_EXCEEDED"], Status[403];
    "gemini limit":                RateLimited,    Model   if Code[
        "RATE_LIMIT_EXCEEDED", "rate_limit_exceeded", "too_many_requests"];
    "gemini key":                  Auth,           Account if Code["API_KEY_INVALID", "FAILED_PRECONDITION"];
    "gemini overloaded":           Overloaded,     Model   if Status[503], Says["overloaded", "high demand"];
    "gemini limit":                RateLimited,    Model   if Code["RESOURCE_EXHAUSTED"];
    // The Interactions API says in words what others say in statuses.
    "gemini unavailable":          Unavailable,    Request if Code["service_unavailable"];
    "gemini timeout":              Timeout,        Request if Code["deadline_exceeded"];
    "gemini fault":                ServerError,    Request if Code["api_error"];
    // What was aborted may be begun again; what exists already will go on to exist.
    "gemini aborted":              Conflict,       Request, repeated Always if Code["aborted", "ABORTED"];
    "gemini conflict":             Conflict,       Request if Code["already_exists", "ALREADY_EXISTS"];
    "gemini cancelled":            ClientError,    Request if Code["cancelled"];
};

fn is_code_assist(fields: &Fields<'_>) -> bool {
    fields.text("/error/domain").starts_with("cloudcode")
}

/// `limit: 0`, and not `limit: 0.5` nor `limit: 05`.
fn has_limit_zero(fields: &Fields<'_>) -> bool {
    let message = fields.text("/error/message");
    message.match_indices("limit:").any(|(at, word)| {
        let number = message[at + word.len()..].trim_start();
        let Some(rest) = number.strip_prefix('0') else {
            return false;
        };
        let is_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        !is_digit(rest) && !rest.strip_prefix('.').is_some_and(is_digit)
    })
}

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    match (outcome.class(), outcome.rule()) {
        (Class::QuotaExhausted, "gemini daily quota") => {
            hints.offer(HintSource::DailyReset, midnight(fields));
        }
        (Class::QuotaExhausted, "gemini plan") => google::offer(fields, hints),
        (Class::QuotaExhausted, _) => {}
        _ => google::offer(fields, hints),
    }
}

/// "Requests per day (RPD) quotas reset at midnight Pacific time."
pub(crate) fn midnight(fields: &Fields<'_>) -> Reading {
    let wait = Zone::pacific().and_then(|zone| zone.to_midnight(fields.server_now()));
    wait.map_or(Reading::Absent, Reading::Wait)
}
