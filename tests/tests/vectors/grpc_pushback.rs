//! The server's word on retries in gRPC.

use std::num::NonZeroU32;
use std::time::Duration;

use buttress::retry::{AttemptHeader, Http, Replay};
use buttress_core::backoff::{Backoff, Jitter, Percent};
use buttress_core::budget::Budget;
use buttress_core::classify::{Reply, Rules};
use buttress_core::history::Cause;
use buttress_core::retry::{Call, Decision};
use buttress_core::{Class, Outcome, Retries, Timestamp, UnixTime};
use buttress_providers::grpc;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::draws::Extreme;
use crate::report::{Mismatch, Report, Verdict, expect, expect_eq};

#[test]
fn the_vectors_of_grpcs_pushback_hold() {
    hold(Report::on("grpc_pushback"));
}

#[test]
fn the_cases_of_grpcs_pushback_hold_as_the_vectors_do() {
    hold(Report::on_cases("grpc_pushback"));
}

fn hold(mut report: Report) {
    report.check("cases", Case::judge);
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, untagged)]
enum Case {
    Answer(Answer),
    Course(Course),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: String,
    header_values: Vec<String>,
    attempts_made: u32,
    max_attempts: NonZeroU32,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    action: Action,
    delay_ms: Option<u64>,
    counts_as_throttle_failure: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    RetryWithBackoff,
    RetryAfterExactly,
    NoRetry,
}

/// What is told in words: something happens, and something follows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Course {
    event: String,
    expect: Value,
}

impl Case {
    fn judge(&self) -> Verdict {
        match self {
            Self::Answer(answer) => answer.judge(),
            Self::Course(course) => course.judge(),
        }
    }
}

impl Answer {
    fn judge(&self) -> Verdict {
        let headers = self.headers()?;
        let reply = Reply {
            status: StatusCode::OK,
            headers: &headers,
            body: b"",
            wall: &UnixTime::default,
        };
        let outcome = Rules::new().then(grpc::PROFILE).judge(&reply);
        if let Some(counts) = self.expect.counts_as_throttle_failure {
            expect_eq(counts, grpc::spends_retry_token(&reply))?;
        }
        let decision = decide(&outcome, self.attempts_made, self.max_attempts);
        let is_right = match (&self.expect.action, decision) {
            (Action::NoRetry, Decision::Stop { .. }) => true,
            (Action::RetryWithBackoff, Decision::Again { cause, .. }) => cause == Cause::Backoff,
            (Action::RetryAfterExactly, Decision::Again { wait, cause }) => {
                let told = self.expect.delay_ms.map(Duration::from_millis);
                cause == Cause::Hint && told == Some(wait)
            }
            _ => false,
        };
        expect(is_right, &self.expect.action, decision)
    }

    fn headers(&self) -> Result<HeaderMap, Mismatch> {
        let codes = [
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ];
        let code = codes.iter().position(|name| *name == self.status);
        let code = code.ok_or_else(|| Mismatch::unknown(&self.status))?;
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", HeaderValue::from(code));
        for value in &self.header_values {
            let value = HeaderValue::from_str(value).map_err(Mismatch::unknown)?;
            headers.append("grpc-retry-pushback-ms", value);
        }
        Ok(headers)
    }
}

impl Course {
    fn judge(&self) -> Verdict {
        match &*self.event {
            // The head that came with the message had no status, and was a success: the call is the caller's by then.
            event if event.starts_with("a message received") => {
                expect_eq(&json!({"action": "no_retry"}), &self.expect)?;
                let headers = HeaderMap::from_iter([(
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("application/grpc"),
                )]);
                let reply = Reply {
                    status: StatusCode::OK,
                    headers: &headers,
                    body: b"",
                    wall: &UnixTime::default,
                };
                let outcome = Rules::new().then(grpc::PROFILE).judge(&reply);
                expect(outcome.is_ok(), "a success", outcome)
            }
            "second attempt" => self.is_numbered(2),
            event if event.contains("then failure without pushback") => {
                let expected = json!({"next_delay": "initialBackoff * U[0.8,1.2]"});
                expect_eq(&expected, &self.expect)?;
                expect_eq(
                    [800, 1_200],
                    [Extreme::Least, Extreme::Greatest].map(after_pushback),
                )
            }
            event => Err(Mismatch::unknown(event)),
        }
    }

    fn is_numbered(&self, attempt: u32) -> Verdict {
        let name = HeaderName::from_static("grpc-previous-rpc-attempts");
        let http = Http::default().with_attempt_header(AttemptHeader::retries(name.clone()));
        let mut request = http::Request::new(());
        http.number(&mut request, attempt);
        let expected = self
            .expect
            .pointer("/request_metadata/grpc-previous-rpc-attempts");
        let found = request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok());
        expect_eq(expected.and_then(Value::as_str), found)
    }
}

/// The wait in milliseconds after a second failure, when the first was followed by a wait that the server chose.
fn after_pushback(mut draw: Extreme) -> u128 {
    let jitter = Percent::new(20)
        .map(Jitter::Proportional)
        .unwrap_or(Jitter::None);
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60)).unwrap_or_default();
    let retries = Retries::default().with_backoff(backoff.with_jitter(jitter));
    let call = Call {
        attempts: 2,
        restarted: 1,
        previous: Duration::from_millis(10),
        is_repeatable: true,
        is_replayable: true,
        deadline: None,
        max_attempts: None,
    };
    let unavailable = Outcome::new(Class::Unavailable);
    let budget = Budget::unlimited();
    match retries.decide(
        &unavailable,
        &call,
        &budget,
        Timestamp::default(),
        &mut draw,
    ) {
        Decision::Again { wait, .. } => wait.as_millis(),
        Decision::Stop { .. } => 0,
    }
}

fn decide(outcome: &Outcome, attempts: u32, max_attempts: NonZeroU32) -> Decision {
    let call = Call {
        attempts,
        restarted: 0,
        previous: Duration::ZERO,
        is_repeatable: true,
        is_replayable: true,
        deadline: None,
        max_attempts: Some(max_attempts),
    };
    let budget = Budget::unlimited();
    let now = Timestamp::default();
    Retries::default().decide(outcome, &call, &budget, now, &mut Extreme::Greatest)
}
