//! What GitHub's answers mean: to us, and to the clients whose tests the cases come from.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use buttress_core::budget::Budget;
use buttress_core::classify::{Reply, Rule, Rules};
use buttress_core::history::Cause;
use buttress_core::retry::{Call, Decision};
use buttress_core::{Class, Outcome, Retries, Timestamp, UnixTime};
use buttress_providers::github_clients::{self, GO_GITHUB, OCTOKIT, OCTOKIT_GRAPHQL};
use buttress_providers::{Profile, github_graphql, github_rest};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::draws::Extreme;
use crate::github_gates::Gate;
use crate::report::{Mismatch, Report, Verdict, expect, expect_eq};

#[test]
fn the_vectors_of_githubs_limits_hold() {
    hold(Report::on("github_throttle_decision"));
}

#[test]
fn the_cases_of_githubs_limits_hold_as_the_vectors_do() {
    hold(Report::on_cases("github_throttle_decision"));
}

fn hold(mut report: Report) {
    let now = UnixTime::from_secs(report.field("now_unix").unwrap_or_default());
    report.check("cases", |case: &Case| case.judge(now));
    report.check("sequences", |case: &Sequence| case.judge(now));
    report.check("client_gates", |gate: &Gate| gate.judge(now));
    report.check("resource_categories", |case: &Category| {
        expect_eq(
            &*case.category,
            github_clients::resource(&case.method, &case.path),
        )
    });
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Category {
    method: String,
    path: String,
    category: String,
    #[serde(rename = "upstream_test")]
    _upstream_test: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    request: Request,
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
    expect: Expect,
    #[serde(rename = "oracles_agree_on_kind")]
    _oracles_agree_on_kind: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "method")]
    _method: String,
    path: String,
}

/// What each says of the answer: two clients, the documentation, and whoever collected the cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    octokit: Option<Opinion>,
    go_github: Option<Opinion>,
    github_docs: Option<Opinion>,
    suggested: Option<Opinion>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opinion {
    kind: Option<String>,
    #[serde(default)]
    wait_s: Option<f64>,
    wait_s_min: Option<f64>,
    not_before_unix: Option<i64>,
    #[serde(rename = "then")]
    _then: Option<String>,
    #[serde(rename = "upstream_test")]
    _upstream_test: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "provenance")]
    _provenance: Option<String>,
}

impl Case {
    fn judge(&self, now: UnixTime) -> Verdict {
        let is_graphql = self.request.path.starts_with("/graphql");
        let of = |rest: Profile, graphql: Profile| if is_graphql { graphql } else { rest };
        let ours = of(github_rest::PROFILE, github_graphql::PROFILE);
        for (opinion, profile) in [
            (&self.expect.octokit, of(OCTOKIT, OCTOKIT_GRAPHQL)),
            (&self.expect.go_github, GO_GITHUB),
            (&self.expect.github_docs, ours),
            (&self.expect.suggested, ours),
        ] {
            if let Some(opinion) = opinion {
                opinion.holds(&self.outcome(profile, now)?, now)?;
            }
        }
        Ok(())
    }

    fn outcome(&self, profile: Profile, now: UnixTime) -> Result<Outcome, Mismatch> {
        answer(profile, self.status, &self.headers, &self.body, now)
    }
}

pub(crate) fn answer(
    profile: Profile,
    status: u16,
    fields: &BTreeMap<String, String>,
    body: &Value,
    now: UnixTime,
) -> Result<Outcome, Mismatch> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name: HeaderName = name.parse().map_err(Mismatch::unknown)?;
        headers.insert(
            name,
            HeaderValue::from_str(value).map_err(Mismatch::unknown)?,
        );
    }
    headers
        .entry("content-type")
        .or_insert(HeaderValue::from_static("application/json"));
    let status = StatusCode::from_u16(status).map_err(Mismatch::unknown)?;
    let text = body.to_string();
    let is_read = profile.reads_body(status, &headers);
    Ok(Rules::new().then(profile).judge(&Reply {
        status,
        headers: &headers,
        body: if is_read { text.as_bytes() } else { b"" },
        wall: &|| now,
    }))
}

