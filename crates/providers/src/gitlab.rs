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
//! `RateLimit-Reset` is a time since 1970, although the IETF's field of that name is a wait; then `RateLimit-ResetTime`, an HTTP
//! date. Limits of the application answer with another bucket's headers, of which something remains: no hint.
//!
//! # Repetition
//!
//! A POST creates: it is repeated only where the server has not acted.
//!
//! # Limits
//!
//! gitlab.com 2 000 a minute per user; self-managed 7 200 an hour by default. `RateLimit-Limit` is per minute whatever
//! the period is.

use buttress_core::hint::{HintSource, Hints};
use buttress_core::{Class, Outcome, Repeat, Scope};

use crate::fields::Fields;
use crate::instant::{self, Bucket, bucket};
use crate::profile::Profile;
use crate::signal::Signal;
use crate::signal::When::{Says, Status};

/// GitLab's API.
pub const PROFILE: Profile = Profile {
    name: "gitlab",
    title: "GitLab",
    signals: SIGNALS,
    messages: &["/message", "/message/error", "/error"],
    hints,
    ..Profile::PLAIN
};

const SIGNALS: &[Signal] = &[Signal::new(
    "gitlab resource lock",
    &[Status(&[409]), Says(&["resource lock"])],
    Class::Conflict,
    Scope::Request,
)
.repeated(Repeat::Always)];

const RESETS: &[Bucket] = &[bucket("ratelimit-remaining", "ratelimit-reset")];

const RESET_TIMES: &[Bucket] = &[bucket("ratelimit-remaining", "ratelimit-resettime")];

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() == Class::RateLimited {
        let reset = instant::latest(fields, RESETS, instant::number);
        hints.offer(HintSource::ResetHeader, reset);
        let reset = instant::latest(fields, RESET_TIMES, instant::date);
        hints.offer(HintSource::ResetHeader, reset);
    }
}
