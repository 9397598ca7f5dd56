//! What the file says of algorithms beside each other.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Algorithm, Measure, Simulated};
use crate::report::{Mismatch, Report, Verdict, expect};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Relation {
    relation: String,
    clients: Vec<usize>,
    #[serde(rename = "held_for")]
    _held_for: String,
}

impl Relation {
    pub(super) fn judge(&self, simulated: &Simulated) -> Verdict {
        let Some((measure, more, factor, less)) = sides(&self.relation) else {
            return Err(Mismatch::unknown(&self.relation));
        };
        for &clients in &self.clients {
            let more = measure.of(&simulated.means(more, clients)?);
            let less = measure.of(&simulated.means(less, clients)?);
            expect(
                more > factor * less,
                &self.relation,
                format!("{more} and {less} with {clients} clients"),
            )?;
        }
        Ok(())
    }
}

/// `calls: a > b`, or `time: a > 5 x b`.
fn sides(relation: &str) -> Option<(Measure, Algorithm, f64, Algorithm)> {
    let (measure, sides) = relation.split_once(": ")?;
    let (more, less) = sides.split_once(" > ")?;
    let (factor, less) = match less.split_once(" x ") {
        Some((factor, less)) => (factor.parse().ok()?, less),
        None => (1.0, less),
    };
    Some((word(measure)?, word(more)?, factor, word(less)?))
}

fn word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(Value::from(word)).ok()
}

/// `headline_at_100_clients`: ratios of means.
pub(super) fn check_headlines(report: &mut Report, simulated: &Simulated) {
    for field in report.field_names() {
        let Some(clients) = between(&field, "headline_at_", "_clients") else {
            continue;
        };
        let Ok(clients) = clients.parse() else {
            report.enter(field.clone(), Err(Mismatch::unknown(&field)));
            continue;
        };
        let ratios: BTreeMap<String, Value> = report.field(&field).unwrap_or_default();
        for (name, ratio) in &ratios {
            let verdict = headline(name, ratio, clients, simulated);
            report.enter(format!("{field}.{name}"), verdict);
        }
    }
}

/// `full_vs_no_jitter_calls_ratio`.
fn headline(name: &str, ratio: &Value, clients: usize, simulated: &Simulated) -> Verdict {
    let (Some((measure, above, below)), Some(expected)) = (ratio_of(name), ratio.as_f64()) else {
        return Err(Mismatch::unknown(format!("{name}: {ratio}")));
    };
    let above = measure.of(&simulated.means(above, clients)?);
    let below = measure.of(&simulated.means(below, clients)?);
    let found = above / below;
    expect(measure.is_near(expected, found), expected, found)
}

fn ratio_of(name: &str) -> Option<(Measure, Algorithm, Algorithm)> {
    let (sides, measure) = name.strip_suffix("_ratio")?.rsplit_once('_')?;
    let (above, below) = sides.split_once("_vs_")?;
    Some((word(measure)?, short_name(above)?, short_name(below)?))
}

fn short_name(name: &str) -> Option<Algorithm> {
    match name {
        "no_backoff" => Some(Algorithm::NoBackoff),
        "no_jitter" => Some(Algorithm::ExponentialNoJitter),
        "equal" => Some(Algorithm::EqualJitter),
        "full" => Some(Algorithm::FullJitter),
        "decorrelated" => Some(Algorithm::DecorrelatedJitter),
        _ => None,
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_suffix(after)
}
