//! What the providers' answers mean, each under the profile that it names.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use buttress_core::{Outcome, UnixTime};
use buttress_providers::explain::{Captured, Explain, is_retryable, scope, wait_ms, wait_source};
use buttress_providers::{Profile, Zone, generic, named};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::folder;
use crate::report::{Mismatch, Report, Verdict, expect, expect_eq};

#[test]
fn the_vectors_of_the_providers_hold() {
    hold(Report::on("providers"));
}

#[test]
fn the_cases_of_the_providers_hold_as_the_vectors_do() {
    hold(Report::on_cases("providers"));
}

fn hold(mut report: Report) {
    report.check_list(Case::judge);
    report.finish();
}

/// The same through the door that people use.
#[test]
fn the_vectors_of_the_providers_are_explained_line_by_line() {
    are_explained(Report::on("providers"), &folder::read("providers"));
}

#[test]
fn the_cases_of_the_providers_are_explained_as_the_vectors_are() {
    are_explained(
        Report::on_cases("providers"),
        &folder::read_cases("providers"),
    );
}

fn are_explained(mut report: Report, cases: &Value) {
    let cases = cases.as_array().into_iter().flatten();
    let input: String = cases.clone().map(|case| format!("{case}\n")).collect();
    let (mut said, mut complaints) = (Vec::new(), Vec::new());
    let explain = Explain::new(generic::PROFILE, UnixTime::default());
    let read = explain.ndjson(input.as_bytes(), &mut said, &mut complaints);
    assert_eq!((read.ok(), &*complaints), (Some(0), &b""[..]));
    let rows = said
        .split(|byte| *byte == b'\n')
        .filter(|row| !row.is_empty());
    for (case, row) in cases.zip(rows) {
        let id = case["id"].to_string();
        let row = serde_json::from_slice(row).map_err(Mismatch::unknown);
        report.enter(id, row.and_then(|row: Value| says(&case["expect"], &row)));
    }
    report.finish();
}

fn says(expected: &Value, row: &Value) -> Verdict {
    let classes = [&expected["class"], &expected["accept_class"]];
    expect(classes.contains(&&row["class"]), expected, row)?;
    // What a case of ours leaves out, it leaves open.
    let is_said = |name| expected.get(name).is_none_or(|value| *value == row[name]);
    for name in ["retryable", "wait_source", "scope"] {
        expect(is_said(name), expected, row)?;
    }
    let is_long = |least: u64| row["wait_ms"].as_u64() >= Some(least);
    let is_right = match expected["wait_at_least_ms"].as_u64() {
        Some(least) => is_long(least),
        None => is_said("wait_ms"),
    };
    expect(is_right, expected, row)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    provider: String,
    #[serde(rename = "kind")]
    _kind: String,
    now: String,
    status: Option<u16>,
    headers: BTreeMap<String, Values>,
    #[serde(default)]
    body: Option<String>,
    body_b64: Option<String>,
    body_gen: Option<Generated>,
    #[serde(default)]
    stream: bool,
    /// That the connection ended early is to be seen from the body.
    #[serde(default, rename = "truncated")]
    _truncated: bool,
    local_tz: Option<String>,
    expect: Expect,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generated {
    #[serde(default)]
    prefix: String,
    repeat: String,
    times: usize,
    #[serde(default)]
    suffix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    class: String,
    /// A second class that can be defended.
    accept_class: Option<String>,
    retryable: Option<bool>,
    /// `Some(None)` for a null, which says that there is no wait.
    #[serde(default, with = "present")]
    wait_ms: Option<Option<u64>>,
    wait_at_least_ms: Option<u64>,
    wait_source: Option<String>,
    scope: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "sdk_differs")]
    _sdk_differs: Option<String>,
    scope_detail: Option<String>,
}

/// Tells null from what is not there.
mod present {
    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        json: D,
    ) -> Result<Option<Option<u64>>, D::Error> {
        Option::deserialize(json).map(Some)
    }
}

