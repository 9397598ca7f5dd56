//! Finagle's retry budget.

use std::time::Duration;

use buttress_core::Timestamp;
use buttress_core::budget::{Budget, Share};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::report::{Mismatch, Report, Verdict, expect, expect_eq};
use crate::seconds::millionths;

#[test]
fn the_vectors_of_finagles_budget_hold() {
    let mut report = Report::on("finagle_retry_budget");
    let defaults: Option<Arguments> = report.field("defaults");
    if let Some(defaults) = defaults {
        report.enter("defaults".to_owned(), is_our_default(defaults));
    }
    report.check("cases", |case: &Value| match case {
        case if case.get("args").is_some() => {
            read(case).and_then(|it: Construction| it.judge(defaults))
        }
        case if case.get("kind").is_some() => read(case).and_then(|it: Constant| it.judge()),
        case => read(case).and_then(|it: Replay| it.judge()),
    });
    report.finish();
}

fn read<T: DeserializeOwned>(case: &Value) -> Result<T, Mismatch> {
    T::deserialize(case).map_err(Mismatch::unknown)
}

/// The clock of these cases stands still.
const NOW: Timestamp = Timestamp::from_nanos(0);

/// What Finagle's constructor takes: its integers may be negative.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    ttl_s: Option<f64>,
    min_retries_per_s: Option<i64>,
    percent_can_retry: Option<f64>,
}

impl Arguments {
    /// The budget, or `None` if there cannot be one: a constructor refuses, or the type that it takes cannot hold the
    /// argument, as with a negative number, which is refused when the program is compiled.
    fn budget(self) -> Option<Budget> {
        let memory = Duration::try_from_secs_f64(self.ttl_s?).ok()?;
        let per_second = u32::try_from(self.min_retries_per_s?).ok()?;
        let share = Share::from_millionths(millionths(self.percent_can_retry?)?).ok()?;
        Budget::of_calls(share, per_second, memory).ok()
    }

    fn or(self, others: Self) -> Self {
        Self {
            ttl_s: self.ttl_s.or(others.ttl_s),
            min_retries_per_s: self.min_retries_per_s.or(others.min_retries_per_s),
            percent_can_retry: self.percent_can_retry.or(others.percent_can_retry),
        }
    }
}

/// Our default is Finagle's.
fn is_our_default(defaults: Arguments) -> Verdict {
    let Some(theirs) = defaults.budget() else {
        return Err(Mismatch::unknown(format!("{defaults:?}")));
    };
    let ours = Budget::default();
    expect_eq(theirs.balance(NOW), ours.balance(NOW))?;
    expect_eq(retries(&theirs, 10_000), retries(&ours, 10_000))
}

/// How many of `calls` calls get a retry, if each asks for one.
fn retries(budget: &Budget, calls: u32) -> u32 {
    let mut retries = 0;
    for _ in 0..calls {
        budget.call_began(NOW);
        retries += u32::from(budget.try_retry(NOW));
        budget.call_ended();
    }
    retries
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    ttl_s: f64,
    min_retries_per_s: i64,
    percent_can_retry: f64,
    frozen_clock: bool,
    requests: u32,
    expect: Retries,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retries {
    initial_balance: u32,
    retries: u32,
    tolerance: u32,
}

impl Replay {
    fn judge(self) -> Verdict {
        if !self.frozen_clock {
            return Err(Mismatch::unknown("a clock that moves in steps not told"));
        }
        let arguments = Arguments {
            ttl_s: Some(self.ttl_s),
            min_retries_per_s: Some(self.min_retries_per_s),
            percent_can_retry: Some(self.percent_can_retry),
        };
        let refused = || Mismatch::new("a budget", "a refusal");
        let budget = arguments.budget().ok_or_else(refused)?;
        expect_eq(self.expect.initial_balance, budget.balance(NOW))?;
        let found = retries(&budget, self.requests);
        let is_near = found.abs_diff(self.expect.retries) <= self.expect.tolerance;
        expect(is_near, self.expect.retries, found)
    }
}

/// One of Finagle's two budgets that never change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Constant {
    kind: ConstantKind,
    expect: Steady,
}

#[derive(Clone, Copy, Deserialize)]
enum ConstantKind {
    Infinite,
    Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Steady {
    balance: u32,
    try_withdraw: bool,
}

impl Constant {
    fn judge(self) -> Verdict {
        let theirs = self.expect.balance;
        let (budget, balances) = match self.kind {
            // A number stands there for "no bound"; ours is the largest there is.
            ConstantKind::Infinite => (Some(Budget::unlimited()), theirs..=u32::MAX),
            ConstantKind::Empty => (EMPTY.budget(), theirs..=theirs),
        };
        let refused = || Mismatch::new("a budget", "a refusal");
        let budget = budget.ok_or_else(refused)?;
        let granted = (0..theirs.max(1)).all(|_| budget.try_retry(NOW));
        expect_eq(self.expect.try_withdraw, granted)?;
        let ours = budget.balance(NOW);
        expect(balances.contains(&ours), balances, ours)
    }
}

/// "min=0 and percent=0 is the empty budget", whatever its memory.
const EMPTY: Arguments = Arguments {
    ttl_s: Some(10.0),
    min_retries_per_s: Some(0),
    percent_can_retry: Some(0.0),
};

/// Arguments that are not accepted. Those that are not told are Finagle's defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Construction {
    args: Arguments,
    expect: String,
}

impl Construction {
    fn judge(self, defaults: Option<Arguments>) -> Verdict {
        if self.expect != "rejected" {
            return Err(Mismatch::unknown(self.expect));
        }
        let arguments = self.args.or(defaults.unwrap_or_default()).or(FINAGLES);
        match arguments.budget() {
            None => Ok(()),
            Some(budget) => Err(Mismatch::new("a refusal", budget)),
        }
    }
}

/// For a file that does not tell them.
const FINAGLES: Arguments = Arguments {
    ttl_s: Some(10.0),
    min_retries_per_s: Some(10),
    percent_can_retry: Some(0.2),
};
