//! GitLab.
//!
//! Sources, read in November 2026: gitlabhq `doc/administration/settings/user_and_ip_rate_limits.md`, python-gitlab
//! `gitlab/utils.py` and `gitlab/const.py`, gitlab-org/gitlab#217312, #352409, #365728.
//!
//! # Signals
//!
//! A 409 that says "Resource lock" passes; any other stays. Everything else is in the status.
//!
//! # Hints
//!
//! `RateLimit-Reset` is a time since 1970, although the IETF's field of that name is a wait; then
//! `RateLimit-ResetTime`, an HTTP date. Limits of the application answer with another bucket's headers, of which
//! something remains: no hint.
//!
//! # Repetition
//!
//! A POST creates: it is repeated only where the server has not acted. No idempotency key is known.
//!
//! # Limits
//!
//! Of a user; those of a self-managed server are its administrator's. `RateLimit-Limit` is per minute whatever the
//! period is.
//!
//! # Cost
//!
//! A request is a request.

use buttress_core::hint::{HintSource, Hints};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome};

use crate::fields::Fields;
use crate::instant::{self, Bucket, buckets};
use crate::profile::Profile;
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};

/// GitLab's API.
pub const PROFILE: Profile = Profile {
    name: "gitlab",
    title: "GitLab",
    signals: SIGNALS,
    messages: &["/message", "/message/error", "/error"],
    hints,
    published: PUBLISHED,
    grammar: Some(Grammar::GitLab),
    ..Profile::PLAIN
};

const PUBLISHED: &[PublishedLimit] = published! {
    page "docs.gitlab.com/administration/settings/user_and_ip_rate_limits", read "2026-11-22";
    "gitlab.com, user":   2_000 Requests / Minute;
    "self-managed, user": 7_200 Requests / Hour;
};

const SIGNALS: &[Signal] = signals! {
    "gitlab resource lock": Conflict, Request, repeated Always if Status[409],
        Looks("\u{201c}Resource lock\u{201d}, also outside JSON", is_lock);
};

const RESETS: &[Bucket] = buckets! { "ratelimit-remaining" => "ratelimit-reset"; };

const RESET_TIMES: &[Bucket] = buckets! { "ratelimit-remaining" => "ratelimit-resettime"; };

/// python-gitlab looks at the text of the answer, whatever its form.
fn is_lock(fields: &Fields<'_>) -> bool {
    let words = b"Resource lock";
    fields.body().windows(words.len()).any(|part| part == words)
}

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() == Class::RateLimited {
        let reset = instant::latest(fields, RESETS, instant::number);
        hints.offer(HintSource::ResetHeader, reset);
        let reset = instant::latest(fields, RESET_TIMES, instant::date);
        hints.offer(HintSource::ResetHeader, reset);
    }
}
