//! What each layer does with an outcome, under the defaults.

use std::time::Duration;

use buttress_core::{Class, Outcome, Repeat};
use serde::Serialize;

/// The default of retry: longer waits are refused.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A sentence for each layer that acts on an outcome.
#[derive(Serialize)]
pub(super) struct Layers {
    pub(super) retry: String,
    pub(super) cooldown: String,
    pub(super) breaker: &'static str,
}

impl Layers {
    pub(super) fn of(outcome: &Outcome) -> Self {
        Self {
            retry: retry(outcome),
            cooldown: cooldown(outcome),
            breaker: breaker(outcome.class()),
        }
    }
}

fn wait(outcome: &Outcome) -> Option<Duration> {
    let wait = outcome.hint()?.wait;
    (!wait.is_zero()).then_some(wait)
}

fn retry(outcome: &Outcome) -> String {
    let whose = match outcome.repeat() {
        _ if outcome.is_ok() => return "has nothing to do".to_owned(),
        Repeat::Never => return "does not repeat it".to_owned(),
        Repeat::Always => "repeats it",
        Repeat::IfRepeatable => "repeats it if the request may be sent twice",
    };
    match wait(outcome) {
        None => format!("{whose}, after its backoff"),
        Some(wait) if wait > LONGEST_WAIT => {
            format!("returns at once and says when: {wait:?} is longer than {LONGEST_WAIT:?}")
        }
        Some(wait) => format!("{whose}, after {wait:?} and up to a tenth more"),
    }
}

fn cooldown(outcome: &Outcome) -> String {
    let scope = outcome.scope().name();
    match (outcome.class(), wait(outcome)) {
        (Class::QuotaExhausted, Some(wait)) => {
            format!("parks the {scope} for {wait:?}: calls are rejected, not held")
        }
        (Class::QuotaExhausted, None) => {
            format!("parks the {scope}: calls are rejected, not held")
        }
        (Class::RateLimited | Class::Overloaded | Class::Unavailable, Some(wait)) => {
            format!("holds the {scope} for {wait:?}")
        }
        (Class::RateLimited, None) => format!("holds the {scope} for a default that grows"),
        _ => "does nothing".to_owned(),
    }
}

const fn breaker(class: Class) -> &'static str {
    match class {
        Class::Overloaded
        | Class::ServerError
        | Class::Unavailable
        | Class::Timeout
        | Class::Connect
        | Class::Interrupted
        | Class::Panicked => "counts a failure",
        Class::Ok | Class::Auth | Class::ClientError | Class::Conflict => "counts a success",
        _ => "counts nothing",
    }
}
