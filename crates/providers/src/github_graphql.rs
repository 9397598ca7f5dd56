//! GitHub's GraphQL API.
//!
//! Sources, read in November 2026: github/docs (rate limits and node limits of the GraphQL API),
//! octokit/plugin-retry.js, octokit/plugin-throttling.js, release-drafter#1018, yanyongyu/githubkit#271,
//! port-labs/ocean#3526.
//!
//! # Signals
//!
//! Failures hide in a 200, in `errors[].type`. `RATE_LIMITED` and, since January 2026, `RATE_LIMIT` with the code
//! `graphql_rate_limit` are limits, also when a few points remain: the query costs more than these. A 200 with data, no
//! errors and nothing remaining is a success. What stands in `data` is never looked at.
//!
//! # Hints
//!
//! As GitHub's REST; for a primary limit the reset counts whatever remains.
//!
//! # Repetition
//!
//! Every query is a POST: repeated where the server has not acted, or the caller says so. After 502 and 504 points are
//! deducted all the same. No idempotency key is known.
//!
//! # Limits
//!
//! In points: of a user by the hour, of a `GITHUB_TOKEN` for each repository; secondary ones by the minute.
//!
//! # Cost
//!
//! Of the points of an hour, what `rateLimit.cost` tells where the query asks for it. Of those of a minute, a query 1
//! and a mutation 5.

use buttress_core::Outcome;
use buttress_core::hint::{HintSource, Hints};
use buttress_core::quota::published::Grammar;
use serde_json::Value;

use crate::cost::{Cost, Points};
use crate::fields::{Fields, is_success};
use crate::github_rest::{self, CONTENT, PRIMARY, SECONDARY};
use crate::instant;
use crate::profile::{Hides, Profile};
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};

/// GitHub's GraphQL API.
pub const PROFILE: Profile = Profile {
    name: "github_graphql",
    title: "GitHub GraphQL",
    signals: SIGNALS,
    codes: &["/errors/0/type"],
    messages: &["/message"],
    hints,
    hides: Hides::InMember("errors"),
    names: github_rest::NAMES,
    cost: Cost {
        points: Points::ByOperation {
            query: 1,
            mutation: 5,
        },
        told: &["/data/rateLimit/cost"],
        ..Cost::CALLS
    },
    published: PUBLISHED,
    grammar: Some(Grammar::GitHub),
    ..Profile::PLAIN
};

const PUBLISHED: &[PublishedLimit] = published! {
    page "docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api", read "2026-11-22";
    "user":                          5_000 Points     / Hour;
    "Enterprise Cloud":             10_000 Points     / Hour;
    "GITHUB_TOKEN, per repository":  1_000 Points     / Hour;
    "any":                           2_000 Points     / Minute;
    "any":                             100 Requests     AtOnce of "REST and GraphQL together";
    "any":                              60 CpuSeconds / Minute;
};

const SIGNALS: &[Signal] = signals! {
    "github credential":         Auth,        Account  if Status[401];
    SECONDARY:                   RateLimited, Account  if Looks("an error or the message names it", is_secondary);
    PRIMARY:                     RateLimited, Resource if Looks(
        "an error of the type RATE_LIMITED or RATE_LIMIT", is_rate_limited);
    "github permission":         Auth,        Account  if Status[403],
        Looks("the message forbids", github_rest::is_forbidden);
    PRIMARY:                     RateLimited, Resource if Status[403, 429],
        Looks("nothing remains", github_rest::is_exhausted);
    CONTENT:                     RateLimited, Account  if Looks(
        "UNPROCESSABLE, \"was submitted too quickly\"", is_too_quick);
    "github graphql fault":      ServerError, Request  if Success,
        Looks("\"Something went wrong while executing your query\"", is_fault);
    "github graphql permission": Auth,        Account  if Success,
        Looks("an error of the type FORBIDDEN or INSUFFICIENT_SCOPES", is_permission);
    "github graphql error":      ClientError, Request  if Success;
};

fn is_rate_limited(fields: &Fields<'_>) -> bool {
    has_type(fields, &["RATE_LIMITED", "RATE_LIMIT"])
}

fn is_permission(fields: &Fields<'_>) -> bool {
    has_type(fields, &["FORBIDDEN", "INSUFFICIENT_SCOPES"])
}

fn is_too_quick(fields: &Fields<'_>) -> bool {
    has_message(fields, "UNPROCESSABLE", "was submitted too quickly")
}

fn is_fault(fields: &Fields<'_>) -> bool {
    let phrase = "something went wrong while executing your query";
    has_message(fields, "", phrase)
}

fn word<'a>(error: &'a Value, name: &str) -> &'a str {
    error.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn has_type(fields: &Fields<'_>, types: &[&str]) -> bool {
    let mut errors = fields.items("/errors").iter();
    errors.any(|error| {
        types.contains(&word(error, "type"))
            || word(error, "code") == "graphql_rate_limit" && types[0] == "RATE_LIMITED"
    })
}

/// An error of this type, or of none, whose message says so, in any case. What the caller wrote may stand in messages,
/// and in those of other types does.
fn has_message(fields: &Fields<'_>, kind: &str, phrase: &str) -> bool {
    fields.items("/errors").iter().any(|error| {
        let message = word(error, "message");
        ["", kind].contains(&word(error, "type")) && message.to_ascii_lowercase().contains(phrase)
    })
}

fn is_secondary(fields: &Fields<'_>) -> bool {
    (!is_success(fields) && github_rest::is_secondary(fields))
        || has_message(fields, "", "secondary rate limit")
}

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.rule() == PRIMARY {
        // A few points may remain, fewer than the query costs: the reset is its own.
        if let Some(reset) = fields.header("x-ratelimit-reset") {
            hints.offer(HintSource::ResetHeader, fields.reads(reset, instant::epoch));
        }
    }
    if hints.best().is_none() {
        github_rest::hints(fields, outcome, hints);
    }
}
