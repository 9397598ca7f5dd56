//! How an outcome travels where there is no response to carry it.

use std::error::Error;
use std::fmt;
use std::io;

use crate::history::History;
use crate::outcome::{Class, Outcome};
use crate::rejected::Rejected;
use crate::time::Timestamp;

/// Any error: what all layers return, so that ten of them compose without a conversion.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// An attempt that got no answer: what it meant, and the error of the client that made it.
///
/// The client's error is not changed. It is the [`source`](Error::source), and [`Failure::find_source`] or
/// [`Failure::into_source`] gives it back to be downcast.
#[derive(Debug)]
pub struct Failure {
    outcome: Outcome,
    history: Option<Box<History>>,
    source: BoxError,
}

impl Failure {
    /// `source`, and what it meant.
    pub fn new(outcome: Outcome, source: impl Into<BoxError>) -> Self {
        Self {
            outcome,
            history: None,
            source: source.into(),
        }
    }

    /// Takes `error` as a failure: as it is if it is one; if not, with what is known in its chain.
    pub fn of(error: BoxError) -> Box<Self> {
        error.downcast().unwrap_or_else(|error| {
            let history = Self::find(&*error).and_then(|inner| inner.history.clone());
            let outcome = outcome(&*error);
            Box::new(Self {
                outcome,
                history,
                source: error,
            })
        })
    }

    /// The failure in the chain of an error, if a layer of ours has judged it.
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        find(error)
    }

    /// The first error of type `E` in the chain of an error: the client's own, for one.
    pub fn find_source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
        find(error)
    }

    /// What the attempt meant.
    pub const fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// What became of the whole call; there if the call passed a retry layer.
    pub fn history(&self) -> Option<&History> {
        self.history.as_deref()
    }

    /// The client's error.
    pub fn into_source(self) -> BoxError {
        self.source
    }

    /// With another outcome: the layer that measures adds what the client could not know.
    #[must_use]
    pub fn with_outcome(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// Writes down what became of the whole call.
    pub fn record(&mut self, history: History) {
        self.history = Some(Box::new(history));
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer: {}", self.outcome.class())?;
        match self.history() {
            Some(history) => write!(f, " after {history}"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// What an error means that nobody has judged: its chain is searched for what is known.
///
/// An error that says nothing is taken for a connection that broke after sending, as that is the careful reading:
/// such a call is repeated only if that does no harm.
pub fn outcome(error: &(dyn Error + 'static)) -> Outcome {
    if let Some(failure) = Failure::find(error) {
        return failure.outcome;
    }
    if Rejected::find(error).is_some() {
        return Outcome::new(Class::Rejected);
    }
    Outcome::new(find::<io::Error>(error).map_or(Class::Interrupted, class_of_io))
}

/// When it makes sense to try again after this error: the latest time that a refusal, a history or a hint in its chain
/// says. `now` stands for the moment of an answer that nobody measured.
///
/// ```
/// use buttress_core::{Key, Rejected, Timestamp, Why, failure};
///
/// let later = Timestamp::from_nanos(7);
/// let rejected = Rejected::new(Why::CircuitOpen, Key::ALL).with_not_before(Some(later));
/// assert_eq!(failure::not_before(&rejected, Timestamp::ORIGIN), Some(later));
/// ```
pub fn not_before(error: &(dyn Error + 'static), now: Timestamp) -> Option<Timestamp> {
    let refused = Rejected::find(error).and_then(|rejected| rejected.not_before);
    let failed = Failure::find(error).and_then(|failure| match failure.history() {
        Some(history) => history.not_before(),
        None => failure.outcome.not_before(now),
    });
    refused.max(failed)
}

fn class_of_io(error: &io::Error) -> Class {
    match error.kind() {
        // Only what cannot come after sending: a connection that was made can still become unreachable.
        io::ErrorKind::ConnectionRefused | io::ErrorKind::AddrNotAvailable => Class::Connect,
        io::ErrorKind::TimedOut => Class::Timeout,
        _ => Class::Interrupted,
    }
}

/// The first error of type `E` in a chain.
pub(crate) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An `io::Error` shows what it wraps by `get_ref` alone: its `source` is the source of what it wraps.
        next = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::hint::{Hint, HintSource};
    use crate::history::End;
    use crate::key::Key;
    use crate::outcome::Repeat;
    use crate::rejected::Why;

    #[test]
    fn the_clients_error_can_be_had_back() {
        let failure = Failure::of(io::Error::from(io::ErrorKind::ConnectionRefused).into());
        assert_eq!(failure.outcome().class(), Class::Connect);
        assert!(Failure::find_source::<io::Error>(&*failure).is_some());
        let source = failure.into_source().downcast::<io::Error>().unwrap();
        assert_eq!(source.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn an_error_that_says_nothing_may_have_been_sent() {
        let outcome = Failure::of("something broke".into()).outcome;
        assert_eq!(
            (outcome.class(), outcome.repeat()),
            (Class::Interrupted, Repeat::IfRepeatable)
        );
    }

    #[test]
    fn a_refusal_of_ours_is_found_under_other_errors() {
        let rejected = Rejected::new(Why::CircuitOpen, Key::ALL);
        let wrapped = Failure::new(Outcome::new(Class::Rejected), io::Error::other(rejected));
        assert_eq!(
            Rejected::find(&wrapped).map(|found| found.why),
            Some(Why::CircuitOpen)
        );
        let nested: BoxError = Box::new(io::Error::other(rejected));
        assert_eq!(Failure::of(nested).outcome.class(), Class::Rejected);
    }

    #[test]
    fn of_several_times_in_an_error_the_latest_holds() {
        let [soon, later] = [7, 9].map(Timestamp::from_nanos);
        let rejected = Rejected::new(Why::Cooldown, Key::ALL);
        let told = |refused, recorded| {
            let source = rejected.with_not_before(refused);
            let mut failure = Failure::new(Outcome::new(Class::Rejected), source);
            failure.record(History::default().ended(End::MaxWait, recorded));
            not_before(&failure, Timestamp::ORIGIN)
        };
        assert_eq!(told(Some(soon), Some(later)), Some(later));
        assert_eq!(told(Some(later), Some(soon)), Some(later));
        assert_eq!(told(Some(soon), None), Some(soon));
        assert_eq!(told(None, Some(soon)), Some(soon));
        assert_eq!(told(None, None), None);
    }

    #[test]
    fn a_failure_without_a_history_says_it_by_its_hint() {
        let told = |wait, received| {
            let source = HintSource::RetryInfo;
            let hint = Hint { wait, source };
            let outcome = Outcome::new(Class::Unavailable).with_hint(Some(hint));
            let outcome = outcome.with_timing(Duration::ZERO, Timestamp::from_nanos(received));
            not_before(&Failure::new(outcome, "x"), Timestamp::from_nanos(5))
        };
        let nanos = Duration::from_nanos;
        assert_eq!(told(nanos(9), 2), Some(Timestamp::from_nanos(11)));
        assert_eq!(told(nanos(9), 0), Some(Timestamp::from_nanos(14)));
        assert_eq!(told(Duration::ZERO, 2), None);
    }

    #[test]
    fn a_failure_is_not_wrapped_twice() {
        let once = Failure::of("x".into());
        let twice = Failure::of(once);
        assert!(twice.into_source().downcast::<Failure>().is_err());
    }
}
