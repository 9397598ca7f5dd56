//! resilience4j's two windows, alone.

use std::time::Duration;

use buttress_core::Timestamp;
use buttress_core::breaker::{Answer, Breaker, Circuit, Counts, Rate, Verdict};
use serde::Deserialize;

use crate::r4j_breaker::{WindowType, window};
use crate::report::{Mismatch, Report, Verdict as Judged, expect, expect_eq};

#[test]
fn the_vectors_of_resilience4js_windows_hold() {
    let mut report = Report::on("r4j_sliding_windows");
    report.check("cases", Case::judge);
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    window: WindowCase,
    steps: Vec<Step>,
    #[serde(rename = "upstream_test")]
    _source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowCase {
    #[serde(rename = "type")]
    kind: WindowType,
    size: u32,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Step {
    Record {
        outcome: Outcome,
        duration_ms: u64,
        #[serde(default = "once")]
        repeat: u32,
        #[serde(default)]
        expect: Numbers,
    },
    Advance {
        ms: u64,
        #[serde(default)]
        expect: Numbers,
    },
    Snapshot {
        expect: Numbers,
    },
}

const fn once() -> u32 {
    1
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Success,
    Error,
    SlowSuccess,
    SlowError,
}

impl Outcome {
    const fn is_slow(self) -> bool {
        matches!(self, Self::SlowSuccess | Self::SlowError)
    }

    const fn verdict(self) -> Verdict {
        match self {
            Self::Success | Self::SlowSuccess => Verdict::Success,
            Self::Error | Self::SlowError => Verdict::Failure,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    calls: Option<u64>,
    successful: Option<u64>,
    failed: Option<u64>,
    slow: Option<u64>,
    slow_successful: Option<u64>,
    slow_failed: Option<u64>,
    total_duration_ms: Option<u64>,
    average_duration_ms: Option<u64>,
    failure_rate_pct: Option<f64>,
    slow_call_rate_pct: Option<f64>,
}

impl Numbers {
    fn judge(&self, step: usize, counts: &Counts) -> Judged {
        let pairs = [
            (self.calls, counts.calls),
            (self.successful, counts.successful()),
            (self.failed, counts.failed),
            (self.slow, counts.slow),
            (self.slow_successful, counts.slow - counts.slow_failed),
            (self.slow_failed, counts.slow_failed),
        ];
        for (expected, found) in pairs {
            expect_eq((step, expected.unwrap_or(found)), (step, found))?;
        }
        let mean = counts.mean_time().unwrap_or_default();
        let times = [
            (self.total_duration_ms, counts.time),
            (self.average_duration_ms, mean),
        ];
        for (expected, found) in times {
            let found = u64::try_from(found.as_millis()).map_err(Mismatch::unknown)?;
            expect_eq((step, expected.unwrap_or(found)), (step, found))?;
        }
        let rates = [
            (self.failure_rate_pct, counts.failure_rate()),
            (self.slow_call_rate_pct, counts.slow_rate()),
        ];
        for (expected, found) in rates {
            let percent = found * 100.0;
            let expected = expected.unwrap_or(percent);
            expect((expected - percent).abs() < 1e-3, expected, percent)?;
        }
        Ok(())
    }
}

impl Case {
    /// The cases say which results are slow; here the time says it. So the bound is the longest time of a result that is
    /// not, and a slow one takes a nanosecond more, which is less than the windows tell apart.
    fn slow_bound(&self) -> u64 {
        let not_slow = self.steps.iter().filter_map(|step| match step {
            Step::Record {
                outcome,
                duration_ms,
                ..
            } if !outcome.is_slow() => Some(*duration_ms),
            _ => None,
        });
        not_slow.max().unwrap_or(0)
    }

    fn judge(&self) -> Judged {
        let bound = self.slow_bound();
        let circuit = Circuit::resilience4j()
            .with_window(window(self.window.kind, self.window.size)?)
            .with_slow_call_rate(Rate::ALL, Duration::from_millis(bound))
            .with_metrics_only();
        let breaker = Breaker::new(circuit);
        let mut now = Timestamp::default();
        for (index, step) in self.steps.iter().enumerate() {
            let expected = match step {
                Step::Record {
                    outcome,
                    duration_ms,
                    repeat,
                    expect,
                } => {
                    if outcome.is_slow() && *duration_ms < bound {
                        return Err(Mismatch::unknown(
                            "a slow call that is quicker than another",
                        ));
                    }
                    for _ in 0..*repeat {
                        record(&breaker, *outcome, *duration_ms, now)?;
                    }
                    expect
                }
                Step::Advance { ms, expect } => {
                    now = now + Duration::from_millis(*ms);
                    expect
                }
                Step::Snapshot { expect } => expect,
            };
            expected.judge(index, &breaker.snapshot(now).counts)?;
        }
        Ok(())
    }
}

fn record(breaker: &Breaker, outcome: Outcome, millis: u64, now: Timestamp) -> Judged {
    let permit = breaker.acquire(|| now, &mut |_| {});
    let permit = permit.map_err(|refused| Mismatch::new("a permit", refused))?;
    let more = Duration::from_nanos(u64::from(outcome.is_slow()));
    let answer = Answer {
        verdict: outcome.verdict(),
        elapsed: Some(Duration::from_millis(millis) + more),
        hint: None,
    };
    breaker.record(permit, answer, || now, &mut |_| {});
    Ok(())
}
