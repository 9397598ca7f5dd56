//! A server of which nothing is known.
//!
//! Sources, read in November 2026: RFC 9110, and the units of `X-RateLimit-Reset` that were seen in the wild.
//!
//! # Signals
//!
//! The status alone. The body is not read: what words mean, only a profile knows.
//!
//! # Hints
//!
//! The `RateLimit` field; then the reset of an exhausted bucket, in the unit that its size and form betray: a wait in
//! seconds, a time since 1970 in seconds or milliseconds, a Go duration, RFC 3339, an HTTP date.
//!
//! # Repetition
//!
//! As the request allows.
//!
//! # Limits
//!
//! Unknown.
//!
//! # Cost
//!
//! A request is a request.

use buttress_core::hint::{HintSource, Hints};
use buttress_core::quota::published::Grammar;
use buttress_core::{Class, Outcome};

use crate::fields::Fields;
use crate::instant::{self, Bucket, buckets};
use crate::names::Names;
use crate::profile::{Kind, Profile};
use crate::ratelimit;

/// Generic HTTP, with the headers that many servers have.
pub const PROFILE: Profile = Profile {
    name: "generic",
    title: "Any other server",
    kind: Kind::Unknown,
    hints,
    names: Names::MODEL_IN_BODY,
    grammar: Some(Grammar::Ietf),
    ..Profile::PLAIN
};

pub(crate) const BUCKETS: &[Bucket] = buckets! {
    "x-ratelimit-remaining"          => "x-ratelimit-reset";
    "x-rate-limit-remaining"         => "x-rate-limit-reset";
    "ratelimit-remaining"            => "ratelimit-reset";
    "x-ratelimit-remaining-requests" => "x-ratelimit-reset-requests";
    "x-ratelimit-remaining-tokens"   => "x-ratelimit-reset-tokens";
};

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if matches!(outcome.class(), Class::RateLimited | Class::Unavailable) {
        hints.offer(HintSource::RateLimitField, ratelimit::reading(fields));
    }
    if outcome.class() == Class::RateLimited {
        let reset = instant::latest(fields, BUCKETS, instant::any);
        hints.offer(HintSource::ResetHeader, reset);
    }
}
