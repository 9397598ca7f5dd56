//! Cloudflare: its API, and the pages of its edge before anybody's.
//!
//! Sources, read in November 2026: developers.cloudflare.com/fundamentals/api/reference/limits and the changelog, the
//! documentation of the 1xxx errors, cloudflare/cloudflare-python, NaturalCycles/js-libs#148.
//!
//! # Signals
//!
//! The number of the first error decides, under any status: 971 is the limit, also under 500. `success` is false in a
//! 200 too. 1015 is the edge's limit of an address; 1020 and a challenge are no limits.
//!
//! # Hints
//!
//! The body's `retry_after`, which holds 30 where the header holds 0; the `RateLimit` field; a reset as a date; and
//! five minutes, for which the API blocks who went over the limit.
//!
//! # Repetition
//!
//! `x-should-retry` and the `retryable` of the edge's JSON. A POST creates: it is repeated only where the server has
//! not acted. The official client sends no idempotency key.
//!
//! # Limits
//!
//! Of a user over five minutes, with those of GraphQL apart, and of an address by the second.
//!
//! # Cost
//!
//! A request is a request.

use std::time::Duration;

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome, Repeat};

use crate::fields::{Fields, is_success};
use crate::instant::{self, Bucket, buckets};
use crate::profile::{Hides, Profile};
use crate::published::{PublishedLimit, published};
use crate::ratelimit;
use crate::signal::{Signal, signals};

/// Cloudflare.
pub const PROFILE: Profile = Profile {
    name: "cloudflare",
    title: "Cloudflare",
    signals: SIGNALS,
    codes: &["/errors/0/code", "/error_code"],
    messages: &["/errors/0/message"],
    hints,
    overrule,
    hides: Hides::InMember("errors"),
    should_retry: Some("x-should-retry"),
    published: PUBLISHED,
    grammar: Some(Grammar::Ietf),
    ..Profile::PLAIN
};

const PUBLISHED: &[PublishedLimit] = published! {
    page "developers.cloudflare.com/fundamentals/api/reference/limits", read "2026-11-22";
    "user":    1_200 Requests / FiveMinutes;
    "address":   200 Requests / Second;
    "user":      320 Requests / FiveMinutes of "GraphQL";
};

const SIGNALS: &[Signal] = signals! {
    "cloudflare success":       Ok,          Request if Looks("`success` is true", is_ok);
    "cloudflare limit":         RateLimited, Account if Code["971", "10429"];
    "cloudflare address limit": RateLimited, Account if Code["1015"];
    "cloudflare challenge":     Auth,        Account if Header("cf-mitigated", "challenge");
    // 9103 and 9106: a key without an address or of no form, 9109: a token that is not valid, 10000: authentication.
    "cloudflare credential":    Auth,        Account if Code["9103", "9106", "9109", "10000", "1020"];
    "cloudflare error":         ClientError, Request if Looks("`success` is false in a success", is_success);
};

fn is_ok(fields: &Fields<'_>) -> bool {
    is_success(fields) && fields.value("/success") == Some(&true.into())
}

/// "All API calls for the next five minutes will be blocked."
const BLOCKED: Duration = Duration::from_secs(300);

const DATES: &[Bucket] = buckets! { "x-ratelimit-remaining" => "x-ratelimit-reset"; };

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    hints.offer(HintSource::BodyField, fields.seconds("/retry_after"));
    if outcome.class() != Class::RateLimited {
        return;
    }
    hints.offer(HintSource::RateLimitField, ratelimit::reading(fields));
    let date = instant::latest(fields, DATES, instant::any);
    hints.offer(HintSource::ResetHeader, date);
    // The API's own answer; the edge has limits of other lengths.
    if fields.value("/success").is_some() {
        hints.offer(HintSource::DocumentedDefault, Reading::Wait(BLOCKED));
    }
}

fn overrule(fields: &Fields<'_>, outcome: Outcome) -> Outcome {
    match fields.value("/retryable") {
        Some(retryable) if *retryable == false => outcome.with_repeat(Repeat::Never),
        _ => outcome,
    }
}
