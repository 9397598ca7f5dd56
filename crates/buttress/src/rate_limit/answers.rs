//! What is learned from responses.

use std::sync::Arc;

use buttress_core::Class;
use buttress_core::quota::adaptive::Increase;
use buttress_core::quota::{Learning, Readings, Schedule};

use super::permit::Permit;
use crate::carrier::Carrier;
use crate::stream::Stream;

/// What a layer learns from the responses that pass: what the server says of its quotas, and whether it says "too fast".
///
/// Made by [`RateLimitLayer::with_learning`](super::RateLimitLayer::with_learning) and
/// [`with_adaptive`](super::RateLimitLayer::with_adaptive). With neither, it listens to nothing.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    learning: Option<Arc<Learning>>,
    rise: Option<Increase>,
}

impl Answers {
    /// Learns what the server says of its quotas, or does not.
    #[must_use]
    pub fn with_learning(self, learning: Option<Learning>) -> Self {
        Self {
            learning: learning.map(Arc::new),
            ..self
        }
    }

    /// Finds a limit that nobody publishes, or does not.
    #[must_use]
    pub fn with_adaptive(self, rise: Option<Increase>) -> Self {
        Self { rise, ..self }
    }

    /// What of it the state of a key has to be made for.
    pub(super) const fn kind(&self) -> (bool, Option<Increase>) {
        (self.learning.is_some(), self.rise)
    }

    /// A schedule that can be taught so.
    pub(super) fn teach(&self, schedule: Schedule) -> Schedule {
        let schedule = match self.learning {
            Some(_) => schedule.with_learning(),
            None => schedule,
        };
        match self.rise {
            Some(rise) => schedule.with_adaptive(rise),
            None => schedule,
        }
    }
}

impl From<()> for Answers {
    fn from((): ()) -> Self {
        Self::default()
    }
}

/// Listens to responses, or does not. [`Answers`] do, to each that is a [`Carrier`]; `()` does not, and costs nothing.
pub trait Listen<R>: Clone {
    /// The response to a call has come.
    fn hear(&self, response: &R, call: &mut Answered<'_>);
}

impl<R> Listen<R> for () {
    fn hear(&self, _response: &R, _call: &mut Answered<'_>) {}
}

impl<R: Carrier> Listen<R> for Answers {
    fn hear(&self, response: &R, call: &mut Answered<'_>) {
        let clock = call.permit.clock();
        if let Some(learning) = &self.learning {
            let headers = response.headers();
            let readings = headers.map(|headers| learning.read(headers, || clock.wall()));
            call.learn(learning, &readings.unwrap_or_default());
        }
        if self.rise.is_some() {
            let outcome = response.outcome(clock);
            call.adapt(outcome.class() == Class::RateLimited);
            if let Some(stream) = response.stream().filter(|_| outcome.is_ok()) {
                call.follow(stream);
            }
        }
    }
}

/// A call whose response has come, and the quotas that it was held to.
#[derive(Debug)]
pub struct Answered<'a> {
    permit: &'a mut Permit,
}

impl<'a> Answered<'a> {
    pub(super) const fn new(permit: &'a mut Permit) -> Self {
        Self { permit }
    }

    /// This is what the response says of the server's quotas.
    fn learn(&mut self, learning: &Learning, readings: &Readings) {
        self.permit.answered(learning, readings);
    }

    /// It says that the call was too fast, or does not.
    fn adapt(&mut self, is_too_fast: bool) {
        self.permit.adapt(is_too_fast);
    }

    /// It is a stream, and may say so later.
    fn follow(&self, stream: &Stream) {
        self.permit.follow(stream);
    }
}
