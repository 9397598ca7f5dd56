//! The adaptive retry mode of the AWS SDKs: a rate along a cubic curve, and how fast calls are sent.

use std::time::Duration;

use buttress_core::Timestamp;
use buttress_core::quota::adaptive::{Adaptive, Curve, Increase, Measured, Tokens, bounded};
use serde::Deserialize;

use crate::report::{Mismatch, Report, Verdict, expect, expect_eq};
use crate::seconds::duration;

#[test]
fn the_vectors_of_aws_adaptive_rate_hold() {
    let mut report = Report::on("aws_adaptive_cubic");
    let constants: Option<Constants> = report.field("constants");
    for name in ["cubic_successes", "cubic_with_throttles"] {
        let table: Option<CubicTable> = report.field(name);
        report.enter(name.into(), table.map_or(Ok(()), |table| cubic(&table)));
    }
    let table: Option<SendingTable> = report.field("sending_rates");
    report.enter(
        "sending_rates".into(),
        table.map_or(Ok(()), |table| sending(&table)),
    );
    report.check("points", point);
    report.check("measured_rate_cases", measured);
    report.check("token_bucket_cases", |case| {
        tokens(case, constants.as_ref())
    });
    report.finish();
}

#[derive(Deserialize)]
struct Constants {
    min_fill_rate: f64,
}

/// The tables were computed to so many digits.
const EXACT: f64 = 1e-9;

fn at(secs: f64) -> Result<Timestamp, Mismatch> {
    Ok(Timestamp::default() + duration(secs)?)
}

