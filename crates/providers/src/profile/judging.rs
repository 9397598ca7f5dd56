//! How a profile judges.

use std::error::Error;

use buttress_core::classify::{self, Reply, Rule, generic};
use buttress_core::hint::Hints;
use buttress_core::{Class, Outcome, Repeat, Scope, UnixTime};
use http::{HeaderMap, StatusCode, header};

use super::{Hides, Kind, Profile};
use crate::fields::Fields;
use crate::signal;
use crate::zone::Zone;

impl Profile {
    /// Judges one event of a stream that began as a success: `data` is what the event holds, in JSON. `None` for an
    /// event that reports no failure.
    ///
    /// Such a failure may be repeated only while nothing of the stream has reached the caller, whatever the outcome
    /// says of repetition: that is for whoever holds the stream to know.
    pub fn judge_event(&self, data: &[u8], now: UnixTime) -> Option<Outcome> {
        // Most events are pieces of an answer, and need not be parsed to be seen as that.
        if !may_have(data, "error") && !data.windows(9).any(|word| word == b"Exception") {
            return None;
        }
        let event = Reply {
            status: StatusCode::OK,
            headers: &HeaderMap::new(),
            body: data,
            wall: &|| now,
        };
        let fields = Fields::of_event(&event, self);
        let is_failure = fields.value("/error").is_some()
            || fields.value("/response/error").is_some()
            || fields.text("/type") == "error"
            || fields.text("/object") == "error"
            || fields.codes().any(|code| code.ends_with("Exception"));
        is_failure.then(|| self.outcome(&fields))
    }

    /// Judges what a program printed, by the last line that means something; `None` if none does. `local` is the zone
    /// of the machine it ran on.
    pub fn judge_text(&self, text: &str, now: UnixTime, local: &Zone) -> Option<Outcome> {
        let judge = self.line?;
        text.lines().rev().find_map(|line| judge(line, now, local))
    }

    fn outcome(&self, fields: &Fields<'_>) -> Outcome {
        let judged = signal::first(self.signals, fields);
        let outcome = judged.unwrap_or_else(|| self.by_status(fields));
        let outcome = self.overruled(self.repeat(outcome), fields);
        let outcome = (self.overrule)(fields, outcome);
        self.hinted(outcome, fields)
    }

    fn by_status(&self, fields: &Fields<'_>) -> Outcome {
        if fields.status().is_success() {
            return Outcome::new(Class::ServerError)
                .with_scope(self.limits)
                .with_rule("error in a stream");
        }
        let outcome = generic::judge(fields.status());
        match outcome.class() {
            // The page of an edge: it limits an address, which the account stands for.
            Class::RateLimited if fields.is_page() => outcome.with_scope(Scope::Account),
            Class::RateLimited => outcome.with_scope(self.limits),
            Class::Auth if self.kind != Kind::Unknown => outcome.with_scope(Scope::Account),
            Class::ClientError
                if self.serves_models() && fields.status() == StatusCode::NOT_FOUND =>
            {
                outcome.with_scope(Scope::Model)
            }
            _ => outcome,
        }
    }

    pub(crate) fn repeat(&self, outcome: Outcome) -> Outcome {
        match (outcome.class(), outcome.repeat()) {
            (Class::Conflict, _) if self.repeats_conflict => outcome.with_repeat(Repeat::Always),
            (_, Repeat::IfRepeatable) if self.repeats_post => outcome.with_repeat(Repeat::Always),
            _ => outcome,
        }
    }

    fn overruled(&self, outcome: Outcome, fields: &Fields<'_>) -> Outcome {
        // Only a person can lift these, and no header makes them pass.
        let needs_a_person = matches!(
            outcome.class(),
            Class::Ok | Class::Auth | Class::QuotaExhausted
        );
        let word = self.should_retry.and_then(|name| fields.header(name));
        match word {
            Some("true") if !needs_a_person => outcome.with_repeat(Repeat::Always),
            Some("false") => outcome.with_repeat(Repeat::Never),
            _ => outcome,
        }
    }

    fn hinted(&self, outcome: Outcome, fields: &Fields<'_>) -> Outcome {
        if outcome.repeat() == Repeat::Never && outcome.class() != Class::QuotaExhausted {
            return outcome;
        }
        let mut hints = Hints::default();
        (self.hints)(fields, &outcome, &mut hints);
        outcome
            .with_hint(hints.best())
            .with_malformed_hints(hints.malformed())
    }

    fn is_failure(&self, reply: &Reply<'_>) -> bool {
        if is_error(reply.status) {
            return true;
        }
        match self.hides {
            Hides::Nowhere => false,
            Hides::InMember(member) => may_have(reply.body, member),
            Hides::InGrpcStatus => match reply.headers.get("grpc-status") {
                Some(status) => status != "0",
                None => reply
                    .headers
                    .get(header::CONTENT_TYPE)
                    .is_some_and(|kind| !is_grpc(kind.as_bytes())),
            },
        }
    }

    fn is_hidden(&self, fields: &Fields<'_>) -> bool {
        match self.hides {
            Hides::InMember(member) => match fields.value(&format!("/{member}")) {
                Some(serde_json::Value::Array(items)) => !items.is_empty(),
                Some(_) => true,
                None => false,
            },
            Hides::Nowhere | Hides::InGrpcStatus => true,
        }
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error() || status.as_u16() >= 600
}

/// Whether a body may have this member: a look that allocates nothing, before it is parsed.
pub(crate) fn may_have(body: &[u8], member: &str) -> bool {
    let member = member.as_bytes();
    body.windows(member.len() + 2)
        .any(|word| word[0] == b'"' && word.ends_with(b"\"") && &word[1..=member.len()] == member)
}

impl Rule for Profile {
    fn judge(&self, reply: &Reply<'_>) -> classify::Answer {
        if !self.is_failure(reply) {
            return classify::Answer::NoOpinion;
        }
        let fields = Fields::new(reply, self);
        if !is_error(reply.status) && !self.is_hidden(&fields) {
            return classify::Answer::NoOpinion;
        }
        classify::Answer::This(self.outcome(&fields))
    }

    /// Where models answer. What `error` means in another server's events is that server's own affair.
    fn reads_events(&self) -> bool {
        self.serves_models() && !self.is_text()
    }

    fn judge_event(&self, data: &[u8], now: UnixTime) -> Option<Outcome> {
        Self::judge_event(self, data, now)
    }

    fn reads_trailers(&self) -> bool {
        self.hides == Hides::InGrpcStatus
    }

    fn reads_body(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let is_json = || {
            headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
                let mut words = kind.as_bytes().windows(4);
                words.any(|word| word.eq_ignore_ascii_case(b"json"))
            })
        };
        if is_error(status) {
            let mut places = self.codes.iter().chain(self.messages);
            return places.any(|place| place.starts_with('/'));
        }
        matches!(self.hides, Hides::InMember(_)) && is_json()
    }

    fn judge_error(&self, seen: &Outcome, _error: &(dyn Error + 'static)) -> classify::Answer {
        classify::Answer::This(self.repeat(*seen))
    }
}

/// A media type is the same in capitals (RFC 9110, 8.3.1).
fn is_grpc(kind: &[u8]) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    kind.get(..GRPC.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(GRPC))
}
