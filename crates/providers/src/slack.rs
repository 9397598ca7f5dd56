//! Slack.
//!
//! Sources, read in November 2026: docs.slack.dev/apis/web-api/rate-limits, slackapi/node-slack-sdk
//! `packages/web-api/src/WebClient.ts`, slackapi/python-slack-sdk `slack_sdk/http_retry/builtin_handlers.py`.
//!
//! # Signals
//!
//! "Slack's Web API doesn't use meaningful status codes besides 429 and 200": `ok` is false in a 200, and `error` says
//! why. `ok` true is a success, whatever words stand beside it.
//!
//! # Hints
//!
//! `Retry-After` in whole seconds, sometimes missing (node-slack-sdk#1421); incoming webhooks have `retry_after` in the body.
//!
//! # Repetition
//!
//! Posting twice shows twice: a POST is repeated only where the server has not acted.
//!
//! # Limits
//!
//! Per method, workspace and app: tiers of 1, 20, 50 and 100 a minute; `chat.postMessage` one a second per channel.
//! Until it refuses, no answer tells what is left.

use buttress_core::hint::{HintSource, Hints};
use buttress_core::{Class, Outcome, Scope};

use crate::fields::Fields;
use crate::profile::{Hides, Profile};
use crate::published::{Page, Period, PublishedLimit, READ, Unit};
use crate::signal::Signal;
use crate::signal::When::{Code, Looks};

/// Slack's Web API.
pub const PROFILE: Profile = Profile {
    name: "slack",
    title: "Slack",
    signals: SIGNALS,
    codes: &["/error"],
    hints,
    hides: Hides::InMember("error"),
    published: PUBLISHED,
    ..Profile::PLAIN
};

use Class::{Auth, ClientError, RateLimited, ServerError, Timeout, Unavailable};

const PAGE: Page = Page("docs.slack.dev/apis/web-api/rate-limits", READ);

/// Of each method, workspace and app.
const PUBLISHED: &[PublishedLimit] = &[
    PAGE.says("tier 1", 1, Unit::Requests, Period::Minute),
    PAGE.says("tier 2", 20, Unit::Requests, Period::Minute),
    PAGE.says("tier 3", 50, Unit::Requests, Period::Minute),
    PAGE.says("tier 4", 100, Unit::Requests, Period::Minute),
    PAGE.says("any", 1, Unit::Requests, Period::Second)
        .of("`chat.postMessage`, per channel"),
];

const SIGNALS: &[Signal] = &[
    // `ok` true with an `error` is not known of Slack; `ok` is what its own clients read.
    Signal::new(
        "slack ok",
        &[Looks("`ok` is true", is_ok)],
        Class::Ok,
        Scope::Request,
    ),
    Signal::new(
        "slack limit",
        &[Code(&["ratelimited", "rate_limited"])],
        RateLimited,
        Scope::Account,
    ),
    Signal::new(
        "slack fault",
        &[Code(&["fatal_error", "internal_error"])],
        ServerError,
        Scope::Request,
    ),
    Signal::new(
        "slack unavailable",
        &[Code(&["service_unavailable"])],
        Unavailable,
        Scope::Request,
    ),
    Signal::new(
        "slack timeout",
        &[Code(&["request_timeout"])],
        Timeout,
        Scope::Request,
    ),
    Signal::new(
        "slack credential",
        &[Code(&[
            "invalid_auth",
            "not_authed",
            "token_revoked",
            "token_expired",
            "account_inactive",
            "missing_scope",
            "no_permission",
        ])],
        Auth,
        Scope::Account,
    ),
    Signal::new(
        "slack error",
        &[Looks("`ok` is false in a success", |fields| {
            fields.status().is_success()
        })],
        ClientError,
        Scope::Request,
    ),
];

fn is_ok(fields: &Fields<'_>) -> bool {
    fields.status().is_success() && fields.value("/ok") == Some(&true.into())
}

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() == RateLimited {
        hints.offer(HintSource::BodyField, fields.seconds("/retry_after"));
    }
}
