//! One captured answer, and what is said of it.

use std::time::Duration;

use buttress_core::classify::{Events, Reply, Rule, Rules};
use buttress_core::{Class, Outcome, Repeat, Scope, UnixTime};
use http::{HeaderMap, StatusCode, header};

use super::events;
use crate::profile::{Profile, may_have};
use crate::zone::Zone;

/// As much of a body as the layers look at, and so as much as counts here.
const MOST_BYTES: usize = 64 * 1024;

/// An answer as it was captured: of a server, or, without a status, what a program printed.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    /// The status; `None` for text.
    pub status: Option<StatusCode>,
    /// The headers, trailers among them.
    pub headers: HeaderMap,
    /// The body, without its transfer encoding.
    pub body: Vec<u8>,
    /// Whether the body is a stream of events.
    pub is_stream: bool,
}

impl Captured {
    /// What it means, by the rules of a profile. `now` is the time of its arrival, `local` the zone of the machine that
    /// printed the text.
    pub fn judge(&self, profile: &Profile, now: UnixTime, local: &Zone) -> Outcome {
        let outcome = match self.status {
            None => self.text(profile, now, local),
            Some(status) => self.answer(status, profile, now),
        };
        if outcome.is_ok() {
            let scope = profile.scope_of_success(&self.headers, self.tells_use(profile));
            return outcome.with_scope(scope);
        }
        outcome
    }

    /// The provider's name for the part of the account that the outcome is of, where it is of a part.
    pub fn resource(&self, outcome: &Outcome) -> Option<&str> {
        let name = self.headers.get("x-ratelimit-resource")?.to_str().ok()?;
        (outcome.scope() == Scope::Resource).then_some(name)
    }

    fn text(&self, profile: &Profile, now: UnixTime, local: &Zone) -> Outcome {
        let text = String::from_utf8_lossy(&self.body);
        profile
            .judge_text(&text, now, local)
            .unwrap_or(Outcome::new(Class::Ok))
    }

    fn answer(&self, status: StatusCode, profile: &Profile, now: UnixTime) -> Outcome {
        let is_read = !self.is_event_stream() && profile.reads_body(status, &self.headers);
        let outcome = Rules::new().then(*profile).judge(&Reply {
            status,
            headers: &self.headers,
            body: if is_read { self.seen() } else { b"" },
            wall: &|| now,
        });
        if !outcome.is_ok() || !self.is_event_stream() {
            return outcome;
        }
        let judge = |event: &[u8]| profile.judge_event(event, now);
        events::first(self.content_type(), &self.body, judge).unwrap_or(outcome)
    }

    fn content_type(&self) -> &[u8] {
        let kind = self.headers.get(header::CONTENT_TYPE);
        kind.map_or(&[], |kind| kind.as_bytes())
    }

    fn is_event_stream(&self) -> bool {
        let is_named = Events::of(self.content_type()).is_some();
        let is_error = self
            .status
            .is_some_and(|status| status.is_client_error() || status.is_server_error());
        !is_error && (self.is_stream || is_named)
    }

    /// Whether a failure came in the middle of a stream, after a head that was good.
    pub(super) fn is_late(&self, outcome: &Outcome) -> bool {
        !outcome.is_ok() && self.is_event_stream() && self.status.is_some()
    }

    /// Streams and what programs print belong to a running account; an answer says itself what it used in all.
    fn tells_use(&self, profile: &Profile) -> bool {
        let members = profile.cost().usage().iter();
        let mut totals = members.filter(|member| member.starts_with("total"));
        self.status.is_none()
            || self.is_event_stream()
            || totals.any(|total| may_have(self.seen(), total))
    }

    fn seen(&self) -> &[u8] {
        &self.body[..self.body.len().min(MOST_BYTES)]
    }
}

/// Whether the same request may be sent again, as far as the answer alone can tell.
pub fn is_retryable(outcome: &Outcome) -> bool {
    outcome.repeat() != Repeat::Never
}

/// Whom the outcome concerns. What is of one resource of an account is the account's: [`Captured::resource`] says which.
pub fn scope(outcome: &Outcome) -> &'static str {
    match outcome.scope() {
        Scope::Resource => Scope::Account.name(),
        scope => scope.name(),
    }
}

/// The wait in milliseconds, rounded up; `None` where the server said nothing of use.
pub fn wait_ms(outcome: &Outcome) -> Option<u64> {
    let millis = |wait: Duration| wait.as_nanos().div_ceil(1_000_000);
    let wait = millis(outcome.hint()?.wait);
    Some(u64::try_from(wait).unwrap_or(u64::MAX))
}

/// Where the wait was found.
pub fn wait_source(outcome: &Outcome) -> &'static str {
    outcome.hint().map_or("none", |hint| hint.source.name())
}
