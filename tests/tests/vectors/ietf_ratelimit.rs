//! The IETF's `RateLimit` and `RateLimit-Policy` fields.

use std::collections::BTreeMap;
use std::time::Duration;

use buttress_core::classify::{Reply, Rules};
use buttress_core::hint::{Grammar, Hints, retry_after};
use buttress_core::quota::fields::{self, Policy, Remaining};
use buttress_core::{Class, UnixTime};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::report::{Mismatch, Report, Verdict, expect_eq};

#[test]
fn the_vectors_of_the_ietf_ratelimit_fields_hold() {
    hold(Report::on("ietf_ratelimit_fields"));
}

#[test]
fn the_cases_of_the_ietf_ratelimit_fields_hold_as_the_vectors_do() {
    hold(Report::on_cases("ietf_ratelimit_fields"));
}

fn hold(mut report: Report) {
    report.check("field_cases", field);
    report.check("decision_cases", decision);
    report.check("problem_types", problem_type);
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldCase {
    field: String,
    value: String,
    expect: Expected,
    #[serde(default, rename = "section")]
    _section: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    structured_field_valid: bool,
    #[serde(default)]
    items: Vec<ExpectedItem>,
    conforms: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedItem {
    name: String,
    #[serde(rename = "kind")]
    _kind: String,
    params: BTreeMap<String, Value>,
    conforms: bool,
    #[serde(default, rename = "why")]
    _why: String,
}

/// An item as the file writes it; `None` if it does not conform.
type Found = Option<(String, BTreeMap<String, Value>)>;

fn field(case: &FieldCase) -> Verdict {
    let found = match case.field.as_str() {
        "RateLimit" => fields::parse_remaining(&case.value)
            .map(|items| items.into_iter().map(of_remaining).collect::<Vec<_>>()),
        "RateLimit-Policy" => fields::parse_policies(&case.value)
            .map(|items| items.into_iter().map(of_policy).collect()),
        other => return Err(Mismatch::unknown(other)),
    };
    let expect = &case.expect;
    expect_eq(expect.structured_field_valid, found.is_ok())?;
    let conforms = found
        .as_ref()
        .is_ok_and(|items| items.iter().all(Option::is_some));
    expect_eq(expect.conforms, conforms)?;
    let items = found.unwrap_or_default();
    expect_eq(expect.items.len(), items.len())?;
    for (expected, found) in expect.items.iter().zip(items) {
        let known = expected
            .params
            .iter()
            .filter(|(name, _)| KNOWN.contains(&name.as_str()));
        let known = known
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let expected = expected.conforms.then(|| (expected.name.clone(), known));
        expect_eq(expected, found)?;
    }
    Ok(())
}

/// Parameters that mean something: "unknown parameters MUST be ignored".
const KNOWN: [&str; 6] = ["r", "t", "q", "w", "qu", "pk"];

fn of_remaining(item: Option<Remaining>) -> Found {
    let item = item.filter(|item| item.is_conforming)?;
    let params = [
        ("r", Some(item.remaining.into())),
        ("t", item.reset.map(|reset| reset.as_secs().into())),
        ("pk", item.partition.map(|bytes| base64(&bytes).into())),
    ];
    Some((item.name, present(params)))
}

fn of_policy(item: Option<Policy>) -> Found {
    let item = item.filter(|item| item.is_conforming)?;
    let params = [
        ("q", Some(item.quota.into())),
        ("w", item.window.map(|window| window.as_secs().into())),
        ("qu", item.unit.map(Value::from)),
        ("pk", item.partition.map(|bytes| base64(&bytes).into())),
    ];
    Some((item.name, present(params)))
}

fn present<const N: usize>(params: [(&str, Option<Value>); N]) -> BTreeMap<String, Value> {
    let present = params
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    present.collect()
}

/// As the file shows bytes.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("b64:");
    for three in bytes.chunks(3) {
        let bits = three
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for digit in 0..4 {
            let is_there = digit <= three.len();
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(if is_there {
                char::from(DIGITS[value])
            } else {
                '='
            });
        }
    }
    text
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionCase {
    #[serde(rename = "status")]
    _status: u16,
    headers: BTreeMap<String, String>,
    expect: Decision,
    #[serde(default, rename = "rule")]
    _rule: String,
    #[serde(default, rename = "section")]
    _section: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    stop_for_s: Option<u64>,
    #[serde(rename = "response")]
    _response: Option<String>,
    hint_next_after_s: Option<u64>,
    #[serde(rename = "may_still_be_served")]
    _may_still_be_served: Option<bool>,
    #[serde(default, with = "present_null")]
    hint: bool,
    apply: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// Whether a field is there, though it is null.
mod present_null {
    use serde::{Deserialize, Deserializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(json: D) -> Result<bool, D::Error> {
        Option::<serde_json::Value>::deserialize(json).map(|value| value.is_none())
    }
}

const NOW: UnixTime = UnixTime::from_secs(784_922_400);

/// A client's own cap, as the draft gives for an example: ten minutes.
const CAP: Duration = Duration::from_secs(600);

fn decision(case: &DecisionCase) -> Verdict {
    let headers = headers(&case.headers)?;
    let all = fields::remaining(&headers, NOW);
    let mut hints = Hints::default();
    retry_after(&headers, NOW, Grammar::default(), &mut hints);
    let told = hints.best().map(|hint| hint.wait.as_secs());
    let spent = all
        .iter()
        .filter(|one| one.remaining == 0)
        .filter_map(|one| one.reset)
        .max();
    let expect = &case.expect;
    if expect.stop_for_s.is_some() {
        expect_eq(expect.stop_for_s, told)?;
    }
    if expect.hint_next_after_s.is_some() {
        expect_eq(expect.hint_next_after_s, spent.map(|spent| spent.as_secs()))?;
    }
    if expect.hint {
        expect_eq((0, None), (all.len(), told))?;
    }
    match expect.apply.as_deref() {
        Some("client cap") => expect_eq(Some(true), spent.map(|spent| spent > CAP)),
        Some(other) => Err(Mismatch::unknown(other)),
        None => expect_eq(
            case.headers.contains_key("ratelimit") && !expect.hint,
            !all.is_empty(),
        ),
    }
}

fn headers(all: &BTreeMap<String, String>) -> Result<HeaderMap, Mismatch> {
    let one = |(name, value): (&String, &String)| {
        let name = HeaderName::try_from(name).map_err(Mismatch::unknown)?;
        let value = HeaderValue::try_from(value).map_err(Mismatch::unknown)?;
        Ok((name, value))
    };
    all.iter().map(one).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProblemType {
    #[serde(rename = "type")]
    uri: String,
    status: u16,
    member: String,
    example: Vec<String>,
}

/// A problem's type does not change what its status means.
fn problem_type(case: &ProblemType) -> Verdict {
    let problem = serde_json::json!({ "type": case.uri, &case.member: case.example });
    let outcome = Rules::new().judge(&Reply {
        status: StatusCode::from_u16(case.status).map_err(Mismatch::unknown)?,
        headers: &HeaderMap::new(),
        body: problem.to_string().as_bytes(),
        wall: &|| NOW,
    });
    let class = match case.status {
        429 => Class::RateLimited,
        503 => Class::Unavailable,
        other => return Err(Mismatch::unknown(other)),
    };
    expect_eq(class, outcome.class())
}
