//! A provider as a rule.

use std::error::Error;
use std::fmt;

use buttress_core::classify::{Answer, Reply, Rule, generic};
use buttress_core::{Class, Outcome, Repeat};

use crate::fields::Fields;

/// A provider: how its answers are judged.
#[derive(Clone, Copy)]
pub struct Profile {
    pub(crate) name: &'static str,
    /// What its own signals say; `None` leaves it to the status.
    pub(crate) judge: fn(&Fields<'_>) -> Option<Outcome>,
    /// Whether its official client repeats a request that the server may have acted on, POST included.
    pub(crate) repeats_post: bool,
    /// Whether it repeats a 409.
    pub(crate) repeats_conflict: bool,
    /// The header by which the server overrules the client on repeating: `true` or `false`, to the letter.
    pub(crate) should_retry: Option<&'static str>,
}

impl Profile {
    /// The name by which configuration and the command line know it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    fn repeat(&self, outcome: Outcome) -> Outcome {
        match (outcome.class(), outcome.repeat()) {
            (Class::Conflict, _) if self.repeats_conflict => outcome.with_repeat(Repeat::Always),
            (_, Repeat::IfRepeatable) if self.repeats_post => outcome.with_repeat(Repeat::Always),
            _ => outcome,
        }
    }

    fn overruled(&self, outcome: Outcome, reply: &Reply<'_>) -> Outcome {
        let word = self.should_retry.and_then(|name| reply.headers.get(name));
        match word.map(|value| value.as_bytes()) {
            Some(b"true") => outcome.with_repeat(Repeat::Always),
            Some(b"false") => outcome.with_repeat(Repeat::Never).with_hint(None),
            _ => outcome,
        }
    }
}

impl Rule for Profile {
    fn judge(&self, reply: &Reply<'_>) -> Answer {
        if !reply.status.is_client_error() && !reply.status.is_server_error() {
            return Answer::NoOpinion;
        }
        let fields = Fields::new(reply);
        let outcome = (self.judge)(&fields).unwrap_or_else(|| generic::judge(reply.status));
        Answer::This(self.overruled(self.repeat(outcome), reply))
    }

    fn judge_error(&self, seen: &Outcome, _error: &(dyn Error + 'static)) -> Answer {
        Answer::This(self.repeat(*seen))
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Profile").field(&self.name).finish()
    }
}