impl Opinion {
    fn holds(&self, outcome: &Outcome, now: UnixTime) -> Verdict {
        let wait = outcome.hint().map(|hint| hint.wait.as_secs_f64());
        // The clients ask for limits alone: to them a fault is nothing.
        let is_kind = |kind: &String| match &**kind {
            "none" => outcome.class() != Class::RateLimited,
            kind => [kind, A_LIMIT].contains(&kind_of(outcome)),
        };
        expect(self.kind.as_ref().is_none_or(is_kind), self, outcome)?;
        if let Some(least) = self.wait_s_min {
            expect(wait >= Some(least), self, outcome)?;
        }
        let secs = |unix: i64| UnixTime::from_secs(unix).since(now).as_secs_f64();
        match (self.not_before_unix.map(secs), self.wait_s) {
            (None, None) => Ok(()),
            (None, Some(exact)) => expect(wait == Some(exact), self, outcome),
            (Some(least), None) => expect(wait == Some(least), self, outcome),
            // The second that is added to a reset is ours to add when we wait, not GitHub's word.
            (Some(least), Some(most)) => expect(
                wait.is_some_and(|wait| (least..=most).contains(&wait)),
                self,
                outcome,
            ),
        }
    }
}

/// Which of the two it is, the answer does not say.
const A_LIMIT: &str = "a limit";

fn kind_of(outcome: &Outcome) -> &'static str {
    match (outcome.class(), outcome.rule()) {
        (Class::RateLimited, "github primary limit") => "primary",
        (Class::RateLimited, "github secondary limit" | "github content limit") => "secondary",
        (Class::RateLimited, _) => A_LIMIT,
        (Class::ServerError | Class::Unavailable | Class::Timeout, _) => "server_error",
        _ => "none",
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sequence {
    #[serde(default)]
    user_retries: bool,
    /// What a callback does that we do not have: whatever it does, there is no further attempt.
    #[serde(rename = "handler")]
    _handler: Option<String>,
    responses: Vec<Response>,
    expect: Course,
    #[serde(rename = "upstream_test")]
    _upstream_test: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Response {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Course {
    attempts: u32,
    waits_s: Option<Vec<u64>>,
    /// How many retries there were when a limit was reported.
    retry_count_seen_by_handler: Option<Vec<u32>>,
    handler_calls: Option<usize>,
    final_status: u16,
    #[serde(rename = "warning_logged")]
    _warning_logged: Option<bool>,
}

impl Sequence {
    fn judge(&self, now: UnixTime) -> Verdict {
        let attempts = if self.user_retries {
            NonZeroU32::MAX
        } else {
            NonZeroU32::MIN
        };
        let retries = Retries::default()
            .with_max_attempts(attempts)
            .with_margin(false);
        let (mut made, mut waits, mut limits, mut last) = (0, Vec::new(), Vec::new(), 0);
        for response in &self.responses {
            let outcome = response.outcome(now)?;
            (made, last) = (made + 1, response.status);
            if outcome.class() == Class::RateLimited {
                limits.push(made - 1);
            }
            match decide(&retries, &outcome, made) {
                Decision::Again {
                    wait,
                    cause: Cause::Hint,
                } => waits.push(wait.as_secs()),
                Decision::Again { wait, .. } => return Err(Mismatch::new("a hint", wait)),
                Decision::Stop { .. } => break,
            }
        }
        expect_eq(
            (self.expect.attempts, self.expect.final_status),
            (made, last),
        )?;
        expect(
            self.expect
                .waits_s
                .as_ref()
                .is_none_or(|told| *told == waits),
            &self.expect.waits_s,
            &waits,
        )?;
        let seen = &self.expect.retry_count_seen_by_handler;
        expect(
            seen.as_ref().is_none_or(|seen| *seen == limits),
            seen,
            &limits,
        )?;
        let calls = self.expect.handler_calls;
        expect(
            calls.is_none_or(|calls| calls == limits.len()),
            calls,
            limits.len(),
        )
    }
}

impl Response {
    fn outcome(&self, now: UnixTime) -> Result<Outcome, Mismatch> {
        let headers = dated(&self.headers, now)?;
        let body = json!({ "message": self.message });
        answer(github_rest::PROFILE, self.status, &headers, &body, now)
    }
}

/// Headers with the times in them that are written as `now+60`.
pub(crate) fn dated(
    headers: &BTreeMap<String, String>,
    now: UnixTime,
) -> Result<BTreeMap<String, String>, Mismatch> {
    let mut headers = headers.clone();
    for value in headers.values_mut() {
        if let Some(secs) = value.strip_prefix("now+") {
            let secs: i128 = secs.parse().map_err(Mismatch::unknown)?;
            *value = (now.as_nanos() / 1_000_000_000 + secs).to_string();
        }
    }
    Ok(headers)
}

fn decide(retries: &Retries, outcome: &Outcome, attempts: u32) -> Decision {
    let call = Call {
        attempts,
        restarted: 0,
        previous: Duration::ZERO,
        is_repeatable: true,
        is_replayable: true,
        deadline: None,
        max_attempts: None,
    };
    let budget = Budget::unlimited();
    retries.decide(
        outcome,
        &call,
        &budget,
        Timestamp::default(),
        &mut Extreme::Least,
    )
}
