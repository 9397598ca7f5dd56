//! Each attempt is told when it ends: its number, what it meant, how long it took.
//!
//! It stands outside the attempt timeout, and inside everything that waits: so a timeout and a panic are told as what
//! they are, and no wait of ours is in the time.
//!
//! ```
//! use std::sync::Arc;
//!
//! use buttress::observe::attempt::AttemptLayer;
//! use buttress::observe::{Event, Observer};
//!
//! struct Print;
//!
//! impl Observer for Print {
//!     fn observe(&self, event: &Event<'_>) {
//!         if let Event::AttemptEnded { attempt, outcome: Some(outcome), .. } = event {
//!             println!("attempt {attempt}: {}", outcome.class());
//!         }
//!     }
//! }
//!
//! let layer = AttemptLayer::new(Arc::new(Print));
//! # let _ = layer;
//! ```
//!
//! Attempts are numbered within the [call](super::call) that they are of. Without a call layer outside, each is the first.
//!
//! # Readiness
//!
//! The inner service's.
//!
//! # Cancel safety
//!
//! Dropping the future drops the attempt, and tells that it ended without an answer.
//!
//! # Errors
//!
//! The inner service's.
//!
//! # Events
//!
//! [`AttemptEnded`](buttress_core::Event::AttemptEnded), once for each attempt.
//!
//! # Defaults
//!
//! As those of the [call layer](super::call).

use buttress_core::Event;
use buttress_core::event::Routine;

use super::current;
use super::describe::{Describe, HttpRequests};
use super::span::Span;
use super::tell::{self, Answer, Shared, Subject, TellLayer, Teller};

/// Tells of each attempt. See the [module](self).
pub type AttemptLayer<D = HttpRequests> = TellLayer<Attempt, D>;

/// A service whose attempts are told of. See the [module](self).
pub type Attempts<S, D> = Teller<S, Attempt, D>;

/// The inner service's answer.
pub type ResponseFuture<F, D> = tell::ResponseFuture<F, Attempt, D>;

/// An attempt that is told of.
#[derive(Clone, Debug)]
pub struct Attempt {
    number: u32,
    had_slot: bool,
    method: &'static str,
}

impl Subject for Attempt {
    const LAYER: &'static str = "AttemptLayer";
    const SERVICE: &'static str = "Attempts";

    fn begin<D: Describe<Req>, Req>(shared: &Shared<D>, request: &Req) -> Option<(Self, Span)> {
        let requests = &shared.requests;
        let counted = current::attempt_began();
        let (number, had_slot) = counted.unwrap_or((1, false));
        let span = match shared.has_spans {
            true => Span::attempt(|| requests.about(request), number),
            false => Span::none(),
        };
        let is_heard =
            counted.is_some() || !span.is_off() || shared.watcher.listens_to(Routine::AttemptEnded);
        let attempt = || Self {
            number,
            had_slot,
            method: requests.method(request),
        };
        is_heard.then(|| (attempt(), span))
    }

    fn inside<T>(&mut self, work: impl FnOnce() -> T) -> T {
        work()
    }

    fn ended<'a>(&'a self, answer: &Answer<'a>) -> Event<'a> {
        Event::AttemptEnded {
            attempt: self.number,
            method: self.method,
            outcome: answer.outcome,
            status: answer.status,
            elapsed: answer.elapsed,
            had_slot: self.had_slot,
        }
    }
}
