//! Which of AWS's errors are throttling, and which are faults that pass.

use buttress_core::Class;
use buttress_core::UnixTime;
use buttress_core::classify::{Reply, Rules};
use buttress_providers::bedrock;
use buttress_providers::explain::is_retryable;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use crate::report::{Mismatch, Report, Verdict, expect_eq};

#[test]
fn the_vectors_of_aws_error_classification_hold() {
    hold(Report::on("aws_error_classification"));
}

#[test]
fn the_cases_of_aws_error_classification_hold_as_the_vectors_do() {
    hold(Report::on_cases("aws_error_classification"));
}

fn hold(mut report: Report) {
    report.check("cases", Case::judge);
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    check: Check,
    status: u16,
    error_code: Option<String>,
    expect: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Check {
    Throttling,
    Transient,
}

impl Case {
    fn judge(&self) -> Verdict {
        let code = self.error_code.as_deref().unwrap_or_default();
        let found = match self.check {
            Check::Throttling => bedrock::is_throttling(self.status, code),
            Check::Transient => bedrock::is_transient(self.status, code),
        };
        expect_eq(self.expect, found)?;
        self.profile_agrees(code)
    }

    /// What AWS throttles is a limit under our profile too, and both kinds may be repeated.
    fn profile_agrees(&self, code: &str) -> Verdict {
        let mut headers = HeaderMap::new();
        let code = HeaderValue::from_str(code).map_err(Mismatch::unknown)?;
        headers.insert("x-amzn-errortype", code);
        let outcome = Rules::new().then(bedrock::PROFILE).judge(&Reply {
            status: StatusCode::from_u16(self.status).map_err(Mismatch::unknown)?,
            headers: &headers,
            body: b"",
            wall: &UnixTime::default,
        });
        if let Check::Throttling = self.check {
            expect_eq(self.expect, outcome.class() == Class::RateLimited)?;
        }
        if self.expect {
            expect_eq(true, is_retryable(&outcome))?;
        }
        Ok(())
    }
}
