//! From settings to a policy, and back.
//!
//! Each part has a file with two functions: `show`, which names the values of a part, and `build`, which makes the part
//! from named values. A policy is what a profile alone means, shown, with the settings that were made laid over it, built.

mod backoff;
mod breaker;
mod concurrency;
mod cooldown;
mod draft;
mod rate_limit;
mod retry;
mod shown;

use buttress_core::Invalid;
use buttress_core::policy::{Policy, ProfileName, Upstream};
use http::Uri;

pub(crate) use self::draft::Draft;
pub(crate) use self::rate_limit::path_of;
pub(crate) use self::shown::Shown;
use crate::value::Value;

/// The values of all settings of `policy`. Of parts that it leaves out, those that they have when they are switched on.
pub(crate) fn show(policy: &Policy) -> Shown {
    let mut shown = Shown::default();
    shown.put("profile", Value::Word(profile(policy)));
    shown.maybe("deadline", policy.deadline().map(Value::Duration));
    let part = policy.retry();
    shown.put("retry", Value::Flag(part.is_some()));
    retry::show(&part.cloned().unwrap_or_default(), &mut shown);
    shown.put("fail_fast", Value::Flag(policy.fail_fast()));
    let part = policy.cooldown();
    shown.put("cooldown", Value::Flag(part.is_some()));
    cooldown::show(&part.cloned().unwrap_or_default(), &mut shown);
    let part = policy.concurrency();
    shown.put("concurrency", Value::Flag(part.is_some()));
    concurrency::show(&part.cloned().unwrap_or_default(), &mut shown);
    let part = policy.rate_limit();
    shown.put("rate_limit", Value::Flag(part.is_some()));
    rate_limit::show(&part.cloned().unwrap_or_default(), &mut shown);
    let part = policy.breaker();
    shown.put("breaker", Value::Flag(part.is_some()));
    breaker::show(&part.cloned().unwrap_or_default(), &mut shown);
    shown.maybe(
        "attempt_timeout",
        policy.attempt_timeout().map(Value::Duration),
    );
    shown.put("isolation", Value::Flag(policy.isolation()));
    shown
}

/// The policy that a draft describes. What is not possible is a problem of the draft, and left out.
pub(crate) fn policy(draft: &mut Draft<'_>) -> Policy {
    let profile = draft.word("profile").map(ProfileName::new);
    let profile = profile.and_then(Result::ok).unwrap_or_default();
    let mut policy = Policy::bare(profile)
        .with_retry(retry::build(draft))
        .with_fail_fast(draft.flag("fail_fast"))
        .with_cooldown(cooldown::build(draft))
        .with_concurrency(concurrency::build(draft))
        .with_rate_limit(rate_limit::build(draft))
        .with_breaker(breaker::build(draft))
        .with_isolation(draft.flag("isolation"));
    let deadline = draft.duration("deadline");
    let timed = policy.clone().with_deadline(deadline);
    policy = draft.keep("deadline", timed).unwrap_or(policy);
    let timeout = draft.duration("attempt_timeout");
    let timed = policy.clone().with_attempt_timeout(timeout);
    draft
        .keep_beside("attempt_timeout", &["deadline"], timed)
        .unwrap_or(policy)
}

/// The upstream of `policy`, and which requests go there.
pub(crate) fn upstream(draft: &mut Draft<'_>, policy: Policy) -> Upstream {
    let mut upstream = Upstream::new(policy);
    if let Some(Value::Text(text)) = draft.value("base_url") {
        let uri = text.parse::<Uri>();
        let expected = "http or https, a host, and a path";
        // Without the text: what is no address may be anything.
        let uri = uri.map_err(|_| Invalid::new("base URL", "this", expected));
        let made = uri.and_then(|uri| upstream.clone().with_base_url(uri));
        upstream = draft.keep("base_url", made).unwrap_or(upstream);
    }
    if let Some(Value::Hosts(hosts)) = draft.value("hosts") {
        upstream = hosts.iter().cloned().fold(upstream, Upstream::with_host);
    }
    upstream
}

/// The name of the profile, as long as the program runs; a profile that is not known is shown as none.
fn profile(policy: &Policy) -> &'static str {
    let name = policy.profile().as_str();
    buttress_providers::named(name).map_or("generic", |profile| profile.name())
}
