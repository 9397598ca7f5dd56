//! OpenAI.
//!
//! Sources, read in November 2026: the guides "error codes" and "rate limits" (developers.openai.com/api/docs/guides),
//! `openai/openai-python` `src/openai/_base_client.py`, `openai/codex` `codex-rs/codex-api/src/api_bridge.rs`.
//!
//! # Signals
//!
//! `error.code` is read before `error.type`, and both before the status: a 429 of type `invalid_request_error` with the
//! code `rate_limit_exceeded` is a limit, and one of type `insufficient_quota` is a bill to be paid. Words of the
//! message decide in two cases alone, where no code exists for them.
//!
//! # Hints
//!
//! After the headers that all servers share: the sentence "Please try again in 1m9.696s", then the reset of the bucket
//! that is exhausted. The sentence stands first, as the reset is the time to a *full* bucket and so more than is needed.
//!
//! # Repetition
//!
//! The official clients repeat POST after connection errors, 408, 409, 429 and 5xx, and obey `x-should-retry`.

use buttress_core::hint::{Hint, HintSource, Hints, Reading};
use buttress_core::{Class, Outcome, Repeat, Scope};
use http::StatusCode;

use crate::duration;
use crate::fields::Fields;
use crate::profile::Profile;

/// OpenAI's API.
pub const PROFILE: Profile = Profile {
    name: "openai",
    judge,
    repeats_post: true,
    repeats_conflict: true,
    should_retry: Some("x-should-retry"),
};

/// Codes, and types where there is no code, that mean a bill, a plan or a cap, and so a person.
const EXHAUSTED: [&str; 9] = [
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_not_active",
    "billing_hard_limit_reached",
    // The ChatGPT backend of Codex: a plan's window, with the time of its end.
    "usage_limit_reached",
    "usage_not_included",
];

const BUCKETS: [(&str, &str); 3] = [
    (
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    ),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    (
        "x-ratelimit-remaining-project-tokens",
        "x-ratelimit-reset-project-tokens",
    ),
];

fn judge(fields: &Fields<'_>) -> Option<Outcome> {
    let code = fields.text("/error/code");
    let kind = fields.text("/error/type");
    if EXHAUSTED.contains(&code) || EXHAUSTED.contains(&kind) {
        return Some(exhausted(fields));
    }
    let message = fields.text("/error/message");
    match fields.status() {
        StatusCode::TOO_MANY_REQUESTS if message.starts_with("Request too large") => Some(
            Outcome::new(Class::ClientError)
                .with_scope(Scope::Model)
                .with_rule("openai request too large"),
        ),
        StatusCode::TOO_MANY_REQUESTS => Some(limited(fields)),
        StatusCode::SERVICE_UNAVAILABLE if is_overload(code, kind, message) => Some(
            Outcome::new(Class::Overloaded)
                .with_scope(Scope::Model)
                .with_rule("openai overloaded"),
        ),
        _ => None,
    }
}

fn is_overload(code: &str, kind: &str, message: &str) -> bool {
    matches!(code, "server_is_overloaded" | "slow_down")
        || kind == "service_unavailable_error"
        || message.contains("engine is currently overloaded")
}

fn exhausted(fields: &Fields<'_>) -> Outcome {
    let outcome = Outcome::new(Class::QuotaExhausted)
        .with_rule("openai quota")
        .with_repeat(Repeat::Never);
    match fields.until("/error/resets_at") {
        Some(wait) => {
            let source = HintSource::BodyField;
            outcome
                .with_scope(Scope::Account)
                .with_hint(Some(Hint { wait, source }))
        }
        None => outcome.with_scope(Scope::Org),
    }
}

fn limited(fields: &Fields<'_>) -> Outcome {
    let mut hints = Hints::default();
    let told = duration::after(fields.text("/error/message"), "try again in ");
    hints.offer(
        HintSource::BodyText,
        told.map_or(Reading::Absent, Reading::Wait),
    );
    hints.offer(HintSource::ResetHeader, latest_reset(fields));
    Outcome::new(Class::RateLimited)
        .with_scope(Scope::Model)
        .with_rule("openai 429")
        .with_hint(hints.best())
        .with_malformed_hints(hints.malformed())
}

/// The reset of the exhausted bucket, the latest if there are several. A bucket with something left did not refuse.
fn latest_reset(fields: &Fields<'_>) -> Reading {
    let is_exhausted = |remaining: &str| fields.number(remaining) == Some(0);
    BUCKETS
        .iter()
        .filter(|(remaining, _)| is_exhausted(remaining))
        .map(|(_, reset)| duration::reading(fields.header(reset)))
        .max_by_key(|reading| match reading {
            Reading::Wait(wait) => Some(*wait),
            Reading::Absent | Reading::Malformed => None,
        })
        .unwrap_or(Reading::Absent)
}