fn near(expected: f64, found: f64, tolerance: f64) -> Verdict {
    expect((expected - found).abs() <= tolerance, expected, found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CubicTable {
    start: CubicStart,
    rows: Vec<CubicRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CubicStart {
    last_max_rate: f64,
    time_of_last_throttle: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CubicRow {
    t: f64,
    #[serde(default)]
    throttled: bool,
    calculated_rate: f64,
}

/// In these tables the rate that is remembered as too fast is the one that it fell to.
fn cubic(table: &CubicTable) -> Verdict {
    let start = &table.start;
    let fell_at = at(start.time_of_last_throttle)?;
    let mut curve = Curve::new(Increase::Cubic, start.last_max_rate, fell_at);
    let mut rate = start.last_max_rate;
    for row in &table.rows {
        let now = at(row.t)?;
        if row.throttled {
            rate = curve.fall(rate, now);
            curve = Curve::new(Increase::Cubic, rate, now);
        } else {
            rate = curve.rate(now);
        }
        near(row.calculated_rate, rate, EXACT)?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendingTable {
    #[serde(rename = "start")]
    _start: serde_json::Value,
    rows: Vec<SendingRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendingRow {
    t: f64,
    throttled: bool,
    measured_tx_rate: f64,
    fill_rate: f64,
}

fn sending(table: &SendingTable) -> Verdict {
    let mut adaptive = Adaptive::new(Increase::Cubic, at(0.0)?);
    for row in &table.rows {
        adaptive.answered(row.throttled, at(row.t)?);
        near(row.measured_tx_rate, adaptive.measured(), EXACT)?;
        near(row.fill_rate, adaptive.rate(), EXACT)?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    w_max: Option<f64>,
    k: Option<f64>,
    start_w_max: Option<f64>,
    rate_when_throttled: Option<f64>,
    t: Option<f64>,
    new_rate: Option<f64>,
    beta: Option<f64>,
    rate: Option<f64>,
    rate_at_same_instant: Option<f64>,
    measured: Option<f64>,
    calculated: Option<f64>,
    expect_fill_rate: Option<f64>,
    expect: Option<Enabled>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enabled {
    enabled_before: bool,
    enabled_after_throttle: bool,
}

fn point(case: &Point) -> Verdict {
    if let Some(enabled) = &case.expect {
        return becomes_enabled(enabled);
    }
    if let (Some(measured), Some(rate), Some(fill)) =
        (case.measured, case.calculated, case.expect_fill_rate)
    {
        return near(fill, bounded(rate, measured), EXACT);
    }
    let most = case.start_w_max.or(case.w_max).or(case.rate);
    let most = most.ok_or_else(|| Mismatch::unknown("no rate"))?;
    let mut curve = Curve::new(Increase::Cubic, most, Timestamp::default());
    if let Some(beta) = case.beta {
        curve = curve.with_beta(beta);
    }
    if let (Some(rate), Some(t)) = (case.rate_when_throttled.or(case.rate), case.t) {
        let now = at(t)?;
        let fallen = curve.fall(rate, now);
        case.new_rate
            .map_or(Ok(()), |expected| near(expected, fallen, EXACT))?;
        let then = case.rate_at_same_instant;
        then.map_or(Ok(()), |expected| near(expected, curve.rate(now), EXACT))?;
    }
    case.w_max
        .map_or(Ok(()), |expected| near(expected, curve.most(), EXACT))?;
    case.k
        .map_or(Ok(()), |expected| near(expected, curve.plateau(), EXACT))
}

fn becomes_enabled(expected: &Enabled) -> Verdict {
    let mut adaptive = Adaptive::new(Increase::Cubic, Timestamp::default());
    expect_eq(expected.enabled_before, adaptive.is_enabled())?;
    adaptive.answered(true, at(1.0)?);
    expect_eq(expected.enabled_after_throttle, adaptive.is_enabled())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuredCase {
    timestamps: Vec<f64>,
    expect: Option<f64>,
    expect_between: Option<[f64; 2]>,
    tolerance: Option<f64>,
    then: Option<Then>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Then {
    timestamp: f64,
    expect: Option<f64>,
    expect_between: Option<[f64; 2]>,
}

fn measured(case: &MeasuredCase) -> Verdict {
    let mut measured = Measured::default();
    let mut rate = 0.0;
    for timestamp in &case.timestamps {
        rate = measured.count(at(*timestamp)?);
    }
    let tolerance = case.tolerance.unwrap_or(EXACT);
    is_as_expected(case.expect, case.expect_between, rate, tolerance)?;
    let Some(then) = &case.then else {
        return Ok(());
    };
    let rate = measured.count(at(then.timestamp)?);
    is_as_expected(then.expect, then.expect_between, rate, tolerance)
}

fn is_as_expected(
    exact: Option<f64>,
    between: Option<[f64; 2]>,
    found: f64,
    tolerance: f64,
) -> Verdict {
    exact.map_or(Ok(()), |exact| near(exact, found, tolerance))?;
    between.map_or(Ok(()), |[least, most]| {
        expect(least <= found && found <= most, [least, most], found)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenCase {
    setup: Option<String>,
    acquire_at: Option<f64>,
    cost: Option<u32>,
    times: Option<usize>,
    rate: Option<f64>,
    set_rate: Option<f64>,
    min_rate: Option<f64>,
    acquire_times: Option<Vec<f64>>,
    tolerance: Option<f64>,
    expect: ExpectedTokens,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ExpectedTokens {
    Each(Vec<String>),
    One(Box<ExpectedTake>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedTake {
    granted: Option<bool>,
    wait_s: Option<f64>,
    capacity: Option<f64>,
    all_waits_equal: Option<bool>,
    capacity_min: Option<f64>,
    rate: Option<f64>,
    max_capacity: Option<f64>,
}

fn tokens(case: &TokenCase, constants: Option<&Constants>) -> Verdict {
    let slowest = constants.map_or(0.5, |constants| constants.min_fill_rate);
    let slowest = case.min_rate.unwrap_or(slowest);
    let begin = Timestamp::default();
    match &case.expect {
        ExpectedTokens::Each(outcomes) => {
            let rate = case.rate.ok_or_else(|| Mismatch::unknown("no rate"))?;
            let times = case.acquire_times.as_deref().unwrap_or_default();
            each(Tokens::new(rate, slowest, begin), times, outcomes)
        }
        ExpectedTokens::One(expected) => {
            let mut tokens = Tokens::new(slowest, slowest, begin);
            if let Some(rate) = case.set_rate {
                tokens.change(rate, begin);
            }
            one(case, expected, tokens)
        }
    }
}

fn one(case: &TokenCase, expected: &ExpectedTake, mut tokens: Tokens) -> Verdict {
    let setup = case.setup.as_deref().unwrap_or_default();
    if let Some(short) = setup.strip_prefix("capacity = 1 - ") {
        let short: f64 = short.parse().map_err(Mismatch::unknown)?;
        // At the time of the take, so that nothing comes in between.
        let now = at(case.acquire_at.unwrap_or_default())?;
        tokens = Tokens::new(tokens.rate(), tokens.rate(), now).with_held(1.0 - short);
    } else if let Some((_, failed)) = setup.split_once("failed acquire at ") {
        let failed: f64 = failed.parse().map_err(Mismatch::unknown)?;
        expect_eq(true, tokens.take(1.0, at(failed)?).is_err())?;
    }
    if let Some(now) = case.acquire_at {
        let (now, cost) = (at(now)?, f64::from(case.cost.unwrap_or(1)));
        let takes: Vec<_> = (0..case.times.unwrap_or(1))
            .map(|_| tokens.take(cost, now))
            .collect();
        let granted = takes.iter().all(Result::is_ok);
        expect_eq(expected.granted.unwrap_or(granted), granted)?;
        let are_equal = takes.windows(2).all(|two| two[0] == two[1]);
        expect_eq(expected.all_waits_equal.unwrap_or(are_equal), are_equal)?;
        let wait = takes
            .first()
            .and_then(|take| take.err())
            .unwrap_or_default();
        let tolerance = case.tolerance.unwrap_or(EXACT);
        expected.wait_s.map_or(Ok(()), |expected| {
            near(expected, wait.as_secs_f64(), tolerance)
        })?;
    }
    let tolerance = case.tolerance.unwrap_or(EXACT);
    expected
        .capacity
        .map_or(Ok(()), |held| near(held, tokens.held(), tolerance))?;
    let least = expected.capacity_min.unwrap_or(0.0);
    expect(tokens.held() >= least, least, tokens.held())?;
    expected
        .rate
        .map_or(Ok(()), |rate| near(rate, tokens.rate(), EXACT))?;
    expected
        .max_capacity
        .map_or(Ok(()), |most| near(most, tokens.most(), EXACT))
}

/// Takes one after the other, each at its time or as much later as it is told to wait.
fn each(mut tokens: Tokens, times: &[f64], outcomes: &[String]) -> Verdict {
    expect_eq(times.len(), outcomes.len())?;
    for (time, outcome) in times.iter().zip(outcomes) {
        let now = at(*time)?;
        let wait = match tokens.take(1.0, now) {
            Ok(()) => Duration::ZERO,
            Err(wait) => {
                // A rate of ten is no binary fraction: the tick after.
                let later = now + wait + Duration::from_nanos(1);
                expect_eq(Ok(()), tokens.take(1.0, later))?;
                wait
            }
        };
        match outcome.strip_prefix("granted at ") {
            Some(then) => {
                let then: f64 = then.parse().map_err(Mismatch::unknown)?;
                near(
                    then,
                    (now + wait).since(Timestamp::default()).as_secs_f64(),
                    1e-6,
                )?;
            }
            None => expect_eq(("granted", Duration::ZERO), (outcome.as_str(), wait))?,
        }
    }
    Ok(())
}
