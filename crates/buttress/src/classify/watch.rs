//! Looking at the events of a stream, and at the trailers of gRPC, as they pass.

use std::fmt;
use std::sync::Arc;

use buttress_core::classify::{Events, Rules};
use buttress_core::{Class, Outcome, Timestamp};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use http_body::Frame;

use super::layer::Shared;
use crate::stream::Stream;

/// Whoever looks at a body whose response began as a success.
pub(super) struct Watch {
    place: Place,
    shared: Arc<Shared>,
    stream: Stream,
    began: Timestamp,
    /// Whether the first failure was told, or the end has come.
    is_over: bool,
}

/// Where a response may say after its head that it failed.
enum Place {
    Events(Events),
    Trailers,
}

impl Place {
    /// Of a response with this head, where a rule looks there. A stream that is compressed cannot be read in passing.
    fn of(rules: &Rules, head: &HeaderMap) -> Option<Self> {
        let kind = head.get(header::CONTENT_TYPE)?.as_bytes();
        if is_grpc(kind) {
            return rules.read_trailers().then_some(Self::Trailers);
        }
        let events = Events::of(kind).filter(|_| rules.read_events())?;
        let coding = head.get(header::CONTENT_ENCODING);
        let is_plain = coding.is_none_or(|coding| coding == "identity");
        is_plain.then_some(Self::Events(events))
    }
}

/// `application/grpc`, with or without the form of its messages. gRPC-Web is another: its trailers stand in its body.
fn is_grpc(kind: &[u8]) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    kind.split_at_checked(GRPC.len())
        .is_some_and(|(start, rest)| {
            start.eq_ignore_ascii_case(GRPC) && matches!(rest.first(), None | Some(b'+' | b';'))
        })
}

impl Watch {
    /// Of a response that may say after its head that it failed, where a rule looks there.
    pub(super) fn of<B>(
        shared: &Arc<Shared>,
        response: &mut Response<B>,
        began: Timestamp,
    ) -> Option<Box<Self>> {
        let place = Place::of(&shared.rules, response.headers())?;
        let stream = Stream::default();
        response.extensions_mut().insert(stream.clone());
        Some(Box::new(Self {
            place,
            shared: Arc::clone(shared),
            stream,
            began,
            is_over: false,
        }))
    }

    pub(super) fn look(&mut self, frame: &Frame<Bytes>) {
        if let Some(bytes) = frame.data_ref() {
            self.judge(|events, show| events.look(bytes, show));
        } else if let Some(trailers) = frame.trailers_ref() {
            self.judge_trailers(trailers);
        }
    }

    /// With its status a call is over: a connection that breaks after it has broken nothing.
    fn judge_trailers(&mut self, trailers: &HeaderMap) {
        if !matches!(self.place, Place::Trailers) {
            return;
        }
        let outcome = self.shared.judge(StatusCode::OK, trailers, b"");
        if !outcome.is_ok() {
            self.tell(outcome);
        }
        self.end();
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
        let Place::Events(events) = &mut self.place else {
            return;
        };
        if self.is_over {
            return;
        }
        let shared = &self.shared;
        let mut failure = None;
        look(events, &mut |data| {
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
