//! Looking at the events of a stream as they pass.

use std::fmt;
use std::sync::Arc;

use buttress_core::classify::Events;
use buttress_core::{Class, Outcome, Timestamp};
use http::{Response, header};

use super::layer::Shared;
use crate::stream::Stream;

/// Whoever looks at a body whose response began as a success.
pub(super) struct Watch {
    events: Events,
    shared: Arc<Shared>,
    stream: Stream,
    began: Timestamp,
    /// Whether the first failure was told, or the end has come.
    is_over: bool,
}

impl Watch {
    /// Of a response that is a stream of events, where a rule looks at them. One that is compressed cannot be read in
    /// passing.
    pub(super) fn of<B>(
        shared: &Arc<Shared>,
        response: &mut Response<B>,
        began: Timestamp,
    ) -> Option<Box<Self>> {
        let kind = response.headers().get(header::CONTENT_TYPE)?;
        let events = Events::of(kind.as_bytes())?;
        let coding = response.headers().get(header::CONTENT_ENCODING);
        if coding.is_some_and(|coding| coding != "identity") {
            return None;
        }
        let stream = Stream::default();
        response.extensions_mut().insert(stream.clone());
        Some(Box::new(Self {
            events,
            shared: Arc::clone(shared),
            stream,
            began,
            is_over: false,
        }))
    }

    pub(super) fn look(&mut self, bytes: &[u8]) {
        self.judge(|events, show| events.look(bytes, show));
    }

    /// The stream broke off.
    pub(super) fn broke(&mut self) {
        self.tell(Outcome::new(Class::Interrupted));
    }

    pub(super) fn end(&mut self) {
        self.judge(|events, show| events.end(show));
        self.is_over = true;
        self.stream.end();
    }

    fn judge(&mut self, look: impl FnOnce(&mut Events, &mut dyn FnMut(&[u8]))) {
        if self.is_over {
            return;
        }
        let shared = &self.shared;
        let mut failure = None;
        look(&mut self.events, &mut |data| {
            if failure.is_none() {
                failure = shared.rules.judge_event(data, shared.clock.wall());
            }
        });
        if let Some(failure) = failure {
            self.tell(failure);
        }
    }

    fn tell(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let received = self.shared.clock.now();
        let outcome = outcome.with_timing(received.since(self.began), received);
        self.shared.observe_stream(&outcome);
        self.stream.fail(&outcome);
    }
}

/// Dropped in its middle, it has not failed: its reader had enough.
impl Drop for Watch {
    fn drop(&mut self) {
        self.stream.end();
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
