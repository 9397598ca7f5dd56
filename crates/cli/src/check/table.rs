//! An upstream for people.

use std::fmt::Write as _;
use std::time::Duration;

use buttress::config::{Declared, Origin, Shown};
use buttress::core::policy::{IdempotencyKey, Policy, Retry, UpstreamName};
use buttress::providers::{self, IdempotencyHeader};

use super::is_set;

/// The settings in the order of the layers, and what follows from them.
pub(super) fn table(file: &str, name: &UpstreamName, declared: &Declared) -> String {
    let settings: Vec<_> = declared.shown().map(|shown| row(shown, file)).collect();
    let mut figures = figures(declared.policy());
    figures.extend(declared.credential_env().map(credential));
    let widest = |column: fn(&Row) -> usize| {
        let rows = settings.iter().chain(&figures);
        rows.map(column).max().unwrap_or_default()
    };
    let (first, second) = (widest(|row| width(&row.0)), widest(|row| width(&row.1)));
    // Writing to a string does not fail.
    let mut text = String::new();
    let _ = writeln!(text, "[upstream.{}]", name.as_str());
    for Row(setting, value, from) in settings.iter().chain(&figures) {
        let value_pad = second - width(value);
        let setting_pad = first - width(setting);
        let line = format!(
            "{setting}{:setting_pad$}  {value}{:value_pad$}  {from}",
            "", ""
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// A setting, its value, and where that came from.
struct Row(String, String, String);

fn width(text: &str) -> usize {
    text.chars().count()
}

fn row(shown: &Shown, file: &str) -> Row {
    let depth = shown.path().matches('.').count();
    let name = shown.path().rsplit('.').next().unwrap_or_default();
    let value = match shown.written() {
        Some(written) => format!("\"{written}\", which is {}", shown.value()),
        None => shown.value(),
    };
    Row(
        format!("{}{name}", "  ".repeat(depth)),
        value,
        from(shown.origin(), file),
    )
}

/// The file without its folders: it is the one that was asked for.
fn from(origin: &Origin, file: &str) -> String {
    match origin {
        Origin::File(place) => {
            let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
            format!("{name}:{}", place.line)
        }
        other => other.to_string(),
    }
}

/// Whether there is a credential, and never what it is.
fn credential(variable: &str) -> Row {
    let is_set = if is_set(variable) { "set" } else { "not set" };
    Row(
        "credential".to_owned(),
        is_set.to_owned(),
        variable.to_owned(),
    )
}

fn figures(policy: &Policy) -> Vec<Row> {
    let figures = policy.figures();
    let longest = match figures.longest_call() {
        Some(longest) => duration(longest),
        None => "without end".to_owned(),
    };
    let floor = match figures.floor() {
        0 => String::new(),
        floor => format!(" of the calls, and {floor} retries a second"),
    };
    let load = format!("{}%{floor}", percent(figures.load_millionths()));
    let follows = |name: &str, value: String| Row(name.to_owned(), value, "follows".to_owned());
    vec![
        follows("longest call", longest),
        follows("most attempts", figures.max_attempts().to_string()),
        follows("most load", load),
        follows("idempotency key", key(policy)),
    ]
}

/// By what the server knows a call again that has no key of its own.
fn key(policy: &Policy) -> String {
    let profile = providers::named(policy.profile().as_str());
    let known = profile.and_then(|profile| profile.idempotency_header());
    let honoured = known.filter(IdempotencyHeader::is_honoured);
    let header = match policy.retry().map(Retry::idempotency_key) {
        Some(IdempotencyKey::Header(name)) => Some(name.to_string()),
        Some(IdempotencyKey::Profile) => honoured.map(|header| header.name().to_owned()),
        _ => None,
    };
    header.map_or_else(|| "none added".to_owned(), |name| format!("in {name}"))
}

/// In minutes, if it is as many.
fn duration(duration: Duration) -> String {
    match (duration.as_secs(), duration.subsec_nanos()) {
        (secs, 0) if secs > 0 && secs % 60 == 0 => format!("{}m", secs / 60),
        _ => format!("{duration:?}"),
    }
}

/// A share in millionths, as hundredths.
fn percent(millionths: u64) -> String {
    let (whole, rest) = (millionths / 10_000, millionths % 10_000);
    match rest {
        0 => whole.to_string(),
        rest => format!("{whole}.{rest:04}")
            .trim_end_matches('0')
            .to_owned(),
    }
}
