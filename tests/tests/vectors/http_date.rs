//! HTTP dates and `Retry-After` by the letter of RFC 9110.

use buttress_core::UnixTime;
use buttress_core::hint::{Grammar, Hint, HintSource, Hints, retry_after};
use buttress_core::http_date::parse;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde_json::Value;

use crate::report::{Mismatch, Report, Verdict, expect, expect_eq};
use crate::seconds::{LONGEST, ROUNDING, expect_wait, unix};

#[test]
fn the_vectors_of_http_date_and_retry_after_hold() {
    hold(Report::on("http_date_retry_after"));
}

#[test]
fn the_cases_of_http_date_and_retry_after_hold_as_the_vectors_do() {
    hold(Report::on_cases("http_date_retry_after"));
}

fn hold(mut report: Report) {
    let year = report.field("clock_year").unwrap_or(2026);
    report.check("date_cases", |case| date(case, new_year(year)));
    report.check("delay_seconds_cases", seconds);
    report.check("delay_cases", delay);
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DateCase {
    value: String,
    expect: Date,
    lenient: Option<Date>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Date {
    valid: bool,
    unix: Option<i64>,
    format: Option<Format>,
    /// Not to be seen from outside: a weekday that does not belong to the date changes nothing.
    #[serde(rename = "weekday_ok")]
    _weekday_ok: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    ImfFixdate,
    Rfc850,
    Asctime,
}

fn date(case: &DateCase, now: UnixTime) -> Verdict {
    let strict = date_is(&case.expect, &case.value, now);
    match &case.lenient {
        Some(lenient) if date_is(lenient, &case.value, now).is_ok() => Ok(()),
        _ => strict,
    }
}

fn date_is(expected: &Date, value: &str, now: UnixTime) -> Verdict {
    let found = parse(value.as_bytes(), now);
    let is_right = match (expected.valid, expected.unix) {
        (false, None) => found.is_none(),
        (true, Some(unix)) => found == Some(UnixTime::from_secs(unix)),
        _ => {
            return Err(Mismatch::unknown(
                "a date that is valid has a time, and no other has",
            ));
        }
    };
    expect(is_right, expected, found)?;
    match expected.format {
        Some(format) => has_format(format, value, now),
        None => Ok(()),
    }
}

/// Which of the three forms was read shows in one way: a year of two digits, and no other, moves with the clock.
fn has_format(format: Format, value: &str, now: UnixTime) -> Verdict {
    let two_centuries = 200 * 366 * 86_400 * 1_000_000_000;
    let later = UnixTime::from_nanos(now.as_nanos() + two_centuries);
    let moves = parse(value.as_bytes(), now) != parse(value.as_bytes(), later);
    expect_eq(format == Format::Rfc850, moves)
}

/// The beginning of a year. Counted here, so that the clock of the test does not come from what is tested.
fn new_year(year: i64) -> UnixTime {
    let leap_days = |years: i64| years / 4 - years / 100 + years / 400;
    let days = 365 * (year - 1970) + leap_days(year - 1) - leap_days(1969);
    UnixTime::from_secs(days * 86_400)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecondsCase {
    value: String,
    expect: Seconds,
    lenient: Option<Seconds>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seconds {
    valid: bool,
    delay_s: Option<Value>,
}

fn seconds(case: &SecondsCase) -> Verdict {
    let hint = hint(&[(header::RETRY_AFTER, &case.value)], UnixTime::default());
    let found = hint.filter(|hint| hint.source == HintSource::RetryAfter);
    let strict = seconds_are(&case.expect, found);
    match &case.lenient {
        Some(lenient) if seconds_are(lenient, found).is_ok() => Ok(()),
        _ => strict,
    }
}

fn seconds_are(expected: &Seconds, found: Option<Hint>) -> Verdict {
    match (expected.valid, &expected.delay_s, found) {
        (false, None, found) => expect_eq(None, found),
        (true, Some(_), None) => Err(Mismatch::new(&expected.delay_s, "no hint")),
        (true, Some(Value::Number(secs)), Some(hint)) => {
            let secs = secs.as_f64().ok_or_else(|| Mismatch::unknown(secs))?;
            expect_wait(secs, hint.wait, ROUNDING)
        }
        (true, Some(Value::String(words)), Some(hint)) if words.starts_with("overflow") => {
            expect_eq(LONGEST, hint.wait)
        }
        (_, delay, _) => Err(Mismatch::unknown(format!("a delay of {delay:?}"))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DelayCase {
    now_unix: f64,
    response_date: Option<String>,
    value: String,
    expect_delay_s: f64,
    tolerance: Option<f64>,
}

fn delay(case: &DelayCase) -> Verdict {
    let mut fields = vec![(header::RETRY_AFTER, &*case.value)];
    fields.extend(
        case.response_date
            .as_deref()
            .map(|date| (header::DATE, date)),
    );
    match hint(&fields, unix(case.now_unix)?) {
        Some(hint) => expect_wait(
            case.expect_delay_s,
            hint.wait,
            case.tolerance.unwrap_or(ROUNDING),
        ),
        None => Err(Mismatch::new(case.expect_delay_s, "no hint")),
    }
}

/// A value that cannot stand in a header never arrives, and is left out.
fn hint(fields: &[(header::HeaderName, &str)], now: UnixTime) -> Option<Hint> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.append(name, value);
        }
    }
    let mut hints = Hints::default();
    retry_after(&headers, now, Grammar::Strict, &mut hints);
    hints.best()
}
