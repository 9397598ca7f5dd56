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
    let mut report = Report::on("providers");
    report.check_list(Case::judge);
    report.finish();
}

/// The same through the door that people use.
#[test]
fn the_vectors_of_the_providers_are_explained_line_by_line() {
    let cases = folder::read("providers");
    let cases = cases.as_array().into_iter().flatten();
    let input: String = cases.clone().map(|case| format!("{case}\n")).collect();
    let (mut said, mut complaints) = (Vec::new(), Vec::new());
    let explain = Explain::new(generic::PROFILE, UnixTime::default());
    let read = explain.ndjson(input.as_bytes(), &mut said, &mut complaints);
    assert_eq!((read.ok(), &*complaints), (Some(0), &b""[..]));
    let rows = said
        .split(|byte| *byte == b'\n')
        .filter(|row| !row.is_empty());
    let mut report = Report::on("providers");
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
    for name in ["retryable", "wait_source", "scope"] {
        expect(expected[name] == row[name], expected, row)?;
    }
    let is_long = |least: u64| row["wait_ms"].as_u64() >= Some(least);
    let is_right = match expected["wait_at_least_ms"].as_u64() {
        Some(least) => is_long(least),
        None => expected["wait_ms"] == row["wait_ms"],
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
    retryable: bool,
    wait_ms: Option<u64>,
    wait_at_least_ms: Option<u64>,
    wait_source: String,
    scope: String,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "sdk_differs")]
    _sdk_differs: Option<String>,
    scope_detail: Option<String>,
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
        expect(
            expected.retryable == is_retryable(&outcome),
            expected.retryable,
            found,
        )?;
        self.wait(&outcome)?;
        expect(expected.scope == scope(&outcome), &expected.scope, found)?;
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
        expect_eq(&*expected.wait_source, wait_source(outcome))?;
        match expected.wait_at_least_ms {
            Some(least) => expect(wait_ms(outcome) >= Some(least), least, wait_ms(outcome)),
            None => expect_eq(expected.wait_ms, wait_ms(outcome)),
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
