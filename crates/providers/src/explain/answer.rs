//! What is said of an answer, as JSON.

use buttress_core::{Outcome, Repeat};
use http::{HeaderMap, Method};
use serde::Serialize;
use serde_json::{Map, Value};

use super::captured::{Captured, scope, wait_ms, wait_source};
use super::layers::Layers;
use super::learned::Learned;
use crate::profile::Profile;

/// What was found, before it is written.
pub(super) struct Answer {
    pub(super) id: Value,
    pub(super) outcome: Outcome,
    pub(super) method: Option<Method>,
}

/// A line of output.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    class: &'static str,
    retryable: bool,
    wait_ms: Option<u64>,
    wait_source: &'static str,
    scope: &'static str,
    rule: &'static str,
}

impl Answer {
    pub(super) fn row(&self) -> Row<'_> {
        Row {
            id: (!self.id.is_null()).then_some(&self.id),
            ..row(&self.outcome, self.method.as_ref())
        }
    }
}

pub(super) fn row(outcome: &Outcome, method: Option<&Method>) -> Row<'static> {
    Row {
        id: None,
        class: outcome.class().name(),
        retryable: is_retryable_with(outcome, method),
        wait_ms: wait_ms(outcome),
        wait_source: wait_source(outcome),
        scope: scope(outcome),
        rule: outcome.rule(),
    }
}

/// Without a method, the outcome alone speaks.
pub(super) fn is_retryable_with(outcome: &Outcome, method: Option<&Method>) -> bool {
    match outcome.repeat() {
        Repeat::Always => true,
        Repeat::IfRepeatable => method.is_none_or(Method::is_idempotent),
        Repeat::Never => false,
    }
}

/// One answer, with all that is known of it.
#[derive(Serialize)]
pub(super) struct Whole<'a> {
    profile: &'static str,
    status: Option<u16>,
    #[serde(flatten)]
    row: Row<'static>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    learned: &'a [Learned<'a>],
    limits: Map<String, Value>,
    layers: &'a Layers,
}

pub(super) fn whole<'a>(
    captured: &'a Captured,
    profile: &Profile,
    row: Row<'static>,
    outcome: &Outcome,
    learned: &'a [Learned<'a>],
    layers: &'a Layers,
) -> Whole<'a> {
    let limits = limits(&captured.headers);
    Whole {
        profile: profile.name(),
        status: captured.status.map(|status| status.as_u16()),
        row,
        resource: captured.resource(outcome),
        learned,
        limits: limits
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect(),
        layers,
    }
}

/// What the answer tells of its limits, as it stands there.
pub(super) fn limits(headers: &HeaderMap) -> impl Iterator<Item = (&str, String)> {
    let is_told = |name: &str| {
        ["ratelimit", "rate-limit", "rate_limit", "x-codex"]
            .iter()
            .any(|word| name.contains(word))
    };
    headers
        .iter()
        .filter(move |(name, _)| is_told(name.as_str()))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str(), value)
        })
}
