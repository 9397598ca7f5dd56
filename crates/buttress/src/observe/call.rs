//! Each call is told when it begins and when it ends, and what it went through.
//!
//! The outermost layer. It keeps the [`Story`] of the call: what the layers inside tell while the call is
//! polled is written into it, whether or not they have an observer, and the end of the call is told with all of it.
//!
//! ```
//! use std::sync::Arc;
//!
//! use buttress::observe::call::CallLayer;
//! use buttress::observe::{Event, HttpRequests, Observer};
//! use http::HeaderName;
//!
//! struct Print;
//!
//! impl Observer for Print {
//!     fn observe(&self, event: &Event<'_>) {
//!         if let Event::CallEnded { elapsed, story, .. } = event {
//!             println!("{} attempts in {elapsed:?}", story.attempts());
//!         }
//!     }
//! }
//!
//! let requests = HttpRequests::default().with_correlation_header(HeaderName::from_static("x-request-id"));
//! let layer = CallLayer::new(Arc::new(Print)).with_requests(requests);
//! # let _ = layer;
//! ```
//!
//! # How a story travels
//!
//! In a thread-local value that is there while the inner service is called and polled, as [`CallTime`](crate::CallTime)
//! is, and dropped: for requests of any type, and without an allocation. What another task polls is not of this call:
//! under a `tower::buffer::Buffer` that stands between this layer and the attempts, attempts are not counted, as they are
//! begun by the buffer's task. A call layer inside another keeps a story of its own.
//!
//! # Readiness
//!
//! The inner service's. The wait for it belongs to no call yet, and is not timed.
//!
//! # Cancel safety
//!
//! Dropping the future drops the call, and tells that it ended without an answer.
//!
//! # Errors
//!
//! The inner service's.
//!
//! # Events
//!
//! [`CallBegan`](buttress_core::Event::CallBegan); [`CallEnded`](buttress_core::Event::CallEnded), once for each call
//! that began, after everything else that is told of it.
//!
//! # Defaults
//!
//! No spans: they cost where somebody collects them. Nobody observes where a layer is made by
//! [`CallLayer::default`], for a stack whose type shall not depend on it.
//!
//! Where nobody observes, or nobody [listens](super::Observer::listens_to) and no subscriber wants the span, a call is
//! passed on as it is: nothing is timed, and no story is kept. So give this layer and that of the attempts the same
//! observer: by the story attempts are numbered.

use buttress_core::event::{Routine, Story};
use buttress_core::{Event, Outcome};

use super::current;
use super::describe::{Describe, HttpRequests};
use super::span::Span;
use super::tell::{self, Answer, Shared, Subject, TellLayer, Teller};

/// Tells of each call. See the [module](self).
pub type CallLayer<D = HttpRequests> = TellLayer<Call, D>;

/// A service whose calls are told of. See the [module](self).
pub type Calls<S, D> = Teller<S, Call, D>;

/// The inner service's answer.
pub type ResponseFuture<F, D> = tell::ResponseFuture<F, Call, D>;

/// A call that is told of.
#[derive(Clone, Debug, Default)]
pub struct Call {
    story: Story,
}

impl Subject for Call {
    const LAYER: &'static str = "CallLayer";
    const SERVICE: &'static str = "Calls";

    fn begin<D: Describe<Req>, Req>(shared: &Shared<D>, request: &Req) -> Option<(Self, Span)> {
        let (requests, watcher) = (&shared.requests, &shared.watcher);
        let about = || requests.about(request);
        let span = match shared.has_spans {
            true => Span::call(about),
            false => Span::none(),
        };
        // Who listens to the attempts alone needs the call's story too: there they are counted.
        let mut routines = Routine::ALL.into_iter();
        let is_heard = !span.is_off() || routines.any(|routine| watcher.listens_to(routine));
        if is_heard && watcher.listens_to(Routine::CallBegan) {
            span.inside(|| watcher.observe(&Event::CallBegan { about: about() }));
        }
        is_heard.then(|| (Self::default(), span))
    }

    fn inside<T>(&mut self, work: impl FnOnce() -> T) -> T {
        current::enter(&mut self.story, work)
    }

    fn ended<'a>(&'a self, answer: &Answer<'a>) -> Event<'a> {
        Event::CallEnded {
            class: answer.outcome.map(Outcome::class),
            status: answer.status,
            elapsed: answer.elapsed,
            story: &self.story,
        }
    }
}
