//! Servers that speak OpenAI's language: Cerebras, GitHub Models, Scaleway, Venice, Z.ai, NVIDIA, Hugging Face,
//! opencode.
//!
//! Sources, read in November 2026: measured notes on free tiers (rate limits of Cerebras, GitHub Models, Mistral,
//! Groq), earendil-works/pi#4991 (opencode).
//!
//! # Signals
//!
//! Codes to the letter. Their words mislead: Scaleway's per-minute limit says "INSUFFICIENT QUOTA", and Cerebras names
//! the parameter `quota` for requests per minute. A plan's end is known by "usage limit reached". The error may stand in
//! an array, as Gemini's does behind this language too.
//!
//! # Hints
//!
//! The sentences "try again in", "retry after", "please wait" and "resets in"; then resets, of which each server has
//! its own unit, and Venice two in one answer. GitHub Models sends `retry-after: 0` for a limit on concurrent
//! requests.
//!
//! # Repetition
//!
//! As OpenAI's, since its clients are used. Cerebras forbids the repetition after `queue_exceeded`, although the queue
//! is free within seconds; it is obeyed.
//!
//! # Limits
//!
//! Each server's own; of a credential. What is left is learned by OpenAI's names, with Cerebras's windows behind them,
//! and with resets in any form. GitHub Models tells limits on its successes that are far above those at which it
//! refuses.
//!
//! # Cost
//!
//! Not known of all: the request and `max_tokens` are the most that it can be.

use buttress_core::hint::{HintSource, Hints};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome, Scope};

use crate::cost::{Charge, Cost};
use crate::fields::{Answer, Fields};
use crate::generic;
use crate::instant::{self, Bucket, buckets};
use crate::names::Names;
use crate::openai::EXHAUSTED;
use crate::profile::{Kind, Profile};
use crate::signal::{Signal, signals};

/// A server that speaks OpenAI's language.
pub const PROFILE: Profile = Profile {
    name: "openai_compatible",
    title: "OpenAI-compatible",
    kind: Kind::Models,
    limits: Scope::Account,
    signals: SIGNALS,
    codes: &["/error/code", "/error/type", "/code", "/type"],
    messages: &["/error/message", "/message"],
    shape: Answer::out_of_array,
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
    grammar: Some(Grammar::OpenAiCompatible),
    ..Profile::PLAIN
};

const SIGNALS: &[Signal] = signals! {
    "compatible quota":             QuotaExhausted, Account if Code(EXHAUSTED);
    "compatible plan":              QuotaExhausted, Account if Status[402, 403, 429],
        Says["usage limit reached", "monthly limit reached"];
    "compatible overloaded":        Overloaded,     Model   if Code[
        "queue_exceeded", "server_is_overloaded", "service_unavailable_error", "capacity_exceeded"];
    "compatible request too large": ClientError,    Request if Status[413, 429], Says["request too large"];
    "compatible limit":             RateLimited,    Account if Code[
        "rate_limit_exceeded", "request_quota_exceeded", "token_quota_exceeded", "RateLimitReached"];
};

/// GitHub Models.
const TIME_LEFT: &[Bucket] = buckets! { "x-ratelimit-remaining" => "x-ratelimit-timeremaining"; };

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() == Class::QuotaExhausted {
        // Some send the days of a plan here too.
        if fields.says("limit reached") {
            fields.offer_retry_after(hints);
        }
        hints.offer(
            HintSource::BodyText,
            fields.told(&["resets in ", "reset in "]),
        );
        return;
    }
    let told = fields.told(&["try again in ", "retry after ", "please wait ", "retry in "]);
    hints.offer(HintSource::BodyText, told);
    if outcome.class() == Class::RateLimited {
        let reset = instant::latest(fields, generic::BUCKETS, instant::any);
        hints.offer(HintSource::ResetHeader, reset);
        let left = instant::latest(fields, TIME_LEFT, instant::seconds);
        hints.offer(HintSource::ResetHeader, left);
    }
}
