//! Envoy's retry budget and its backoff.

use std::time::Duration;

use buttress_core::Timestamp;
use buttress_core::backoff::Backoff;
use buttress_core::budget::{Budget, Share};
use serde::Deserialize;

use crate::draws::Modulo;
use crate::report::{Mismatch, Report, Verdict, expect_eq};
use crate::seconds::millionths;

#[test]
fn the_vectors_of_envoys_budget_and_backoff_hold() {
    let mut report = Report::on("envoy_retry_budget_backoff");
    report.check("budget_cases", budget);
    report.check("backoff_cases", backoff);
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BudgetCase {
    active_retries: u32,
    active_requests: u32,
    budget_percent: f64,
    min_concurrency: u32,
    expect: bool,
}

fn budget(case: &BudgetCase) -> Verdict {
    let share = millionths(case.budget_percent / 100.0)
        .ok_or_else(|| Mismatch::unknown(case.budget_percent))?;
    let share = Share::from_millionths(share).map_err(Mismatch::unknown)?;
    let budget = Budget::of_active(share, case.min_concurrency);
    (0..case.active_requests).for_each(|_| budget.call_began(NOW));
    let is_allowed = make_active(&budget, case.active_retries) && budget.try_retry(NOW);
    expect_eq(case.expect, is_allowed)
}

const NOW: Timestamp = Timestamp::from_nanos(0);

/// More calls than any share of them would need to pay for a retry of the table.
const CROWD: u32 = 100_000;

/// Brings `retries` retries under way, with the help of calls that end at once where the budget alone would not grant
/// them. Says whether that was possible: a budget that refuses on the way would refuse at the end of it, too.
fn make_active(budget: &Budget, retries: u32) -> bool {
    (0..CROWD).for_each(|_| budget.call_began(NOW));
    let granted = (0..retries).all(|_| budget.try_retry(NOW));
    (0..CROWD).for_each(|_| budget.call_ended());
    granted
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BackoffCase {
    base_ms: u64,
    max_ms: u64,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    random: u64,
    expect_wait_ms: u64,
}

fn backoff(case: &BackoffCase) -> Verdict {
    let base = Duration::from_millis(case.base_ms);
    let backoff =
        Backoff::new(base, Duration::from_millis(case.max_ms)).map_err(Mismatch::unknown)?;
    let mut previous = Duration::ZERO;
    for (made, step) in (1..).zip(&case.steps) {
        previous = backoff.wait(made, previous, &mut Modulo(step.random * NANOS_PER_MILLI));
        expect_eq(
            (made, Duration::from_millis(step.expect_wait_ms)),
            (made, previous),
        )?;
    }
    Ok(())
}

const NANOS_PER_MILLI: u64 = 1_000_000;
