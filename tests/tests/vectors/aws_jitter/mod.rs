//! What jitter is good for: AWS's simulation of clients that contend for one row.

mod claims;
mod simulation;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use buttress_core::backoff::{Backoff, Jitter};
use serde::Deserialize;

use self::claims::{Relation, check_headlines};
use self::simulation::{Means, Model, means};
use crate::draws::Extreme;
use crate::report::{Mismatch, Report, Verdict, expect};
use crate::seconds::{ROUNDING, expect_wait};

#[test]
fn the_vectors_of_aws_jitter_simulation_hold() {
    let mut report = Report::on("aws_jitter_simulation");
    let model = report.field("model").unwrap_or_default();
    let simulated = Simulated::new(model);
    report.check("bounds", |case: &Bounds| case.judge(&simulated.model));
    report.check("results", |case: &MeansRow| case.judge(&simulated));
    report.check("relations", |case: &Relation| case.judge(&simulated));
    check_headlines(&mut report, &simulated);
    if let Some(sentence) = report.field::<String>("tolerance") {
        report.enter("tolerance".to_owned(), tolerance_is_known(&sentence));
    }
    report.finish();
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Algorithm {
    NoBackoff,
    ExponentialNoJitter,
    EqualJitter,
    FullJitter,
    DecorrelatedJitter,
}

impl Algorithm {
    fn backoff(self, model: &Model) -> Result<Backoff, Mismatch> {
        let millis = |millis: f64| Duration::from_secs_f64(millis / 1e3);
        let (base, jitter) = match self {
            Self::NoBackoff => (0.0, Jitter::None),
            Self::ExponentialNoJitter => (model.base_ms, Jitter::None),
            Self::EqualJitter => (model.base_ms, Jitter::Equal),
            Self::FullJitter => (model.base_ms, Jitter::Full),
            Self::DecorrelatedJitter => (model.base_ms, Jitter::Decorrelated),
        };
        let backoff = Backoff::new(millis(base), millis(model.cap_ms));
        Ok(backoff.map_err(Mismatch::unknown)?.with_jitter(jitter))
    }
}

/// Each pair of algorithm and number of clients is simulated once, when it is first asked for.
struct Simulated {
    model: Model,
    known: RefCell<BTreeMap<(Algorithm, usize), Means>>,
}

/// "At least 100" is what the file asks for.
const RUNS: u32 = 100;

impl Simulated {
    fn new(model: Model) -> Self {
        Self {
            model,
            known: RefCell::default(),
        }
    }

    fn means(&self, algorithm: Algorithm, clients: usize) -> Result<Means, Mismatch> {
        let key = (algorithm, clients);
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(*known);
        }
        let means = means(&self.model, &algorithm.backoff(&self.model)?, clients, RUNS);
        self.known.borrow_mut().insert(key, means);
        Ok(means)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    algorithm: Algorithm,
    n: u32,
    low_ms: f64,
    high_ms: f64,
}

impl Bounds {
    fn judge(&self, model: &Model) -> Verdict {
        let backoff = self.algorithm.backoff(model)?;
        for (mut draw, millis) in [
            (Extreme::Least, self.low_ms),
            (Extreme::Greatest, self.high_ms),
        ] {
            let wait = (1..=self.n).fold(Duration::ZERO, |previous, n| {
                backoff.wait(n + 1, previous, &mut draw)
            });
            expect_wait(millis / 1e3, wait, ROUNDING)?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeansRow {
    algorithm: Algorithm,
    clients: usize,
    mean_calls: f64,
    mean_completion_ms: f64,
    #[serde(rename = "per_seed_calls")]
    _per_seed_calls: Vec<f64>,
    #[serde(rename = "per_seed_completion_ms")]
    _per_seed_completion_ms: Vec<f64>,
    #[serde(rename = "run_stdev_calls")]
    _run_stdev_calls: f64,
    #[serde(rename = "run_stdev_completion_ms")]
    _run_stdev_completion_ms: f64,
}

impl MeansRow {
    fn judge(&self, simulated: &Simulated) -> Verdict {
        let found = simulated.means(self.algorithm, self.clients)?;
        let expected = Means {
            calls: self.mean_calls,
            completion_ms: self.mean_completion_ms,
        };
        let is_near = [Measure::Calls, Measure::Time]
            .iter()
            .all(|measure| measure.is_near(measure.of(&expected), measure.of(&found)));
        expect(is_near, expected, found)
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Measure {
    Calls,
    Time,
}

impl Measure {
    fn of(self, means: &Means) -> f64 {
        match self {
            Self::Calls => means.calls,
            Self::Time => means.completion_ms,
        }
    }

    /// What [`TOLERANCE`] says.
    fn is_near(self, expected: f64, found: f64) -> bool {
        let tolerance = match self {
            Self::Calls => 0.05,
            Self::Time => 0.15,
        };
        (found / expected - 1.0).abs() <= tolerance
    }
}

const TOLERANCE: &str = "calls within 5%, completion within 15%";

/// The tolerance stands in a sentence. It is not read, but must be the one used here.
fn tolerance_is_known(sentence: &str) -> Verdict {
    expect(sentence.contains(TOLERANCE), TOLERANCE, sentence)
}
