//! What is said of an answer, in words.

use std::io::{self, Write};
use std::time::Duration;

use buttress_core::{Outcome, Repeat};

use super::answer::limits;
use super::captured::{Captured, scope};
use super::layers::Layers;
use super::learned::Learned;
use crate::profile::Profile;

pub(super) fn write(
    out: &mut impl Write,
    captured: &Captured,
    profile: &Profile,
    outcome: &Outcome,
    learned: &[Learned<'_>],
    layers: &Layers,
) -> io::Result<()> {
    match captured.status {
        Some(status) => writeln!(out, "{status}, as {} means it", profile.title())?,
        None => writeln!(out, "text, as {} means it", profile.title())?,
    }
    let mut row = |name: &str, value: &str| writeln!(out, "  {name:<9} {value}");
    row("class", outcome.class().name())?;
    row("scope", &whose(captured, outcome))?;
    row("rule", outcome.rule())?;
    row("repeat", repeat(outcome.repeat()))?;
    row("wait", &wait(outcome))?;
    for (name, value) in limits(&captured.headers) {
        row("told", &format!("{name}: {value}"))?;
    }
    for one in learned {
        row("learned", &one.words())?;
    }
    row("retry", &layers.retry)?;
    row("cooldown", &layers.cooldown)?;
    row("limit", &layers.rate_limit)?;
    row("breaker", layers.breaker)
}

fn whose(captured: &Captured, outcome: &Outcome) -> String {
    let scope = scope(outcome);
    match captured.resource(outcome) {
        Some(resource) => format!("{scope}, of it the resource {resource}"),
        None => scope.to_owned(),
    }
}

const fn repeat(repeat: Repeat) -> &'static str {
    match repeat {
        Repeat::Always => "yes",
        Repeat::IfRepeatable => "if sending the request twice does no more than sending it once",
        Repeat::Never => "no",
    }
}

fn wait(outcome: &Outcome) -> String {
    match outcome.hint() {
        None => "not told".to_owned(),
        Some(hint) if hint.wait == Duration::ZERO => {
            format!("told as zero ({}): the backoff holds", hint.source.name())
        }
        Some(hint) => format!("{:?} ({})", hint.wait, hint.source.name()),
    }
}
