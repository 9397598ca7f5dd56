//! Durations as providers write them.

#[cfg(test)]
mod tests;

use std::time::Duration;

use buttress_core::hint::decimal;
use serde_json::Value;

use crate::json::CUT;

/// The units of Go's `time.Duration`, longer names first where one begins with another.
const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads `6m0s`, `8.64s`, `20ms`, `1h15m30.918s`; `None` for anything else, negative durations among it.
///
/// Saturates where Go would overflow.
pub(crate) fn go(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.saturating_add(decimal(number.as_bytes(), *nanos)?);
        rest = after;
    }
    (!text.is_empty()).then_some(total.min(LONGEST))
}

/// The units of sentences, which Go's short ones are too: `3 days 4 hours 9 minutes`, `6m 11.52s`.
const WORDS: [(&str, u64); 20] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("millisecond", 1_000_000),
    ("milliseconds", 1_000_000),
    ("s", SECOND),
    ("sec", SECOND),
    ("second", SECOND),
    ("seconds", SECOND),
    ("m", 60 * SECOND),
    ("min", 60 * SECOND),
    ("minute", 60 * SECOND),
    ("minutes", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("hour", 3_600 * SECOND),
    ("hours", 3_600 * SECOND),
    ("d", 86_400 * SECOND),
    ("day", 86_400 * SECOND),
    ("days", 86_400 * SECOND),
];

const SECOND: u64 = 1_000_000_000;

/// As long as a wait may be: what a clock of 64 bits in nanoseconds holds. What is longer is this.
pub(crate) const LONGEST: Duration = Duration::from_nanos(u64::MAX);

/// The duration that follows `phrase` in a sentence: `Please try again in 1m9.696s. Visit …`
///
/// The phrase is in lower case, and is found whatever the sentence's own case.
pub(crate) fn after(sentence: &str, phrase: &str) -> Option<Duration> {
    let lower = sentence.to_ascii_lowercase();
    let start = lower.find(phrase)? + phrase.len();
    beginning(&lower[start..])
}

/// The duration that a text in lower case begins with: numbers with a unit each, as long as they follow one another.
pub(crate) fn beginning(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = None;
    while let Some((part, after)) = numbered_unit(rest) {
        total = Some(part.saturating_add(total.unwrap_or_default()));
        rest = after.trim_start_matches([' ', ',']);
    }
    total
        .filter(|_| !is_cut(rest))
        .map(|total| total.min(LONGEST))
}

/// Whether a duration that stands before this may have gone on where the text was cut: `6m 11.5` of `6m 11.52s`.
fn is_cut(rest: &str) -> bool {
    let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let end = unit
        .trim_start_matches(' ')
        .trim_start_matches(char::is_alphabetic);
    let goes_on = rest.starts_with(|c: char| c.is_ascii_digit() || c == CUT);
    goes_on && end.starts_with(CUT)
}

fn numbered_unit(text: &str) -> Option<(Duration, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, after) = text.split_at(end);
    let after = after.trim_start_matches(' ');
    let end = after
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(after.len());
    let (unit, after) = after.split_at(end);
    let (_, nanos) = WORDS.iter().find(|(name, _)| *name == unit)?;
    Some((decimal(number.as_bytes(), *nanos)?, after))
}

/// Reads .NET's `TimeSpan`: `[d.]hh:mm:ss[.fraction]`.
pub(crate) fn time_span(text: &str) -> Option<Duration> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let whole = |text: &str, unit: u64| {
        let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
        is_whole.then(|| decimal(text.as_bytes(), unit)).flatten()
    };
    let span = whole(days, 86_400 * SECOND)?
        .saturating_add(whole(hours, 3_600 * SECOND)?)
        .saturating_add(whole(minutes, 60 * SECOND)?)
        .saturating_add(decimal(seconds.as_bytes(), SECOND)?);
    Some(span.min(LONGEST))
}

/// Reads a `google.protobuf.Duration` as JSON: `"0.539477544s"`, or its fields as an object. `None` for what gives no
/// wait: a duration may be zero or negative by its grammar.
pub(crate) fn protobuf(value: &Value) -> Option<Duration> {
    let wait = match value {
        Value::String(text) => decimal(text.strip_suffix('s')?.as_bytes(), SECOND)?,
        Value::Object(fields) => {
            let part = |name, unit| match fields.get(name) {
                None | Some(Value::Null) => Some(Duration::ZERO),
                Some(Value::String(text)) => decimal(text.as_bytes(), unit),
                Some(Value::Number(number)) => decimal(number.to_string().as_bytes(), unit),
                Some(_) => None,
            };
            part("seconds", SECOND)?.saturating_add(part("nanos", 1)?)
        }
        _ => return None,
    };
    (!wait.is_zero()).then(|| wait.min(LONGEST))
}
