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
//! `RetryInfo.retryDelay`, the metadata of Cloud Code Assist, the sentence "Please retry in 56.185908122s". A daily quota
//! begins again at midnight in California.
//!
//! # Repetition
//!
//! The official client repeats 408, 429, 500, 502, 503 and 504 where it is told to, POST included.
//!
//! # Limits
//!
//! Of a project, not of a key: requests and input tokens per minute, requests per day, per model.
//! Until it refuses, no answer tells what is left.

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::{Class, Outcome, Repeat, Scope};

use crate::cost::{Charge, Cost};
use crate::fields::Fields;
use crate::google;
use crate::profile::{Kind, Profile};
use crate::signal::Signal;
use crate::signal::When::{Code, Looks, Says, Status};
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
    cost: COST,
    ..Profile::PLAIN
};

use Class::{
    Auth, ClientError, Conflict, Overloaded, QuotaExhausted, RateLimited, ServerError, Timeout,
    Unavailable,
};

pub(crate) const COST: Cost = Cost {
    tokens: Charge::Input,
    usage: &["totalTokenCount"],
    ..Cost::CALLS
};

const SIGNALS: &[Signal] = &[
    Signal::new(
        "gemini daily quota",
        &[Looks("a violated quota of a day", google::is_daily)],
        QuotaExhausted,
        Scope::Model,
    ),
    Signal::new(
        "gemini daily quota",
        &[Code(&["quota_exceeded"])],
        QuotaExhausted,
        Scope::Model,
    ),
    Signal::new(
        "gemini not in the plan",
        &[
            Status(&[429]),
            Looks("`limit: 0` in the message", has_limit_zero),
        ],
        QuotaExhausted,
        Scope::Model,
    ),
    Signal::new(
        "gemini plan",
        &[Code(&["QUOTA_EXHAUSTED"])],
        QuotaExhausted,
        Scope::Account,
    ),
    Signal::new(
        "gemini credits",
        &[Code(&["INSUFFICIENT_G1_CREDITS_BALANCE"])],
        QuotaExhausted,
        Scope::Account,
    ),
    Signal::new(
        "gemini prepayment",
        &[
            Status(&[402, 403, 429]),
            Says(&["prepayment credits are depleted"]),
        ],
        QuotaExhausted,
        Scope::Org,
    ),
    Signal::new(
        "gemini payment",
        &[Status(&[402])],
        QuotaExhausted,
        Scope::Org,
    ),
    Signal::new(
        "gemini payment",
        &[Code(&["payment_required"])],
        QuotaExhausted,
        Scope::Org,
    ),
    Signal::new(
        "gemini capacity",
        &[Code(&[
            "MODEL_CAPACITY_EXHAUSTED",
            "MODEL_CAPACITY_EXCEEDED",
        ])],
        Overloaded,
        Scope::Model,
    ),
    Signal::new(
        "gemini limit of code assist",
        &[
            Code(&["RATE_LIMIT_EXCEEDED"]),
            Looks("the domain is Cloud Code's", is_code_assist),
        ],
        RateLimited,
        Scope::Account,
    ),
    Signal::new(
        "gemini limit of the project",
        &[Code(&["RATE_LIMIT_EXCEEDED"]), Status(&[403])],
        RateLimited,
        Scope::Org,
    ),
    Signal::new(
        "gemini limit",
        &[Code(&[
            "RATE_LIMIT_EXCEEDED",
            "rate_limit_exceeded",
            "too_many_requests",
        ])],
        RateLimited,
        Scope::Model,
    ),
    Signal::new(
        "gemini key",
        &[Code(&["API_KEY_INVALID", "FAILED_PRECONDITION"])],
        Auth,
        Scope::Account,
    ),
    Signal::new(
        "gemini overloaded",
        &[Status(&[503]), Says(&["overloaded", "high demand"])],
        Overloaded,
        Scope::Model,
    ),
    Signal::new(
        "gemini limit",
        &[Code(&["RESOURCE_EXHAUSTED"])],
        RateLimited,
        Scope::Model,
    ),
    // The Interactions API says in words what others say in statuses.
    Signal::new(
        "gemini unavailable",
        &[Code(&["service_unavailable"])],
        Unavailable,
        Scope::Request,
    ),
    Signal::new(
        "gemini timeout",
        &[Code(&["deadline_exceeded"])],
        Timeout,
        Scope::Request,
    ),
    Signal::new(
        "gemini fault",
        &[Code(&["api_error"])],
        ServerError,
        Scope::Request,
    ),
    // What was aborted may be begun again; what exists already will go on to exist.
    Signal::new(
        "gemini aborted",
        &[Code(&["aborted", "ABORTED"])],
        Conflict,
        Scope::Request,
    )
    .repeated(Repeat::Always),
    Signal::new(
        "gemini conflict",
        &[Code(&["already_exists", "ALREADY_EXISTS"])],
        Conflict,
        Scope::Request,
    ),
    Signal::new(
        "gemini cancelled",
        &[Code(&["cancelled"])],
        ClientError,
        Scope::Request,
    ),
];

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
        (QuotaExhausted, "gemini daily quota") => {
            hints.offer(HintSource::DailyReset, midnight(fields));
        }
        (QuotaExhausted, "gemini plan") => google::offer(fields, hints),
        (QuotaExhausted, _) => {}
        _ => google::offer(fields, hints),
    }
}

/// "Requests per day (RPD) quotas reset at midnight Pacific time."
pub(crate) fn midnight(fields: &Fields<'_>) -> Reading {
    let wait = Zone::pacific().and_then(|zone| zone.to_midnight(fields.server_now()));
    wait.map_or(Reading::Absent, Reading::Wait)
}
