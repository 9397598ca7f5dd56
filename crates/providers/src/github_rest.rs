//! GitHub's REST API.
//!
//! Sources, read in November 2026: github/docs `content/rest/using-the-rest-api/rate-limits-for-the-rest-api.md`,
//! octokit/plugin-throttling.js `src/index.ts`, google/go-github `github/github.go`, and the issues named below.
//!
//! # Signals
//!
//! A 403 may be a limit: a *primary* one when nothing remains, a *secondary* one when the message or the link says so.
//! A 422 is a content limit in disguise when an error's code is `abuse` (octokit/plugin-throttling.js#775) or its
//! message says "was submitted too quickly" (cli/cli#4801). Where nothing remains and the message speaks of permission,
//! the last point was spent on a call that no wait makes good. The primary limit is of one resource, and the others go
//! on; a secondary one is of all. An answer out of a cache is no limit of now.
//!
//! # Hints
//!
//! After `Retry-After`: `x-ratelimit-reset` where nothing remains, as otherwise it describes another bucket
//! (scala-steward#2355: a secondary limit with 4 290 remaining and a reset 35 minutes ahead); else a minute, which the
//! documentation names as the least after a secondary limit.
//!
//! # Repetition
//!
//! A POST creates: it is repeated only where the server has not acted. No idempotency key is known.
//!
//! # Limits
//!
//! Of a user, or of an address where there is no credential; each `x-ratelimit-resource` of its own. Secondary limits
//! are of all resources together: requests at once, points of one endpoint, new contents, seconds of computing.
//!
//! # Cost
//!
//! A request is a request; in points, reading 1 and writing 5. `GET /rate_limit` is free.

use std::time::Duration;

use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome};

use crate::cost::{Cost, Points};
use crate::fields::Fields;
use crate::github_content::is_too_quick;
use crate::github_routes::resource;
use crate::instant::{self, Bucket, buckets, is_zero};
use crate::names::Names;
use crate::profile::Profile;
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};

/// GitHub's REST API.
pub const PROFILE: Profile = Profile {
    name: "github_rest",
    title: "GitHub REST",
    signals: SIGNALS,
    codes: &["/errors/0/code"],
    messages: &["/message"],
    hints,
    preflight: Some("/rate_limit"),
    names: NAMES,
    cost: Cost {
        points: Points::ByMethod {
            reading: 1,
            writing: 5,
        },
        ..Cost::CALLS
    },
    published: PUBLISHED,
    grammar: Some(Grammar::GitHub),
    ..Profile::PLAIN
};

const PUBLISHED: &[PublishedLimit] = published! {
    page "docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api", read "2026-11-22";
    "no credential, per address":                  60 Requests   / Hour;
    "user":                                     5_000 Requests   / Hour;
    "app of an Enterprise Cloud organisation": 15_000 Requests   / Hour;
    "app installation, at least":               5_000 Requests   / Hour;
    "app installation, at most":               12_500 Requests   / Hour;
    "GITHUB_TOKEN, per repository":             1_000 Requests   / Hour;
    "user":                                        30 Requests   / Minute of "search";
    "any":                                        100 Requests     AtOnce of "REST and GraphQL together";
    "any":                                        900 Points     / Minute of "one endpoint";
    "any":                                         80 Requests   / Minute of "new content";
    "any":                                        500 Requests   / Hour   of "new content";
    "any":                                         90 CpuSeconds / Minute of "REST and GraphQL together";
};

pub(crate) const NAMES: Names = Names {
    resource: Some(resource),
    ..Names::NOTHING
};

const SIGNALS: &[Signal] = signals! {
    SECONDARY:                     RateLimited, Account  if Status[403, 429],
        Looks("the message or the link names it", is_secondary);
    "github permission":           Auth,        Account  if Status[403], Looks("the message forbids", is_forbidden);
    PRIMARY:                       RateLimited, Resource if Status[403, 429], Looks("nothing remains", is_exhausted);
    // A 403 that says when to come back is a limit, even if it does not say which.
    "github 403 with retry-after": RateLimited, Account  if Status[403], Has("retry-after");
    CONTENT:                       RateLimited, Account  if Status[422],
        Looks("an error `abuse`, or \"submitted too quickly\"", is_too_quick);
};

pub(crate) const PRIMARY: &str = "github primary limit";
pub(crate) const SECONDARY: &str = "github secondary limit";
pub(crate) const CONTENT: &str = "github content limit";

/// "If the retry-after header is not present and x-ratelimit-remaining is not 0, wait for at least one minute."
const AT_LEAST: Duration = Duration::from_secs(60);

/// Refusals that may come with the last point spent, and that no wait will change. The last is a credential that was
/// locked out: to try again lengthens the lock (PyGithub#1248).
const FORBIDDEN: [&str; 5] = [
    "Resource not accessible",
    "Resource protected by",
    "Must have",
    "Request forbidden by administrative rules",
    "Maximum number of login attempts",
];

const BUCKETS: &[Bucket] = buckets! { "x-ratelimit-remaining" => "x-ratelimit-reset"; };

pub(crate) fn is_secondary(fields: &Fields<'_>) -> bool {
    let link = fields.text("/documentation_url");
    fields.has_words("secondary rate")
        || fields.says("abuse detection mechanism")
        || link.ends_with("secondary-rate-limits")
        || link.ends_with("#abuse-rate-limits")
}

pub(crate) fn is_exhausted(fields: &Fields<'_>) -> bool {
    !fields.is_cached() && is_zero(fields, "x-ratelimit-remaining")
}

pub(crate) fn is_forbidden(fields: &Fields<'_>) -> bool {
    let message = fields.text("/message");
    FORBIDDEN.iter().any(|word| message.starts_with(word))
}

pub(crate) fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() != Class::RateLimited {
        return;
    }
    let reset = if is_exhausted(fields) {
        instant::latest(fields, BUCKETS, instant::epoch)
    } else {
        Reading::Absent
    };
    hints.offer(HintSource::ResetHeader, reset);
    // A limit whose end has come is over, if it is the primary one; of the others the end is not known.
    let is_known = outcome.rule() == PRIMARY && matches!(reset, Reading::Wait(_));
    if [PRIMARY, SECONDARY, CONTENT].contains(&outcome.rule()) && !is_known {
        hints.offer(HintSource::DocumentedDefault, Reading::Wait(AT_LEAST));
    }
}
