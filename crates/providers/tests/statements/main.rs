//! What is known of each provider's answers, statement by statement.
//!
//! An answer is written as it is seen: a status, the lines of its head, a body. What it means is written in four words:
//! the class; `again` or `never`; the wait with its source, or `-`; and the scope.

#![expect(
    clippy::unwrap_used,
    reason = "a test's own words are what it says they are"
)]

mod anthropic;
mod azure_openai;
mod bedrock;
mod bodies;
mod cloudflare;
mod command_line;
mod github;
mod gitlab;
mod google;
mod groq;
mod grpc;
mod headers;
mod learned;
mod mistral_cohere;
mod openai;
mod openai_compatible;
mod openrouter;
mod ratelimit_fields;
mod slack_stripe;

use buttress_core::UnixTime;
use buttress_providers::explain::{Captured, is_retryable, scope, wait_ms, wait_source};
use buttress_providers::{Profile, Zone};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// Tue, 20 Oct 2026 12:00:00 GMT
const NOON: UnixTime = UnixTime::from_secs(1_792_497_600);

/// A status, the lines of a head, a body, and what they mean.
type Row<'a> = (u16, &'a str, &'a str, &'a str);

/// Holds each row to what it is said to mean, and tells all that do not.
fn mean(profile: Profile, rows: &[Row<'_>]) {
    let wrong: Vec<_> = rows
        .iter()
        .filter_map(|(status, head, body, meant)| {
            let found = meaning(profile, *status, head, body.as_bytes());
            let short: String = body.chars().take(160).collect();
            (found != *meant).then(|| {
                format!("{status} {head:?} {short}\n    meant {meant:?}\n    found {found:?}")
            })
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{}:\n{}",
        profile.name(),
        wrong.join("\n")
    );
}

fn meaning(profile: Profile, status: u16, head: &str, body: &[u8]) -> String {
    let mut captured = Captured {
        status: Some(StatusCode::from_u16(status).unwrap()),
        body: body.to_vec(),
        ..Captured::default()
    };
    captured.headers = headers(head, body);
    words(profile, &captured, NOON)
}

/// Bodies are JSON, and say so, where the head says nothing else.
fn headers(head: &str, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in head.lines() {
        let (name, value) = line.split_once(':').unwrap();
        let name: HeaderName = name.parse().unwrap();
        let value = value.strip_prefix(' ').unwrap_or(value);
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    if !body.is_empty() {
        let json = HeaderValue::from_static("application/json");
        headers.entry("content-type").or_insert(json);
    }
    headers
}

/// The same for events of a stream that began with a 200.
fn events(profile: Profile, rows: &[(&str, &str)]) {
    let head = "content-type: text/event-stream; charset=utf-8";
    let rows: Vec<_> = rows
        .iter()
        .map(|(body, meant)| (200, head, *body, *meant))
        .collect();
    mean(profile, &rows);
}

/// The same for what a program printed at noon, on a machine in the zone `local`.
#[cfg(feature = "timezones")]
fn printed(profile: Profile, local: &str, rows: &[(&str, &str)]) {
    let local = Zone::named(local).unwrap();
    for (text, meant) in rows {
        let captured = Captured {
            body: text.as_bytes().to_vec(),
            ..Captured::default()
        };
        let outcome = captured.judge(&profile, NOON, &local);
        assert_eq!(spelled(&outcome), *meant, "{text:?}");
    }
}

fn words(profile: Profile, captured: &Captured, now: UnixTime) -> String {
    spelled(&captured.judge(&profile, now, &Zone::UTC))
}

fn spelled(outcome: &buttress_core::Outcome) -> String {
    let again = if is_retryable(outcome) {
        "again"
    } else {
        "never"
    };
    let wait = wait_ms(outcome).map_or_else(
        || "-".to_owned(),
        |wait| format!("{wait} {}", wait_source(outcome)),
    );
    format!("{} {again} {wait} {}", outcome.class(), scope(outcome))
}
