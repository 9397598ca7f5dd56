//! `Retries-After` in the Python SDKs of OpenAI and Anthropic.
//!
//! Rows that have a status, or ask whether to retry, are calls: the SDK's loop gets the same answer until it gives up.
//! The others ask the SDK's function that chooses a wait, whose caller has counted the attempts before.

mod case;

use std::num::NonZeroU32;
use std::time::Duration;

use buttress_core::budget::Budget;
use buttress_core::classify::{Reply, Rules};
use buttress_core::hint::Grammar;
use buttress_core::history::End;
use buttress_core::retry::{Call, Decision, LongHint};
use buttress_core::{Outcome, Retries, Timestamp, UnixTime};
use buttress_providers::openai;
use http::StatusCode;
use serde::Deserialize;

use self::case::{Case, Policy, Wait};
use crate::draws::Extreme;
use crate::report::{Mismatch, Report, Verdict, expect, expect_eq};
use crate::seconds::{ROUNDING, expect_wait, unix};

#[test]
fn the_vectors_of_openais_retry_after_hold() {
    openai_holds(Report::on("retry_after_openai"));
}

#[test]
fn the_cases_of_openais_retry_after_hold_as_the_vectors_do() {
    openai_holds(Report::on_cases("retry_after_openai"));
}

fn openai_holds(mut report: Report) {
    let now = report.field("now_unix").unwrap_or_default();
    // To refuse is the loop's part: the function alone passes over what is too long.
    let openai = Sdk {
        grammar: Grammar::OpenAiSdk,
        whole: Retries::openai_sdk(),
        alone: Retries::openai_sdk().with_long_hint(LongHint::PassOver),
    };
    report.check("cases", |case: &Case| match case.policy {
        None => openai.judge(case, now),
        Some(_) => Err(Mismatch::unknown("a policy, where there is one only")),
    });
    if let Some(policy) = report.field::<OpenAiPolicy>("policy") {
        let attempts = openai.whole.max_attempts().get();
        let verdict = expect_eq(policy.default_max_retries + 1, attempts);
        report.enter("policy".to_owned(), verdict);
    }
    report.finish();
}

/// What no row shows. The rest of it is in the rows.
#[derive(Deserialize)]
struct OpenAiPolicy {
    default_max_retries: u32,
}

#[test]
fn the_vectors_of_anthropics_retry_after_hold() {
    anthropic_holds(Report::on("retry_after_anthropic"));
}

#[test]
fn the_cases_of_anthropics_retry_after_hold_as_the_vectors_do() {
    anthropic_holds(Report::on_cases("retry_after_anthropic"));
}

fn anthropic_holds(mut report: Report) {
    let now = report.field("now_unix").unwrap_or_default();
    report.check("cases", |case: &Case| match case.policy {
        Some(policy) => anthropic(policy).judge(case, now),
        None => Err(Mismatch::unknown("no policy")),
    });
    report.finish();
}

/// Both versions read `inf` as a very long wait. They differ in what follows: as long a wait as can be, or none.
fn anthropic(policy: Policy) -> Sdk {
    let retry = match policy {
        Policy::HonourAny => Retries::anthropic_sdk(),
        Policy::HonourUpTo60s => Retries::sixty_second_sdk(),
    };
    Sdk {
        grammar: Grammar::AnthropicSdk,
        whole: retry,
        alone: retry,
    }
}

struct Sdk {
    grammar: Grammar,
    /// The loop.
    whole: Retries,
    /// The function that chooses a wait.
    alone: Retries,
}

impl Sdk {
    fn judge(&self, case: &Case, now: f64) -> Verdict {
        let outcome = self.outcome(case, unix(now)?)?;
        if case.is_call() {
            self.judge_call(case, &outcome)
        } else {
            self.judge_wait(case, &outcome)
        }
    }

    fn outcome(&self, case: &Case, now: UnixTime) -> Result<Outcome, Mismatch> {
        let status = StatusCode::from_u16(case.status.unwrap_or(429));
        let rules = Rules::new()
            .then(openai::PROFILE)
            .with_grammar(self.grammar);
        Ok(rules.judge(&Reply {
            status: status.map_err(Mismatch::unknown)?,
            headers: &case.headers()?,
            body: b"",
            wall: &|| now,
        }))
    }

    fn judge_call(&self, case: &Case, outcome: &Outcome) -> Verdict {
        if case.retries_done()? > 0 {
            return Err(Mismatch::unknown("a call whose beginning is not told"));
        }
        let retry = match case.max_retries {
            Some(retries) => self
                .whole
                .with_max_attempts(NonZeroU32::MIN.saturating_add(retries)),
            None => self.whole,
        };
        let attempts = attempts(&retry, outcome);
        if let Some(expected) = case.expect.retry {
            expect_eq(expected, attempts > 1)?;
        }
        if let Some(expected) = case.expect.attempts {
            expect_eq(expected, attempts)?;
        }
        match case.expect.wait()? {
            Some(wait) => wait_is(&wait, |draw| decide(&retry, outcome, 1, draw)),
            None => Ok(()),
        }
    }

    fn judge_wait(&self, case: &Case, outcome: &Outcome) -> Verdict {
        let made = case.retries_done()? + 1;
        let (whole, alone) = (endless(self.whole), endless(self.alone));
        let expected = case.expect.wait()?;
        let expected = expected.ok_or_else(|| Mismatch::unknown("nothing is expected"))?;
        wait_is(&expected, |draw| decide(&alone, outcome, made, draw))?;
        // The loop waits what its function chose, or refuses.
        let chosen = decide(&alone, outcome, made, Extreme::Least);
        let done = decide(&whole, outcome, made, Extreme::Least);
        expect(done == chosen || is_refusal(&done), chosen, done)
    }
}

/// With so many attempts that their number never decides.
fn endless(retries: Retries) -> Retries {
    retries.with_max_attempts(NonZeroU32::MAX)
}

fn is_refusal(decision: &Decision) -> bool {
    matches!(
        decision,
        Decision::Stop {
            end: End::MaxWait,
            ..
        }
    )
}

/// How many attempts a call makes that always gets the same answer.
pub(crate) fn attempts(retry: &Retries, outcome: &Outcome) -> u32 {
    let goes_on = |made: &u32| {
        let decision = decide(retry, outcome, *made, Extreme::Least);
        matches!(decision, Decision::Again { .. })
    };
    (1..).take_while(goes_on).last().map_or(1, |made| made + 1)
}

fn decide(retry: &Retries, outcome: &Outcome, made: u32, mut draw: Extreme) -> Decision {
    let call = Call {
        attempts: made,
        restarted: 0,
        previous: Duration::ZERO,
        is_repeatable: true,
        is_replayable: true,
        deadline: None,
        max_attempts: None,
    };
    let now = Timestamp::default();
    retry.decide(outcome, &call, &Budget::unlimited(), now, &mut draw)
}

/// Whether a wait has the right cause, and reaches from the least to the greatest one expected.
fn wait_is(expected: &Wait, decide: impl Fn(Extreme) -> Decision) -> Verdict {
    for (draw, secs) in [
        (Extreme::Least, expected.least_s),
        (Extreme::Greatest, expected.greatest_s),
    ] {
        match decide(draw) {
            Decision::Again { wait, cause } => {
                expect_eq(expected.cause, cause)?;
                expect_wait(secs, wait, ROUNDING)?;
            }
            stop @ Decision::Stop { .. } => return Err(Mismatch::new(expected, stop)),
        }
    }
    Ok(())
}
