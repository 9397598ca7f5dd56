use std::time::Duration;

use buttress_core::policy::{Limit, RateLimit, Unit};
use buttress_core::quota::{Quota, Shape};

use super::{Draft, Shown};
use crate::read::limits::shape;
use crate::value::Value;

/// Limits of the usual periods, in seconds.
const PLAIN: [(&str, Unit, u64); 12] = [
    ("rate_limit.requests_per_second", Unit::Requests, 1),
    ("rate_limit.requests_per_minute", Unit::Requests, 60),
    ("rate_limit.requests_per_hour", Unit::Requests, 3_600),
    ("rate_limit.requests_per_day", Unit::Requests, 86_400),
    ("rate_limit.tokens_per_second", Unit::Tokens, 1),
    ("rate_limit.tokens_per_minute", Unit::Tokens, 60),
    ("rate_limit.tokens_per_hour", Unit::Tokens, 3_600),
    ("rate_limit.tokens_per_day", Unit::Tokens, 86_400),
    ("rate_limit.points_per_second", Unit::Points, 1),
    ("rate_limit.points_per_minute", Unit::Points, 60),
    ("rate_limit.points_per_hour", Unit::Points, 3_600),
    ("rate_limit.points_per_day", Unit::Points, 86_400),
];

pub(super) fn show(rate_limit: &RateLimit, shown: &mut Shown) {
    let mut rest = Vec::new();
    for limit in rate_limit.limits() {
        match plain(limit) {
            Some(path) => shown.count(path, limit.quota().units()),
            None => rest.push(*limit),
        }
    }
    if !rest.is_empty() {
        shown.put("rate_limit.limits", Value::Limits(rest));
    }
    shown.duration("rate_limit.max_wait", rate_limit.max_wait());
    shown.flag("rate_limit.learn", rate_limit.learn());
    shown.flag("rate_limit.adopt", rate_limit.adopt());
    shown.flag("rate_limit.pace", rate_limit.pace());
    shown.flag("rate_limit.adaptive", rate_limit.adaptive());
    shown.put("rate_limit.key", Value::Key(rate_limit.key().clone()));
    shown.count("rate_limit.capacity", rate_limit.capacity());
}

/// The setting that says all there is to say of a limit.
fn plain(limit: &Limit) -> Option<&'static str> {
    let quota = limit.quota();
    let is_plain = quota.shape() == Shape::Bucket && quota.burst() == quota.units();
    path_of(limit).filter(|_| is_plain)
}

/// The setting of a limit of this unit and period.
pub(crate) fn path_of(limit: &Limit) -> Option<&'static str> {
    let same = |(_, unit, secs): &&(&str, Unit, u64)| {
        *unit == limit.unit() && Duration::from_secs(*secs) == limit.quota().period()
    };
    let (path, ..) = PLAIN.iter().find(same)?;
    Some(path)
}

pub(super) fn build(draft: &mut Draft<'_>) -> Option<RateLimit> {
    if !draft.is_on("rate_limit") {
        return None;
    }
    let limits = limits(draft);
    let is_limited = !limits.is_empty();
    let rate_limit = draft.keep(blamed(draft), RateLimit::new(limits))?;
    // Whoever writes limits has said what they are; who writes none can only have meant those of the server.
    let learn = match draft.is_set("rate_limit.learn") {
        true => draft.flag("rate_limit.learn"),
        false => !is_limited,
    };
    let mut rate_limit = rate_limit
        .with_learn(learn)
        .with_adopt(draft.flag("rate_limit.adopt"))
        .with_pace(draft.flag("rate_limit.pace"))
        .with_adaptive(draft.flag("rate_limit.adaptive"));
    if let Some(max_wait) = draft.duration("rate_limit.max_wait") {
        rate_limit = rate_limit.with_max_wait(max_wait);
    }
    if let Some(key) = draft.key("rate_limit.key") {
        rate_limit = rate_limit.with_key(key);
    }
    if let Some(capacity) = draft.size("rate_limit.capacity") {
        rate_limit = rate_limit.with_capacity(capacity);
    }
    Some(rate_limit)
}

/// The setting that is at fault where all limits together are not possible: of tokens and points the latter.
fn blamed(draft: &Draft<'_>) -> &'static str {
    let points = PLAIN.iter().filter(|(_, unit, _)| *unit == Unit::Points);
    let point = points
        .map(|(path, ..)| *path)
        .find(|path| draft.is_set(path));
    point.unwrap_or("rate_limit.limits")
}

fn limits(draft: &mut Draft<'_>) -> Vec<Limit> {
    let mut limits: Vec<_> = PLAIN
        .iter()
        .filter_map(|(path, unit, secs)| limit(draft, path, *unit, Duration::from_secs(*secs)))
        .collect();
    let counts_requests = limits.iter().any(|limit| limit.unit() == Unit::Requests);
    if draft.is_set("rate_limit.burst") && !counts_requests {
        draft.refuse(
            "rate_limit.burst",
            &[],
            "there is no limit that this is the burst of",
            "a limit such as `requests_per_minute` beside it; one of tokens has its burst in `limits`",
        );
    }
    if let Some(Value::Limits(more)) = draft.value("rate_limit.limits") {
        limits.extend(more);
    }
    limits
}

fn limit(draft: &mut Draft<'_>, path: &'static str, unit: Unit, period: Duration) -> Option<Limit> {
    let units = draft.count(path)?;
    let quota = draft.keep(path, Quota::new(units, period))?;
    let quota = match draft.word("rate_limit.algorithm") {
        Some(word) => quota.with_shape(shape(word)),
        None => quota,
    };
    let burst = draft.count("rate_limit.burst");
    let quota = match burst.filter(|_| unit == Unit::Requests) {
        Some(burst) => draft.keep("rate_limit.burst", quota.with_burst(burst))?,
        None => quota,
    };
    Some(Limit::new(unit, quota))
}
