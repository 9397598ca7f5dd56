//! Claude Code, on the command line.
//!
//! Sources, read in November 2026: anthropics/claude-code#9046, #18078, #42042, #42801, #69023,
//! manaflow-ai/subrouter#24 (the texts of the bundle), cheapestinference/claude-auto-retry `src/time-parser.js`,
//! terryso/claude-auto-resume#14, link-assistant/hive-mind#1123.
//!
//! # Signals
//!
//! A notice is a whole line, after colours and marks are taken away. The same words inside a model's prose are not one
//! (hive-mind#1123). The program may end with success all the same.
//!
//! # Hints
//!
//! The time in the line, in the zone that it names, else in the machine's. An unknown zone is no hint. A time that has
//! just passed means now; one that comes twice when clocks are set back is the later. No margin is added here: that is
//! retry's.
//!
//! # Repetition
//!
//! A plan's end is never repeated. "Server is temporarily limiting requests" is the provider's lack of room.
//!
//! # Limits
//!
//! Of a subscription: a window of five hours, one of a week, and one of a week per class of model.
//!
//! # Cost
//!
//! Not told.

use std::time::Duration;

use buttress_core::classify::generic;
use buttress_core::{Class, Outcome, Scope, UnixTime};
use http::StatusCode;

use crate::printed::{SEPARATORS, exhausted, hint, notice};
use crate::profile::{Kind, Profile};
use crate::zone::Zone;
use crate::{duration, instant, moment};

/// What Claude Code prints.
pub const PROFILE: Profile = Profile {
    name: "claude_cli",
    title: "Claude Code (text)",
    kind: Kind::Models,
    limits: Scope::Account,
    line: Some(judge),
    ..Profile::PLAIN
};

const RULE: &str = "claude plan";

fn judge(line: &str, now: UnixTime, local: &Zone) -> Option<Outcome> {
    let notice = notice(line)?;
    piped(&notice, now)
        .or_else(|| reset_at(&notice, now, local))
        .or_else(|| limit(&notice, now, local))
        .or_else(|| api_error(&notice))
}

/// `Claude AI usage limit reached|1760000400`
fn piped(notice: &str, now: UnixTime) -> Option<Outcome> {
    let epoch = notice.strip_prefix("Claude AI usage limit reached|")?;
    let wait = instant::epoch(epoch.trim(), now);
    Some(exhausted(RULE, Scope::Account, wait))
}

/// `Claude usage limit reached. Your limit will reset at 12am.`
fn reset_at(notice: &str, now: UnixTime, local: &Zone) -> Option<Outcome> {
    let (before, time) = notice.split_once("limit will reset at ")?;
    let is_notice =
        before == "Your " || before.ends_with("limit reached. Your ") && words(before) <= 7;
    let wait = || moment::until(time.trim_end_matches('.'), now, local);
    is_notice.then(|| exhausted(RULE, Scope::Account, wait()))
}

/// `You've hit your weekly limit · resets Oct 29, 4pm`, `5-hour limit reached ∙ resets 3pm (Europe/Berlin)`,
/// `Monthly usage limit reached. Resets in 16 days.`
fn limit(notice: &str, now: UnixTime, local: &Zone) -> Option<Outcome> {
    let (which, rest) = match notice.strip_prefix("You've hit your ") {
        Some(rest) => rest.split_once("limit")?,
        None => notice.split_once("limit reached")?,
    };
    if words(which) > 4
        || which.contains(SEPARATORS.as_slice()) && !which.starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let is_models = ["Opus", "Sonnet", "Haiku"]
        .iter()
        .any(|name| which.contains(name));
    let scope = if is_models {
        Scope::Model
    } else {
        Scope::Account
    };
    let end = rest.trim().trim_start_matches('.').trim_start();
    let end = end
        .trim_start_matches(SEPARATORS)
        .trim_start()
        .trim_end_matches('.');
    let lower = end.to_ascii_lowercase();
    let wait = match lower.strip_prefix("resets ") {
        Some(time) => resets(time, &end["resets ".len()..], now, local),
        // A notice has no more to say than its time; what goes on is prose.
        None if end.is_empty() || has_separator(rest) => None,
        None => return None,
    };
    Some(exhausted(RULE, scope, wait))
}

fn resets(lower: &str, time: &str, now: UnixTime, local: &Zone) -> Option<Duration> {
    match lower.strip_prefix("in ") {
        Some(wait) => duration::beginning(wait),
        None => moment::until(before_separator(time), now, local),
    }
}

/// What follows another separator is advice: `· /upgrade to increase your limit`. A dash may stand in a zone's name.
fn before_separator(time: &str) -> &str {
    time.split(['·', '∙', '•', '|'])
        .next()
        .unwrap_or(time)
        .trim()
}

fn has_separator(rest: &str) -> bool {
    rest.trim_start().starts_with(SEPARATORS) || rest.starts_with('.')
}

fn words(text: &str) -> usize {
    text.split_ascii_whitespace().count()
}

/// `API Error: Request rejected (429) · Rate limited.`, `API Error (429 {…}) · Retrying in 2892 seconds… (attempt 1/10)`
fn api_error(notice: &str) -> Option<Outcome> {
    let error = notice.strip_prefix("API Error")?;
    if error.contains("temporarily limiting requests") {
        let overloaded = Outcome::new(Class::Overloaded).with_scope(Scope::Account);
        return Some(overloaded.with_rule("claude server limit"));
    }
    let status = error
        .split(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit()))?;
    let outcome = generic::judge(StatusCode::from_bytes(status.as_bytes()).ok()?);
    let is_overloaded = error.contains("overloaded_error");
    let outcome = match outcome.class() {
        _ if is_overloaded => Outcome::new(Class::Overloaded),
        Class::Ok => return None,
        _ => outcome,
    };
    let wait = duration::after(notice, "retrying in ");
    Some(
        outcome
            .with_scope(Scope::Account)
            .with_rule("claude api error")
            .with_hint(hint(wait)),
    )
}
