//! resilience4j's circuit breaker, scenario by scenario.
//!
//! There a result has no permit: it counts in whatever state it finds. Here each is handed the permit that it would have
//! had. A result of a call that was let through in an earlier period is late, and counts nowhere.

mod config;
mod scene;

use serde::Deserialize;

use self::config::Config;
pub(crate) use self::config::{WindowType, window};
use self::scene::{Expected, Scene};
use crate::report::{Mismatch, Report, Verdict};

#[test]
fn the_vectors_of_resilience4js_breaker_hold() {
    let mut report = Report::on("r4j_circuit_breaker");
    report.check("cases", Case::judge);
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    config: Config,
    steps: Vec<Step>,
    #[serde(rename = "upstream_test")]
    _source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    op: Op,
    #[serde(default = "once")]
    repeat: u32,
    permitted: Option<bool>,
    outcome: Option<Outcome>,
    #[serde(default)]
    error: Option<String>,
    result: Option<String>,
    #[serde(default)]
    takes_ms: u64,
    #[serde(default)]
    duration_ms: u64,
    to: Option<String>,
    for_ms: Option<u64>,
    until_ms: Option<u64>,
    #[serde(default)]
    illegal: bool,
    #[serde(default)]
    ms: u64,
    #[serde(default)]
    expect: Expected,
    #[serde(rename = "note")]
    _note: Option<String>,
}

const fn once() -> u32 {
    1
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    Acquire,
    Call,
    Record,
    Release,
    Transition,
    Reset,
    Advance,
    Expect,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Success,
    Error,
    Result,
}

impl Case {
    fn judge(&self) -> Verdict {
        let mut scene = Scene::new(&self.config)?;
        for (index, step) in self.steps.iter().enumerate() {
            (0..step.repeat).try_for_each(|_| step.run(&self.config, &mut scene))?;
            scene.expect(index, &step.expect)?;
        }
        Ok(())
    }
}

impl Step {
    fn run(&self, config: &Config, scene: &mut Scene) -> Verdict {
        match self.op {
            Op::Acquire => scene.acquire(self.permitted.unwrap_or(true)),
            Op::Call => {
                let is_permitted = self.permitted.unwrap_or(true);
                scene.acquire(is_permitted)?;
                if is_permitted {
                    scene.advance(self.takes_ms);
                    scene.end_newest(self.ended(config)?, self.takes_ms.max(self.duration_ms));
                }
                Ok(())
            }
            Op::Record => {
                scene.record(self.ended(config)?, self.duration_ms);
                Ok(())
            }
            Op::Release => scene.release(),
            Op::Transition => scene.transition(self),
            Op::Reset => scene.reset(),
            Op::Advance => {
                scene.advance(self.ms);
                Ok(())
            }
            Op::Expect => Ok(()),
        }
    }

    fn ended(&self, config: &Config) -> Result<buttress_core::breaker::Verdict, Mismatch> {
        let outcome = self
            .outcome
            .ok_or_else(|| Mismatch::unknown("no outcome"))?;
        Ok(match outcome {
            Outcome::Success => buttress_core::breaker::Verdict::Success,
            Outcome::Error => config.of_error(self.error.as_deref().unwrap_or("generic")),
            Outcome::Result => config.of_result(self.result.as_deref().unwrap_or_default()),
        })
    }
}
