//! Azure OpenAI, also as Foundry, and the API Management that stands before it.
//!
//! Sources, read in November 2026: MicrosoftDocs/azure-ai-docs `articles/foundry/openai/includes/quota-2.md`,
//! openai/openai-python#937, aoai-simulated-api#57, graphrag-accelerator#129.
//!
//! # Signals
//!
//! A 429 is a limit of the deployment, unless the message speaks of high demand: then the region has no room, and the
//! caller did nothing wrong. API Management answers with `statusCode` and `message` at the top; its *quota* policy
//! answers 403, and says when it is replenished.
//!
//! # Hints
//!
//! The sentences "retry after 37 seconds" and "try again in 50 seconds". Resets are whole seconds, unlike OpenAI's; a
//! remaining of -1 means that nothing is known, and the reset beside it says nothing.
//!
//! # Repetition
//!
//! As OpenAI's, whose client is used: POST too, without an idempotency key.
//!
//! # Limits
//!
//! Of a deployment: per model, region and subscription. Requests are counted over slices of one or ten seconds.
//!
//! # Cost
//!
//! The estimate of the prompt and `max_tokens` × `best_of` are charged on arrival. Failed requests count.

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome, Scope};

use crate::cost::{Charge, Cost};
use crate::duration;
use crate::fields::Fields;
use crate::instant::{self, Bucket, buckets};
use crate::names::{ModelIn, Names};
use crate::openai::EXHAUSTED;
use crate::profile::{Kind, Profile};
use crate::signal::{Signal, signals};

/// Azure OpenAI.
pub const PROFILE: Profile = Profile {
    name: "azure_openai",
    title: "Azure OpenAI",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: crate::openai::CODES,
    messages: crate::openai::MESSAGES,
    hints,
    repeats_post: true,
    repeats_conflict: true,
    should_retry: Some("x-should-retry"),
    names: Names {
        models: &[ModelIn::Path("/deployments/", '/'), ModelIn::Body("model")],
        ..Names::NOTHING
    },
    cost: Cost {
        tokens: Charge::Sum,
        usage: &["total_tokens"],
        counts_failures: true,
        ..Cost::CALLS
    },
    grammar: Some(Grammar::Azure),
    ..Profile::PLAIN
};

const SIGNALS: &[Signal] = signals! {
    "azure call volume quota": QuotaExhausted, Account if Status[403, 429],
        Says["out of call volume quota", "quota will be replenished"];
    // The quotas of its policies for tokens and for bandwidth.
    "azure gateway quota":     QuotaExhausted, Account if Status[403], Says["quota"],
        Looks("`statusCode` at the top", is_of_gateway);
    "azure quota":             QuotaExhausted, Org     if Code(EXHAUSTED);
    "azure high demand":       Overloaded,     Model   if Status[429],
        Says["experiencing high demand", "temporarily unable to process your request", "during peak load"];
    "azure request too large": ClientError,    Request if Status[429], Says["request too large"];
    "azure gateway limit":     RateLimited,    Account if Status[429], Looks("`statusCode` at the top", is_of_gateway);
    "azure overloaded":        Overloaded,     Model   if Code["server_is_overloaded", "service_unavailable_error"];
    "azure limit":             RateLimited,    Model   if Code["rate_limit_exceeded"];
};

const BUCKETS: &[Bucket] = buckets! {
    "x-ratelimit-remaining-requests" => "x-ratelimit-reset-requests";
    "x-ratelimit-remaining-tokens"   => "x-ratelimit-reset-tokens";
    // Seen in openai-python#937, with no `Retry-After` beside it.
    "x-ratelimit-remaining-tokens"   => "x-rate-limit-reset-tokens";
    "x-ratelimit-remaining-requests" => "x-rate-limit-reset-requests";
};

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() == Class::QuotaExhausted {
        hints.offer(HintSource::BodyText, replenished(fields));
        return;
    }
    let told = fields.told(&["retry after ", "try again in "]);
    hints.offer(HintSource::BodyText, told);
    if outcome.class() == Class::RateLimited {
        let reset = instant::latest(fields, BUCKETS, instant::seconds);
        hints.offer(HintSource::ResetHeader, reset);
    }
}

fn is_of_gateway(fields: &Fields<'_>) -> bool {
    fields.value("/statusCode").is_some()
}

/// `Quota will be replenished in 5.03:23:11.`, `Token quota is exceeded. Try again in 03:23:11.`
fn replenished(fields: &Fields<'_>) -> Reading {
    let messages = [fields.text("/message"), fields.text("/error/message")];
    let span = messages.iter().find_map(|message| {
        let lower = message.to_ascii_lowercase();
        let mut ends = ["replenished in ", "try again in "]
            .iter()
            .filter_map(|phrase| Some(lower.split_once(phrase)?.1));
        ends.find_map(|after| {
            let word = after.split_ascii_whitespace().next()?;
            duration::time_span(word.trim_end_matches('.'))
        })
    });
    span.map_or(Reading::Absent, Reading::Wait)
}
