//! Limits that are written as a list of tables: of any period, each with its own burst.

use buttress_core::policy::{Limit, RateLimit};
use buttress_core::quota::{Quota, Shape};

use crate::nearest::nearest;
use crate::problem::Problem;
use crate::table::ALGORITHMS;
use crate::tree::{Entry, Node, Value as Tree};
use crate::unit::{self, Rate};
use crate::value::{Kind, Value};

const NAMES: [&str; 5] = ["requests", "tokens", "points", "burst", "algorithm"];

pub(super) fn read(items: &[Node]) -> Result<Value, Problem> {
    let limits: Result<_, _> = items.iter().map(limit).collect();
    limits.map(Value::Limits)
}

fn limit(item: &Node) -> Result<Limit, Problem> {
    let Tree::Table(entries) = &item.value else {
        return Err(Problem::error("this is no limit")
            .at(item.span.clone())
            .expecting("a table such as { requests = \"5/10s\", burst = 2 }"));
    };
    if let Some(entry) = entries
        .iter()
        .find(|entry| !NAMES.contains(&entry.name.as_str()))
    {
        return Err(unknown(entry));
    }
    let rates: Vec<_> = entries
        .iter()
        .filter_map(|entry| {
            Some((
                RateLimit::UNITS
                    .into_iter()
                    .find(|unit| unit.name() == entry.name)?,
                entry,
            ))
        })
        .collect();
    let [(unit, entry)] = rates[..] else {
        return Err(Problem::error("a limit is of one unit")
            .at(item.span.clone())
            .expecting("one of `requests`, `tokens` and `points`"));
    };
    let rate = rate(entry)?;
    let quota = Quota::new(rate.units, rate.period).map_err(|invalid| {
        Problem::error("this rate is not possible")
            .at(entry.node.span.clone())
            .expecting(invalid.expected())
    })?;
    Ok(Limit::new(unit, shaped(burst(quota, entries)?, entries)?))
}

fn rate(entry: &Entry) -> Result<Rate, Problem> {
    match Kind::Rate.read(super::written(&entry.node)) {
        Ok(Value::Rate(rate)) => Ok(rate),
        Ok(_) => Err(Problem::error("this is no rate").at(entry.node.span.clone())),
        Err(refusal) => Err(Problem::from(refusal).at(entry.node.span.clone())),
    }
}

fn burst(quota: Quota, entries: &[Entry]) -> Result<Quota, Problem> {
    let Some(entry) = entries.iter().find(|entry| entry.name == "burst") else {
        return Ok(quota);
    };
    let refused = |expected: String| {
        Problem::error("this burst is not possible")
            .at(entry.node.span.clone())
            .expecting(expected)
    };
    let burst = match &entry.node.value {
        Tree::Number(number) => unit::whole(number),
        _ => None,
    };
    let burst = burst.ok_or_else(|| refused("a whole number from 1".to_owned()))?;
    quota
        .with_burst(burst)
        .map_err(|invalid| refused(invalid.expected().to_owned()))
}

fn shaped(quota: Quota, entries: &[Entry]) -> Result<Quota, Problem> {
    let Some(entry) = entries.iter().find(|entry| entry.name == "algorithm") else {
        return Ok(quota);
    };
    let kind = Kind::Words(ALGORITHMS);
    match kind.read(super::written(&entry.node)) {
        Ok(Value::Word(word)) => Ok(quota.with_shape(shape(word))),
        _ => Err(Problem::error("this value is not possible")
            .at(entry.node.span.clone())
            .expecting(kind.expected())),
    }
}

/// The shape of this name.
pub(crate) fn shape(word: &str) -> Shape {
    match word {
        "log" => Shape::Log,
        "counter" => Shape::Counter,
        "fixed" => Shape::Fixed,
        _ => Shape::Bucket,
    }
}

fn unknown(entry: &Entry) -> Problem {
    let problem = Problem::error("a limit has nothing of this name")
        .at(entry.span.clone())
        .expecting("one of `requests`, `tokens` and `points`, and `burst` and `algorithm`");
    match nearest(&entry.name, NAMES) {
        Some(known) => problem.with_help(format!("did you mean `{known}`?")),
        None => problem,
    }
}
