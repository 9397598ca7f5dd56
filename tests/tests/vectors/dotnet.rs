//! .NET's standard resilience handler: its breaker, what it takes for transient, and how it reads `Retry-After`.

use std::time::Duration;

use buttress_core::breaker::{Circuit, Rate, Verdict as Says, Window};
use buttress_core::classify::{Reply, Rules};
use buttress_core::hint::{Grammar, Hints, retry_after};
use buttress_core::{Repeat, UnixTime};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::report::{Mismatch, Report, Verdict, expect_eq};
use crate::seconds::{duration, millionths};

#[test]
fn the_vectors_of_dotnets_handler_hold() {
    let mut report = Report::on("dotnet_http_resilience");
    let defaults: Option<Defaults> = report.field("defaults");
    if let Some(defaults) = &defaults {
        report.enter("defaults".to_owned(), defaults.is_our_preset());
    }
    report.check("validation", |rule: &Rule| rule.judge(defaults.as_ref()));
    report.check("transient_cases", Transient::judge);
    report.check("retry_after_cases", RetryAfter::judge);
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    total_timeout_s: f64,
    attempt_timeout_s: f64,
    circuit_breaker: BreakerDefaults,
    // Not of the breaker.
    #[serde(rename = "rate_limiter")]
    _rate_limiter: serde_json::Value,
    #[serde(rename = "retry")]
    _retry: serde_json::Value,
    #[serde(rename = "http_client_timeout")]
    _http_client_timeout: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BreakerDefaults {
    failure_ratio: f64,
    minimum_throughput: u32,
    sampling_s: f64,
    break_s: f64,
}

impl Defaults {
    /// The preset is what these numbers give, and nothing else of it is theirs.
    fn is_our_preset(&self) -> Verdict {
        let theirs = &self.circuit_breaker;
        let ratio = millionths(theirs.failure_ratio).ok_or_else(|| Mismatch::unknown("ratio"))?;
        let rate = Rate::from_millionths(ratio).map_err(Mismatch::unknown)?;
        let window = Window::time(duration(theirs.sampling_s)?).map_err(Mismatch::unknown)?;
        let preset = Circuit::dotnet();
        let told = preset
            .with_failure_rate(rate)
            .with_window(window)
            .with_minimum_calls(theirs.minimum_throughput)
            .and_then(|circuit| circuit.with_open_for(duration_or_zero(theirs.break_s)));
        expect_eq(told.map_err(Mismatch::unknown)?, preset)
    }
}

fn duration_or_zero(secs: f64) -> Duration {
    duration(secs).unwrap_or_default()
}

/// What must hold of a configuration; it holds of the defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    rule: String,
}

impl Rule {
    fn judge(&self, defaults: Option<&Defaults>) -> Verdict {
        let Some(defaults) = defaults else {
            return Err(Mismatch::unknown("no defaults"));
        };
        let attempt = defaults.attempt_timeout_s;
        let holds = match self.rule.as_str() {
            "attempt_timeout <= total_timeout" => attempt <= defaults.total_timeout_s,
            "circuit_breaker.sampling >= 2 * attempt_timeout" => {
                defaults.circuit_breaker.sampling_s >= 2.0 * attempt
            }
            other => return Err(Mismatch::unknown(format!("a rule {other}"))),
        };
        expect_eq((&self.rule, true), (&self.rule, holds))
    }
}

/// Whether a status is a failure of the breaker and, for a request that may be repeated, worth another attempt.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transient {
    status: u16,
    expect: bool,
}

impl Transient {
    fn judge(&self) -> Verdict {
        let outcome = Rules::new().judge(&Reply {
            status: StatusCode::from_u16(self.status).map_err(Mismatch::unknown)?,
            headers: &HeaderMap::new(),
            body: b"",
            wall: &UnixTime::default,
        });
        let is_failure = Circuit::dotnet().verdict(&outcome) == Says::Failure;
        expect_eq(("failure", self.expect), ("failure", is_failure))?;
        let is_repeated = outcome.repeat() != Repeat::Never;
        expect_eq(("repeated", self.expect), ("repeated", is_repeated))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetryAfter {
    header: Option<String>,
    expect: Reading,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    parsed: bool,
    delay_s: Option<f64>,
}

const NOW: UnixTime = UnixTime::from_secs(1_792_497_600);

impl RetryAfter {
    fn judge(&self) -> Verdict {
        let mut headers = HeaderMap::new();
        if let Some(text) = &self.header {
            let value = HeaderValue::from_str(&header_value(text)?).map_err(Mismatch::unknown)?;
            headers.insert(header::RETRY_AFTER, value);
        }
        let mut hints = Hints::default();
        retry_after(&headers, NOW, Grammar::Strict, &mut hints);
        let found = hints.best().map(|hint| hint.wait);
        expect_eq(self.expect.parsed, found.is_some())?;
        match self.expect.delay_s {
            Some(secs) => expect_eq(Some(duration(secs)?), found),
            None => Ok(()),
        }
    }
}

/// `date: now+1d` is the date of tomorrow; anything else is the header itself.
fn header_value(text: &str) -> Result<String, Mismatch> {
    let Some(offset) = text.strip_prefix("date: now") else {
        return Ok(text.to_owned());
    };
    let unknown = || Mismatch::unknown(format!("a date {text}"));
    let (sign, amount) = offset.split_at_checked(1).ok_or_else(unknown)?;
    let (number, unit) = amount
        .split_at_checked(amount.len().saturating_sub(1))
        .ok_or_else(unknown)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(unknown()),
    };
    let secs = number.parse::<u64>().map_err(Mismatch::unknown)? * unit;
    let now = std::time::UNIX_EPOCH + Duration::from_secs(1_792_497_600);
    let date = match sign {
        "+" => now + Duration::from_secs(secs),
        "-" => now - Duration::from_secs(secs),
        _ => return Err(unknown()),
    };
    Ok(httpdate::fmt_http_date(date))
}