/// Whether it is as expected, where anything is.
fn expect_said<T: PartialEq + std::fmt::Debug>(expected: Option<T>, found: T) -> Verdict {
    expected.map_or(Ok(()), |expected| expect_eq(expected, found))
}

impl Case {
    fn judge(&self) -> Verdict {
        let profile = named(&self.provider).ok_or_else(|| Mismatch::unknown(&self.provider))?;
        let outcome = self.outcome(&profile)?;
        let found = (
            outcome.class().name(),
            is_retryable(&outcome),
            outcome.hint(),
            outcome.scope(),
        );
        let expected = &self.expect;
        let has_class = |name: &str| name == outcome.class().name();
        let is_accepted = expected.accept_class.as_deref().is_some_and(has_class);
        expect(
            has_class(&expected.class) || is_accepted,
            &expected.class,
            found,
        )?;
        expect_said(expected.retryable, is_retryable(&outcome))?;
        self.wait(&outcome)?;
        expect_said(expected.scope.as_deref(), scope(&outcome))?;
        self.resource(&outcome)
    }

    /// Which resource it is stands in the answer; which address, channel or method, the request alone says.
    fn resource(&self, outcome: &Outcome) -> Verdict {
        let detail = self.expect.scope_detail.as_deref();
        match detail.and_then(|detail| detail.strip_prefix("resource:")) {
            Some(resource) => expect_eq(Some(resource), self.captured()?.resource(outcome)),
            None => Ok(()),
        }
    }

    fn wait(&self, outcome: &Outcome) -> Verdict {
        let expected = &self.expect;
        expect_said(expected.wait_source.as_deref(), wait_source(outcome))?;
        match expected.wait_at_least_ms {
            Some(least) => expect(wait_ms(outcome) >= Some(least), least, wait_ms(outcome)),
            None => expect_said(expected.wait_ms, wait_ms(outcome)),
        }
    }

    fn outcome(&self, profile: &Profile) -> Result<Outcome, Mismatch> {
        let now: jiff::Timestamp = self.now.parse().map_err(Mismatch::unknown)?;
        let local = match &self.local_tz {
            Some(name) => Zone::named(name).ok_or_else(|| Mismatch::unknown(name))?,
            None => Zone::UTC,
        };
        let now = UnixTime::from_nanos(now.as_nanosecond());
        Ok(self.captured()?.judge(profile, now, &local))
    }

    fn captured(&self) -> Result<Captured, Mismatch> {
        let status = self.status.map(StatusCode::from_u16).transpose();
        Ok(Captured {
            status: status.map_err(Mismatch::unknown)?,
            headers: self.headers()?,
            body: self.body()?,
            is_stream: self.stream,
        })
    }

    fn headers(&self) -> Result<HeaderMap, Mismatch> {
        let mut headers = HeaderMap::new();
        for (name, values) in &self.headers {
            let name: HeaderName = name.parse().map_err(Mismatch::unknown)?;
            let values = match values {
                Values::One(value) => std::slice::from_ref(value),
                Values::Many(values) => values,
            };
            for value in values {
                let value = HeaderValue::from_bytes(value.as_bytes()).map_err(Mismatch::unknown)?;
                headers.append(&name, value);
            }
        }
        Ok(headers)
    }

    fn body(&self) -> Result<Vec<u8>, Mismatch> {
        if let Some(generated) = &self.body_gen {
            let middle = generated.repeat.repeat(generated.times);
            return Ok([&*generated.prefix, &middle, &generated.suffix]
                .concat()
                .into_bytes());
        }
        match (&self.body, &self.body_b64) {
            (_, Some(text)) => STANDARD.decode(text).map_err(Mismatch::unknown),
            (Some(text), None) => Ok(text.clone().into_bytes()),
            (None, None) => Ok(Vec::new()),
        }
    }
}
