//! Netflix's concurrency limits.

use std::time::Duration;

use buttress_core::backoff::Percent;
use buttress_core::concurrency::{Aimd, Algorithm, Decrease, Gradient, Sample, Threshold, Vegas};
use serde::Deserialize;

use crate::report::{Mismatch, Report, Verdict, expect_eq};

#[test]
fn the_vectors_of_concurrency_limits_hold() {
    let mut report = Report::on("concurrency_limits");
    if let Some(defaults) = report.field::<Defaults>("defaults") {
        report.enter("defaults".to_owned(), defaults.judge());
    }
    report.check("cases", Case::judge);
    report.finish();
}

/// Ours are theirs, as far as they are told in numbers that can be chosen.
#[derive(Deserialize)]
struct Defaults {
    aimd: Config,
    vegas: VegasDefaults,
}

#[derive(Deserialize)]
struct VegasDefaults {
    initial: u32,
    max: u32,
    smoothing: f64,
}

impl Defaults {
    fn judge(&self) -> Verdict {
        let aimd = self.aimd.algorithm(Name::Aimd)?;
        expect_eq(aimd, Algorithm::Aimd(Aimd::default()))?;
        let vegas = Vegas::default()
            .with_initial(self.vegas.initial)
            .with_max(self.vegas.max)
            .with_smoothing(percent(self.vegas.smoothing)?);
        expect_eq(vegas, Vegas::default())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    algorithm: Name,
    config: Config,
    samples: Vec<Attempt>,
    expect: Vec<u32>,
    expect_limit: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Aimd,
    Vegas,
    Gradient2,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    initial: Option<u32>,
    min: Option<u32>,
    max: Option<u32>,
    backoff_ratio: Option<f64>,
    timeout_s: Option<f64>,
    alpha: Option<u32>,
    beta: Option<u32>,
    smoothing: Option<f64>,
    decrease: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attempt {
    rtt_ms: f64,
    inflight: u32,
    #[serde(default, alias = "dropped", alias = "did_drop")]
    drop: bool,
}

impl Case {
    fn judge(&self) -> Verdict {
        let mut algorithm = self.config.algorithm(self.algorithm)?;
        let limits = self.samples.iter().map(|attempt| {
            algorithm.sample(&attempt.sample());
            algorithm.limit()
        });
        expect_eq(&self.expect, &limits.collect())?;
        match self.expect_limit {
            Some(expected) => expect_eq(expected, algorithm.limit()),
            None => Ok(()),
        }
    }
}

impl Attempt {
    fn sample(&self) -> Sample {
        Sample {
            elapsed: Duration::from_secs_f64(self.rtt_ms / 1e3),
            in_flight: self.inflight,
            is_congested: self.drop,
        }
    }
}

impl Config {
    fn algorithm(&self, name: Name) -> Result<Algorithm, Mismatch> {
        let (low, high) = (self.min.unwrap_or(20), self.max.unwrap_or(200));
        Ok(match name {
            Name::Aimd => {
                let mut aimd = Aimd::default()
                    .with_initial(self.initial.unwrap_or(20))
                    .with_bounds(low, high);
                if let Some(ratio) = self.backoff_ratio {
                    aimd = aimd.with_keep(percent(ratio)?);
                }
                if let Some(seconds) = self.timeout_s {
                    aimd = aimd.with_timeout(Duration::from_secs_f64(seconds));
                }
                Algorithm::Aimd(aimd)
            }
            Name::Vegas => Algorithm::Vegas(self.vegas()?),
            Name::Gradient2 => Algorithm::Gradient(
                Gradient::default()
                    .with_initial(self.initial.unwrap_or(20))
                    .with_bounds(low, high),
            ),
        })
    }

    fn vegas(&self) -> Result<Vegas, Mismatch> {
        let fixed = |fixed: Option<u32>, times| {
            fixed.map_or(Threshold::Logarithms(times), Threshold::Fixed)
        };
        let vegas = Vegas::default()
            .with_initial(self.initial.unwrap_or(20))
            .with_max(self.max.unwrap_or(1_000))
            .with_queue(fixed(self.alpha, 3), fixed(self.beta, 6))
            .with_smoothing(percent(self.smoothing.unwrap_or(1.0))?);
        match self.decrease.as_deref() {
            None => Ok(vegas),
            Some("limit/2") => Ok(vegas.with_decrease(Decrease::Half)),
            Some(other) => Err(Mismatch::unknown(other)),
        }
    }
}

fn percent(share: f64) -> Result<Percent, Mismatch> {
    let hundredths = (share * 100.0).round();
    let found = (0..=100_u8).find(|percent| f64::from(*percent) == hundredths);
    found
        .and_then(|percent| Percent::new(percent).ok())
        .ok_or_else(|| Mismatch::unknown(share))
}
