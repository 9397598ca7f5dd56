//! What other clients make of GitHub's answers, for whoever comes from one of them.
//!
//! Each differs from [`github_rest`](crate::github_rest), and from the documentation, where its file says so. Sources,
//! read in November 2026: octokit/plugin-throttling.js and plugin-retry.js `src/index.ts`; google/go-github
//! `github/github.go`, `CheckResponse`, `parseSecondaryRate` and `GetRateLimitCategory`.
//!
//! # Signals
//!
//! Octokit knows a secondary limit by the message alone, go-github by the link alone. To both, nothing remaining is a
//! primary limit, also where the message speaks of permission.
//!
//! # Hints
//!
//! Octokit waits a second longer than the reset says, and for a secondary limit the `Retry-After` or a minute,
//! whatever remains. Where the reset is missing, both come back at once.
//!
//! # Repetition
//!
//! Of limits. Octokit's other plugin repeats what is no limit: see [`plugin_retry`].
//!
//! # Limits
//!
//! As GitHub's.
//!
//! # Cost
//!
//! As GitHub's.

use std::time::Duration;

use buttress_core::classify::{Answer, Reply, Rule, generic};
use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::{Class, Outcome, Repeat, UnixTime};

use crate::fields::Fields;
use crate::github_graphql;
use crate::github_rest::{PRIMARY, SECONDARY, is_exhausted};
pub use crate::github_routes::resource;
use crate::instant::{self, Read};
use crate::profile::{Hides, Profile};
use crate::signal::signals;

/// Octokit's plugin-throttling, for REST.
pub const OCTOKIT: Profile = Profile {
    name: "octokit",
    title: "GitHub REST, as Octokit",
    signals: signals! {
        SECONDARY:          RateLimited, Account if Status[403, 429], Looks("the message names it", says_secondary);
        PRIMARY:            RateLimited, Account if Status[403, 429], Looks("nothing remains", is_exhausted);
        // To them a 429 without these signs is an error like any other.
        "github other 429": ClientError, Request if Status[429];
    },
    messages: &["/message", "/errors/0/message"],
    hints: octokit_hints,
    ..Profile::PLAIN
};

/// Octokit's plugin-throttling, for GraphQL: limits under any status but 401.
pub const OCTOKIT_GRAPHQL: Profile = Profile {
    name: "octokit_graphql",
    title: "GitHub GraphQL, as Octokit",
    signals: signals! {
        "octokit credential":  Auth,        Account if Status[401];
        PRIMARY:               RateLimited, Account if Success,
            Looks("an error of the type RATE_LIMITED", is_rate_limited);
        "octokit other error": ClientError, Request if Success;
        SECONDARY:             RateLimited, Account if Looks("the message names it", says_secondary);
        PRIMARY:               RateLimited, Account if Looks("nothing remains", is_exhausted);
        "github other 429":    ClientError, Request if Status[429];
    },
    hides: Hides::InMember("errors"),
    ..OCTOKIT
};

/// go-github.
pub const GO_GITHUB: Profile = Profile {
    name: "go_github",
    title: "GitHub REST, as go-github",
    signals: signals! {
        PRIMARY:            RateLimited, Account if Status[403, 429], Looks("nothing remains", is_exhausted);
        SECONDARY:          RateLimited, Account if Status[403, 429], Looks("the link names it", is_linked);
        "github other 429": ClientError, Request if Status[429];
    },
    hints: go_hints,
    ..OCTOKIT
};

/// The statuses after which Octokit's plugin-retry does not try again.
pub const DO_NOT_RETRY: &[u16] = &[400, 401, 403, 404, 410, 422, 451];

/// Octokit's plugin-retry: every failure is repeated whose status is not one of these, whatever was sent. In a 200 of
/// GraphQL, the fault that passes.
pub fn plugin_retry(do_not_retry: &[u16]) -> impl Rule + 'static {
    let do_not_retry = do_not_retry.to_vec();
    move |reply: &Reply<'_>| {
        if reply.status.as_u16() < 400 {
            return github_graphql::PROFILE.judge(reply);
        }
        if do_not_retry.contains(&reply.status.as_u16()) {
            return Answer::Forbidden;
        }
        Answer::This(generic::judge(reply.status).with_repeat(Repeat::Always))
    }
}

/// `/\bsecondary rate\b/i`
fn says_secondary(fields: &Fields<'_>) -> bool {
    fields.has_words("secondary rate")
}

fn is_rate_limited(fields: &Fields<'_>) -> bool {
    let mut errors = fields.items("/errors").iter();
    errors.any(|error| {
        error
            .get("type")
            .is_some_and(|kind| *kind == *"RATE_LIMITED")
    })
}

fn is_linked(fields: &Fields<'_>) -> bool {
    let link = fields.text("/documentation_url");
    link.ends_with("secondary-rate-limits") || link.ends_with("#abuse-rate-limits")
}

/// The wait until the reset; a reset that is missing is 1970.
fn reset(fields: &Fields<'_>, read: Read) -> Reading {
    let reset = fields.header("x-ratelimit-reset").unwrap_or("0");
    match fields.reads(reset, read) {
        Reading::Absent | Reading::Malformed => Reading::Wait(Duration::ZERO),
        wait @ Reading::Wait(_) => wait,
    }
}

fn octokit_hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    match outcome.rule() {
        SECONDARY => hints.offer(
            HintSource::DocumentedDefault,
            Reading::Wait(Duration::from_secs(60)),
        ),
        PRIMARY => {
            let longer = |reset: &str, now: UnixTime| {
                let before = now.as_nanos().saturating_sub(1_000_000_000);
                instant::epoch(reset, UnixTime::from_nanos(before))
            };
            hints.offer(HintSource::ResetHeader, reset(fields, longer));
        }
        _ => {}
    }
}

fn go_hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    let is_told = fields.header("x-ratelimit-reset").is_some() || outcome.rule() == PRIMARY;
    if outcome.class() == Class::RateLimited && is_told {
        hints.offer(HintSource::ResetHeader, reset(fields, instant::epoch));
    }
}
