//! What the layers inside know of a call's time.

use std::cell::Cell;
use std::io;

use buttress_core::{Class, Failure, Outcome, Timestamp};

/// The time that the call has which is being called or polled on this thread.
///
/// Set by the [deadline layer](crate::deadline) around each poll of what is inside it, and read by whoever is inside: a
/// request of any type has it, and nothing is allocated for it. What is polled during a poll is taken for a part of the
/// call. What another task polls is not: to take the deadline into a task that you spawn, take
/// [`CallTime::current`] there, and [`CallTime::enter`] around each poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTime {
    /// [`Timestamp::MAX`] is no deadline: nobody waits for it.
    deadline: Timestamp,
    is_up: bool,
}

thread_local! {
    static CURRENT: Cell<CallTime> = const { Cell::new(CallTime::UNLIMITED) };
}

impl CallTime {
    /// All the time in the world: what a call has without a deadline layer.
    pub const UNLIMITED: Self = Self {
        deadline: Timestamp::MAX,
        is_up: false,
    };

    /// The time of a call that must end before `deadline`.
    pub const fn until(deadline: Timestamp) -> Self {
        Self {
            deadline,
            is_up: false,
        }
    }

    /// What the call has that is being called or polled on this thread.
    pub fn current() -> Self {
        CURRENT.get()
    }

    /// When the caller stops to wait; `None` if never.
    pub fn deadline(&self) -> Option<Timestamp> {
        Some(self.deadline).filter(|deadline| *deadline < Timestamp::MAX)
    }

    /// Whether the deadline has passed and this poll is the last: a layer that holds the call back gives its answer now
    /// or never.
    pub const fn is_up(&self) -> bool {
        self.is_up
    }

    /// Does `work` in this call's time.
    pub fn enter<T>(self, work: impl FnOnce() -> T) -> T {
        let _scope = self.scope();
        work()
    }

    /// Enters it until what is returned is dropped.
    #[inline]
    pub(crate) fn scope(self) -> Scope {
        Scope(CURRENT.replace(self))
    }

    /// The last moment of it.
    pub(crate) const fn up(self) -> Self {
        Self {
            is_up: true,
            ..self
        }
    }

    /// The earlier of this call's deadline and another.
    pub(crate) fn earliest(&self, other: Option<Timestamp>) -> Option<Timestamp> {
        self.deadline().into_iter().chain(other).min()
    }
}

/// Gives the thread its former time back, after a panic too.
#[must_use = "it lasts as long as this"]
pub(crate) struct Scope(CallTime);

impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// What a call ends with whose time was up at `now`, and of which nobody can say that it was not sent.
pub(crate) fn timed_out(now: Timestamp) -> Failure {
    let outcome = Outcome::new(Class::Timeout).with_rule("deadline");
    let error = io::Error::new(io::ErrorKind::TimedOut, "no answer before the deadline");
    Failure::new(outcome.with_timing(std::time::Duration::ZERO, now), error)
}

#[cfg(test)]
mod tests {
    use std::panic;

    use super::*;

    const EARLY: Timestamp = Timestamp::from_nanos(1);
    const LATE: Timestamp = Timestamp::from_nanos(2);

    fn deadline() -> Option<Timestamp> {
        CallTime::current().deadline()
    }

    #[test]
    fn it_holds_inside_and_not_outside() {
        CallTime::until(LATE).enter(|| {
            CallTime::until(EARLY).enter(|| assert_eq!(deadline(), Some(EARLY)));
            assert_eq!(deadline(), Some(LATE));
        });
        assert_eq!(CallTime::current(), CallTime::UNLIMITED);
        assert_eq!(deadline(), None);
    }

    #[test]
    fn a_panic_does_not_leave_it_behind() {
        let panicked = panic::catch_unwind(|| CallTime::until(EARLY).enter(|| panic!("inside")));
        assert!(panicked.is_err());
        assert_eq!(CallTime::current(), CallTime::UNLIMITED);
    }

    #[test]
    fn the_earlier_of_two_deadlines_counts() {
        assert_eq!(CallTime::until(LATE).earliest(Some(EARLY)), Some(EARLY));
        assert_eq!(CallTime::until(EARLY).earliest(Some(LATE)), Some(EARLY));
        assert_eq!(CallTime::UNLIMITED.earliest(Some(LATE)), Some(LATE));
        assert_eq!(CallTime::UNLIMITED.earliest(None), None);
    }
}
