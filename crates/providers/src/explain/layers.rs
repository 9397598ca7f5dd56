//! What each layer does with an outcome, under the defaults.

use std::time::Duration;

use buttress_core::breaker::{Circuit, Verdict as Judged};
use buttress_core::history::Cause;
use buttress_core::pause::Verdict;
use buttress_core::{Outcome, Repeat, Retries, Scope};
use http::Method;
use serde::Serialize;

use super::learned::Learned;

/// A sentence for each layer that acts on an answer.
#[derive(Serialize)]
pub(super) struct Layers {
    pub(super) retry: String,
    pub(super) cooldown: String,
    pub(super) rate_limit: String,
    pub(super) breaker: &'static str,
}

/// What was answered, as the layers see it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) method: Option<&'a Method>,
    /// Whether the failure came after a head that was good.
    pub(super) is_late: bool,
    pub(super) learned: &'a [Learned<'a>],
}

impl Layers {
    pub(super) fn of(seen: Seen<'_>) -> Self {
        Self {
            retry: retry(seen),
            cooldown: cooldown(seen),
            rate_limit: rate_limit(seen.learned),
            breaker: breaker(seen),
        }
    }
}

fn wait(outcome: &Outcome) -> Option<Duration> {
    let wait = outcome.hint()?.wait;
    (!wait.is_zero()).then_some(wait)
}

fn retry(seen: Seen<'_>) -> String {
    let outcome = seen.outcome;
    let whose = match (outcome.repeat(), seen.method) {
        _ if outcome.is_ok() => return "has nothing to do".to_owned(),
        _ if seen.is_late => {
            return "does not repeat it: parts of the answer are delivered".to_owned();
        }
        (Repeat::Never, _) => return "does not repeat it".to_owned(),
        (Repeat::IfRepeatable, Some(method)) if !method.is_idempotent() => {
            return format!("does not repeat it: a {method} may have been done");
        }
        (Repeat::Always, _) | (Repeat::IfRepeatable, Some(_)) => "repeats it",
        (Repeat::IfRepeatable, None) => "repeats it if the request may be sent twice",
    };
    let longest = Retries::default().max_wait();
    match wait(outcome) {
        None => format!("{whose}, after its {}", Cause::Backoff.name()),
        Some(wait) if wait > longest => {
            format!("returns at once and says when: {wait:?} is longer than {longest:?}")
        }
        Some(wait) => format!("{whose}, after {wait:?} and up to a tenth more"),
    }
}

/// What is told of the others where a pause is keyed by what the outcome is of: by default one holds for everything.
const fn keyed(scope: Scope) -> &'static str {
    match scope {
        Scope::Model => "; keyed by model, those for this one",
        Scope::Resource => "; keyed by resource, those of this one",
        _ => "",
    }
}

fn cooldown(seen: Seen<'_>) -> String {
    let keyed = keyed(seen.outcome.scope());
    match Verdict::of(seen.outcome) {
        _ if seen.is_late => "does nothing: the head was good".to_owned(),
        Verdict::Spent(Some(wait)) => {
            format!("parks all calls for {wait:?}, which are rejected, not held{keyed}")
        }
        Verdict::Spent(None) => {
            format!("parks all calls, which are rejected, not held{keyed}")
        }
        Verdict::Limited(Some(wait)) => format!("holds all calls for {wait:?}{keyed}"),
        Verdict::Limited(None) => format!("holds all calls for a default that grows{keyed}"),
        Verdict::Good => "does nothing, or lets more go where a pause is released".to_owned(),
        Verdict::Nothing => "does nothing".to_owned(),
    }
}

/// What is learned is taken up where that was asked for.
fn rate_limit(learned: &[Learned<'_>]) -> String {
    let mut lowest = learned.iter().filter_map(|one| one.told());
    match lowest.next() {
        None => "learns nothing".to_owned(),
        Some(first) => {
            let told: Vec<_> = std::iter::once(first).chain(lowest).collect();
            format!(
                "lets no more go than are left, if it learns: {}",
                told.join(", ")
            )
        }
    }
}

fn breaker(seen: Seen<'_>) -> &'static str {
    match (Circuit::default().verdict(seen.outcome), seen.is_late) {
        (Judged::Failure, false) => "counts a failure",
        (Judged::Failure, true) => "counts a failure more, after the success of the head",
        (_, true) => "counts the success of the head",
        (Judged::Success, false) => "counts a success",
        (Judged::Nothing | Judged::Limited, false) => "counts nothing",
    }
}
