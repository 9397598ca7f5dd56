//! GitHub's REST API.
//!
//! Sources, read in November 2026: github/docs `content/rest/using-the-rest-api/rate-limits-for-the-rest-api.md`,
//! octokit/plugin-throttling.js `src/index.ts`, google/go-github `github/github.go`, and the issues named below.
//!
//! # Signals
//!
//! A 403 may be a limit: a *primary* one when nothing remains, a *secondary* one when the message or the link says so.
//! A 422 is a content limit in disguise when an error's code is `abuse` (octokit/plugin-throttling.js#775) or its
//! message says "was submitted too quickly" (cli/cli#4801).
//!
//! # Hints
//!
//! After `Retry-After`: `x-ratelimit-reset` where nothing remains, as otherwise it describes another bucket
//! (scala-steward#2355: a secondary limit with 4 290 remaining and a reset 35 minutes ahead); else a minute, which the
//! documentation names as the least after a secondary limit.
//!
//! # Repetition
//!
//! A POST creates: it is repeated only where the server has not acted.

use std::time::Duration;

use buttress_core::hint::{Hint, HintSource};
use buttress_core::{Class, Outcome, Scope, UnixTime};
use serde_json::Value;

use crate::fields::Fields;
use crate::profile::Profile;

/// GitHub's REST API.
pub const PROFILE: Profile = Profile {
    name: "github",
    judge,
    repeats_post: false,
    repeats_conflict: false,
    should_retry: None,
};

/// "If the retry-after header is not present and x-ratelimit-remaining is not 0, wait for at least one minute."
const AT_LEAST: Duration = Duration::from_secs(60);

/// Refusals that come with the last point spent, and that no wait will change.
const FORBIDDEN: [&str; 3] = [
    "Resource not accessible",
    "Resource protected by",
    "Must have",
];

fn judge(fields: &Fields<'_>) -> Option<Outcome> {
    match fields.status().as_u16() {
        403 | 429 if is_secondary(fields) => Some(limited(fields, "github secondary limit", true)),
        403 | 429 if is_primary(fields) => Some(limited(fields, "github primary limit", true)),
        // A 403 that says when to come back is a limit, even if it does not say which.
        403 if fields.header("retry-after").is_some() && !is_forbidden(fields) => {
            Some(limited(fields, "github 403 with retry-after", false))
        }
        403 | 401 => Some(Outcome::new(Class::Auth).with_scope(Scope::Account)),
        422 if is_too_quick(fields) => Some(limited(fields, "github content limit", true)),
        _ => None,
    }
}

fn is_secondary(fields: &Fields<'_>) -> bool {
    let message = fields.text("/message").to_ascii_lowercase();
    let link = fields.text("/documentation_url");
    message.contains("secondary rate")
        || message.contains("abuse detection mechanism")
        || link.ends_with("secondary-rate-limits")
        || link.ends_with("#abuse-rate-limits")
}

fn is_primary(fields: &Fields<'_>) -> bool {
    fields.number("x-ratelimit-remaining") == Some(0) && !is_forbidden(fields)
}

fn is_forbidden(fields: &Fields<'_>) -> bool {
    let message = fields.text("/message");
    FORBIDDEN.iter().any(|beginning| message.starts_with(beginning))
        // A locked-out credential: to try again lengthens the lock (PyGithub#1248).
        || message.starts_with("Maximum number of login attempts")
}

fn is_too_quick(fields: &Fields<'_>) -> bool {
    let says = |error: &Value, field: &str, word: &str| {
        error
            .get(field)
            .and_then(Value::as_str)
            .is_some_and(|text| text.contains(word))
    };
    fields.items("/errors").iter().any(|error| {
        says(error, "code", "abuse") || says(error, "message", "was submitted too quickly")
    })
}

fn limited(fields: &Fields<'_>, rule: &'static str, waits_a_minute: bool) -> Outcome {
    let default = Hint {
        wait: AT_LEAST,
        source: HintSource::DocumentedDefault,
    };
    let hint = match reset(fields) {
        None if waits_a_minute => Some(default),
        hint => hint,
    };
    Outcome::new(Class::RateLimited)
        .with_scope(Scope::Account)
        .with_rule(rule)
        .with_hint(hint)
}

/// The end of the window, if this window is what is used up.
fn reset(fields: &Fields<'_>) -> Option<Hint> {
    let is_exhausted = fields.number("x-ratelimit-remaining") == Some(0);
    let reset = fields
        .number("x-ratelimit-reset")
        .filter(|_| is_exhausted)?;
    let wait = UnixTime::from_secs(reset).since(fields.server_now());
    Some(Hint {
        wait,
        source: HintSource::ResetHeader,
    })
}
