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
//! `Retry-After` in whole seconds, sometimes missing (node-slack-sdk#1421); incoming webhooks have `retry_after` in the
//! body.
//!
//! # Repetition
//!
//! Posting twice shows twice: a POST is repeated only where the server has not acted. No idempotency key is known.
//!
//! # Limits
//!
//! Per method, workspace and app, by the method's tier; `chat.postMessage` per channel. Until it refuses, no answer
//! tells what is left.
//!
//! # Cost
//!
//! A request is a request.

use buttress_core::hint::{HintSource, Hints};
use buttress_core::{Class, Outcome};

use crate::fields::{Fields, is_success};
use crate::profile::{Hides, Profile};
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};

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

/// Of each method, workspace and app.
const PUBLISHED: &[PublishedLimit] = published! {
    page "docs.slack.dev/apis/web-api/rate-limits", read "2026-11-22";
    "tier 1":   1 Requests / Minute;
    "tier 2":  20 Requests / Minute;
    "tier 3":  50 Requests / Minute;
    "tier 4": 100 Requests / Minute;
    "any":      1 Requests / Second of "`chat.postMessage`, per channel";
};

const SIGNALS: &[Signal] = signals! {
    // `ok` true with an `error` is not known of Slack; `ok` is what its own clients read.
    "slack ok":          Ok,          Request if Looks("`ok` is true", is_ok);
    "slack limit":       RateLimited, Account if Code["ratelimited", "rate_limited"];
    "slack fault":       ServerError, Request if Code["fatal_error", "internal_error"];
    "slack unavailable": Unavailable, Request if Code["service_unavailable"];
    "slack timeout":     Timeout,     Request if Code["request_timeout"];
    "slack credential":  Auth,        Account if Code[
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope",
        "no_permission"];
    "slack error":       ClientError, Request if Looks("`ok` is false in a success", is_success);
};

fn is_ok(fields: &Fields<'_>) -> bool {
    is_success(fields) && fields.value("/ok") == Some(&true.into())
}

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() == Class::RateLimited {
        hints.offer(HintSource::BodyField, fields.seconds("/retry_after"));
    }
}
