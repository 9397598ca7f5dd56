//! What an upstream's layers tell.

use std::fmt;

use buttress_core::event::Routine;
use buttress_core::{Event, Observer};

use crate::attempts::Attempts;
use crate::refusals::Refusals;
use crate::source::Now;

/// Remembers what the page shows of what happened; bounded, whatever happens.
pub(crate) struct Recorder {
    pub(crate) clock: Box<dyn Now>,
    pub(crate) attempts: Attempts,
    pub(crate) refusals: Refusals,
}

impl Recorder {
    pub(crate) fn new(clock: impl Now) -> Self {
        Self {
            clock: Box::new(clock),
            attempts: Attempts::new(),
            refusals: Refusals::new(),
        }
    }
}

impl Observer for Recorder {
    fn listens_to(&self, routine: Routine) -> bool {
        routine == Routine::AttemptEnded
    }

    fn observe(&self, event: &Event<'_>) {
        match *event {
            Event::AttemptEnded {
                outcome: Some(outcome),
                ..
            } => self.attempts.add(outcome.class(), self.clock.now()),
            // Its head was an answer, and this is one more.
            Event::StreamFailed { outcome } => {
                self.attempts.add(outcome.class(), self.clock.now());
            }
            Event::Rejected { rejected } => self.refusals.add(*rejected, self.clock.now()),
            _ => {}
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
