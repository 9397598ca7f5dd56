//! What Octokit's plugin-retry repeats, and after which waits.

use std::num::NonZeroU32;
use std::time::Duration;

use buttress_core::backoff::Backoff;
use buttress_core::budget::Budget;
use buttress_core::classify::{Reply, Rules};
use buttress_core::hint::{Hint, HintSource};
use buttress_core::retry::{Call, Decision};
use buttress_core::{Outcome, Retries, Timestamp, UnixTime};
use buttress_providers::explain::is_retryable;
use buttress_providers::github_clients::{DO_NOT_RETRY, plugin_retry};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::draws::Extreme;
use crate::report::{Mismatch, Report, Verdict, expect_eq};

#[test]
fn the_vectors_of_githubs_retry_plugin_hold() {
    let mut report = Report::on("github_retry_plugin");
    let defaults: Defaults = report.field("defaults").unwrap_or_default();
    report.enter(
        "defaults".to_owned(),
        expect_eq(DO_NOT_RETRY, &*defaults.do_not_retry),
    );
    report.check("status_cases", Row::judge);
    report.check("override_cases", Row::judge);
    report.check("sequences", |case: &Sequence| case.judge(&defaults));
    report.finish();
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    retries: u32,
    do_not_retry: Vec<u16>,
    #[serde(rename = "delay_s")]
    _delay_s: String,
    retry_after_base_value_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    do_not_retry: Option<Vec<u16>>,
    status: u16,
    retry: bool,
}

impl Row {
    fn judge(&self) -> Verdict {
        let list = self.do_not_retry.as_deref().unwrap_or(DO_NOT_RETRY);
        let outcome = outcome(list, self.status, &Value::Null)?;
        expect_eq(self.retry, is_retryable(&outcome))
    }
}

fn outcome(do_not_retry: &[u16], status: u16, body: &Value) -> Result<Outcome, Mismatch> {
    let body = body.to_string();
    Ok(Rules::new().then(plugin_retry(do_not_retry)).judge(&Reply {
        status: StatusCode::from_u16(status).map_err(Mismatch::unknown)?,
        headers: &HeaderMap::new(),
        body: body.as_bytes(),
        wall: &UnixTime::default,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sequence {
    enabled: Option<bool>,
    #[serde(default)]
    request: Request,
    responses: Vec<Response>,
    expect: Course,
}

/// What the caller says of the request: then no status is beyond repeating.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    retries: Option<u32>,
    retry_after: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Response {
    Status(u16),
    Body { status: u16, errors: Value },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Course {
    attempts: u32,
    delays_in_base_units: Option<Vec<u64>>,
    final_status: Option<u16>,
    error_retry_count: Option<u32>,
}

impl Response {
    fn status(&self) -> u16 {
        match self {
            Self::Status(status) | Self::Body { status, .. } => *status,
        }
    }

    fn outcome(&self, do_not_retry: &[u16]) -> Result<Outcome, Mismatch> {
        let body = match self {
            Self::Status(_) => Value::Null,
            Self::Body { errors, .. } => json!({ "errors": errors }),
        };
        outcome(do_not_retry, self.status(), &body)
    }
}

impl Sequence {
    fn judge(&self, defaults: &Defaults) -> Verdict {
        let retries = match self.enabled {
            Some(false) => 0,
            _ => self.request.retries.unwrap_or(defaults.retries),
        };
        let list = if self.request.retries.is_some() {
            &[]
        } else {
            DO_NOT_RETRY
        };
        let unit = Duration::from_millis(defaults.retry_after_base_value_ms);
        let (mut made, mut delays, mut last) = (0, Vec::new(), 0);
        for response in &self.responses {
            (made, last) = (made + 1, response.status());
            let told = self.request.retry_after.map(|units| Hint {
                wait: unit.saturating_mul(u32::try_from(units).unwrap_or(u32::MAX)),
                source: HintSource::DocumentedDefault,
            });
            let outcome = response.outcome(list)?.with_hint(told);
            match decide(&outcome, made, retries) {
                Decision::Again { wait, .. } if !outcome.is_ok() => delays.push(wait),
                _ => break,
            }
        }
        let course = &self.expect;
        expect_eq(course.attempts, made)?;
        expect_eq(course.final_status.unwrap_or(last), last)?;
        expect_eq(course.error_retry_count.unwrap_or(made), made)?;
        let expected = course.delays_in_base_units.as_ref().map(|units| {
            let delays = units
                .iter()
                .map(|units| u32::try_from(*units).unwrap_or(u32::MAX));
            delays.map(|units| unit.saturating_mul(units)).collect()
        });
        expect_eq(expected.unwrap_or_else(|| delays.clone()), delays)
    }
}

fn decide(outcome: &Outcome, attempts: u32, retries: u32) -> Decision {
    let call = Call {
        attempts,
        restarted: 0,
        previous: Duration::ZERO,
        is_repeatable: true,
        is_replayable: true,
        deadline: None,
        max_attempts: Some(NonZeroU32::MIN.saturating_add(retries)),
    };
    let policy = Retries::default()
        .with_backoff(Backoff::octokit())
        .with_margin(false);
    let budget = Budget::unlimited();
    policy.decide(
        outcome,
        &call,
        &budget,
        Timestamp::default(),
        &mut Extreme::Least,
    )
}
