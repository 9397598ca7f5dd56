//! Envoy's reset headers: `rate_limited_retry_back_off`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use buttress_core::budget::Budget;
use buttress_core::hint::{Hint, HintSource};
use buttress_core::quota::fields::{Format, first_reset, reset};
use buttress_core::retry::{Call, Decision, Retries};
use buttress_core::{Class, Outcome, Timestamp, UnixTime};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use crate::report::{Mismatch, Report, Verdict, expect, expect_eq};

#[test]
fn the_vectors_of_envoys_reset_headers_hold() {
    let mut report = Report::on("envoy_reset_headers");
    let now = UnixTime::from_secs(report.field("now_unix").unwrap_or_default());
    let config: Option<Config> = report.field("config");
    report.check("parse_cases", |case| parse(case, now));
    report.check("choose_cases", |case| choose(case, config.as_ref(), now));
    report.check("jitter_cases", jitter);
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    reset_headers: Vec<ResetHeader>,
    max_interval_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResetHeader {
    name: String,
    format: In,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum In {
    Seconds,
    Unix,
}

impl From<In> for Format {
    fn from(format: In) -> Self {
        match format {
            In::Seconds => Self::Seconds,
            In::Unix => Self::Unix,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParseCase {
    format: In,
    value: Option<String>,
    expect_ms: Option<u64>,
}

fn parse(case: &ParseCase, now: UnixTime) -> Verdict {
    let value = case.value.as_ref();
    let wait = value.and_then(|value| reset(value.as_bytes(), case.format.into(), now));
    expect_eq(case.expect_ms.map(Duration::from_millis), wait)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChooseCase {
    headers: BTreeMap<String, String>,
    expect_ms: Option<u64>,
}

fn choose(case: &ChooseCase, config: Option<&Config>, now: UnixTime) -> Verdict {
    let config = config.ok_or_else(|| Mismatch::unknown("no config"))?;
    let name = |name: &String| HeaderName::try_from(name).map_err(Mismatch::unknown);
    let mut headers = HeaderMap::new();
    for (header, value) in &case.headers {
        let value = HeaderValue::try_from(value).map_err(Mismatch::unknown)?;
        headers.append(name(header)?, value);
    }
    let fields: Result<Vec<_>, _> = config
        .reset_headers
        .iter()
        .map(|header| Ok((name(&header.name)?, header.format.into())))
        .collect();
    let longest = Duration::from_millis(config.max_interval_ms);
    let wait = first_reset(&headers, &fields?, longest, now);
    expect_eq(case.expect_ms.map(Duration::from_millis), wait)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JitterCase {
    interval_ms: u64,
    wait_min_ms: u64,
    wait_max_ms_exclusive: u64,
}

/// Ours is lengthened by a tenth at most, and so lies in Envoy's range.
fn jitter(case: &JitterCase) -> Verdict {
    let hint = Hint {
        wait: Duration::from_millis(case.interval_ms),
        source: HintSource::ResetHeader,
    };
    let outcome = Outcome::new(Class::RateLimited).with_hint(Some(hint));
    let call = Call {
        restarted: 0,
        attempts: 1,
        previous: Duration::ZERO,
        is_repeatable: true,
        is_replayable: true,
        deadline: None,
        max_attempts: NonZeroU32::new(2),
    };
    let (least, most) = (case.wait_min_ms, case.wait_max_ms_exclusive);
    let range = Duration::from_millis(least)..Duration::from_millis(most);
    for seed in 0..1_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let now = Timestamp::default();
        let decision =
            Retries::default().decide(&outcome, &call, &Budget::unlimited(), now, &mut random);
        let is_in = matches!(decision, Decision::Again { wait, .. } if range.contains(&wait));
        expect(is_in, &range, decision)?;
    }
    Ok(())
}
