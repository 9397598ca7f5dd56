use std::time::Duration;

use crate::outcome::{Class, Outcome};

/// What an outcome says to a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server let the request in: the limit holds no more.
    Good,
    /// Nothing: it failed for other reasons, or was never sent.
    Nothing,
    /// Not now: all who share the key wait for so long, or for the default.
    Limited(Option<Duration>),
    /// The quota is used up: all who share the key are refused for so long, or for the default.
    Spent(Option<Duration>),
}

impl Verdict {
    /// What `outcome` says.
    ///
    /// A server that has no room (`overloaded`, `unavailable`) pauses its callers only if it says for how long: without
    /// that, whether it is down is the circuit breaker's to find out.
    #[inline]
    pub fn of(outcome: &Outcome) -> Self {
        let hint = outcome
            .hint()
            .map(|hint| hint.wait)
            .filter(|wait| !wait.is_zero());
        match (outcome.class(), hint) {
            // A 404 has passed the limit as well as a 200 has.
            (Class::Ok | Class::Auth | Class::ClientError | Class::Conflict, _) => Self::Good,
            (Class::RateLimited, _) | (Class::Overloaded | Class::Unavailable, Some(_)) => {
                Self::Limited(hint)
            }
            (Class::QuotaExhausted, _) => Self::Spent(hint),
            _ => Self::Nothing,
        }
    }

    /// Whether it asks for a pause.
    pub const fn is_not_now(self) -> bool {
        matches!(self, Self::Limited(_) | Self::Spent(_))
    }
}
