//! A provider as a rule.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use buttress_core::classify::{self, Reply, Rule, generic};
use buttress_core::hint::{Hints, Reading};
use buttress_core::{Class, Outcome, Repeat, Scope, UnixTime};
use http::{HeaderMap, StatusCode, header};

use crate::fields::{Answer, Fields};
use crate::signal::{self, Signal};
use crate::zone::Zone;

/// A provider: how its answers are judged.
///
/// As a [`Rule`] it has an opinion on every failure, with generic HTTP in place of a row that its table does not have.
#[derive(Clone, Copy)]
pub struct Profile {
    pub(crate) name: &'static str,
    /// Its name among people.
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
    /// Whom its limits hold for, where no row says otherwise.
    pub(crate) limits: Scope,
    pub(crate) signals: &'static [Signal],
    /// Where codes stand: JSON pointers, which begin with a slash, and names of headers.
    pub(crate) codes: &'static [&'static str],
    /// Where the message stands, in the same way.
    pub(crate) messages: &'static [&'static str],
    /// A code without what is written around it.
    pub(crate) code: fn(&str) -> &str,
    /// A message as it was before it was encoded for its place.
    pub(crate) message: for<'a> fn(Cow<'a, str>) -> Cow<'a, str>,
    /// The answer in its usual shape.
    pub(crate) shape: fn(Answer) -> Answer,
    /// Offers the hints that come after `Retry-After`, in order. Asked for what may be repeated, and for quotas.
    pub(crate) hints: fn(&Fields<'_>, &Outcome, &mut Hints),
    /// The last word on repetition.
    pub(crate) overrule: fn(&Fields<'_>, Outcome) -> Outcome,
    /// Where a success hides a failure.
    pub(crate) hides: Hides,
    /// Judges one line of what a program printed.
    pub(crate) line: Option<JudgeLine>,
    /// Whether its official client repeats a request that the server may have acted on, POST included.
    pub(crate) repeats_post: bool,
    /// Whether it repeats a 409.
    pub(crate) repeats_conflict: bool,
    /// The header by which the server overrules the client on repeating: `true` or `false`, to the letter.
    pub(crate) should_retry: Option<&'static str>,
    /// A GET that costs nothing and whose headers tell what is left.
    pub(crate) preflight: Option<&'static str>,
}

/// Judges a line by the time and the machine's zone.
pub(crate) type JudgeLine = fn(&str, UnixTime, &Zone) -> Option<Outcome>;

/// What is behind the API.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nobody knows: a status says nothing about anybody but this request.
    Unknown,
    /// A service: credentials are an account's.
    Service,
    /// A service of models: what is not found is a model, and what a success used, it used of a model's limits.
    Models,
}

/// Where a success hides a failure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hides {
    Nowhere,
    /// In a JSON body with this member at the top, unless it is null or empty.
    InMember(&'static str),
    /// In the `grpc-status` beside the status.
    InGrpcStatus,
}

impl Profile {
    /// What most have in common: profiles say what they have of their own.
    pub(crate) const PLAIN: Self = Self {
        name: "",
        title: "",
        kind: Kind::Service,
        limits: Scope::Account,
        signals: &[],
        codes: &[],
        messages: &[],
        code: |code| code,
        message: |message| message,
        shape: |answer| answer,
        hints: |_, _, _| {},
        overrule: |_, outcome| outcome,
        hides: Hides::Nowhere,
        line: None,
        repeats_post: false,
        repeats_conflict: false,
        should_retry: None,
        preflight: None,
    };

    /// The name by which configuration and the command line know it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its name among people.
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// The path of a GET that costs nothing and tells what is left, for a look before a batch begins.
    pub const fn preflight(&self) -> Option<&'static str> {
        self.preflight
    }

    /// How long requests have to wait, by the headers of the answer to that GET: `None` if something is left.
    ///
    /// The answer is a 200 even when nothing is left. It is read as the 429 that the next request would get.
    pub fn preflight_wait(&self, headers: &HeaderMap, now: UnixTime) -> Option<Duration> {
        let is_spent = headers.get("x-ratelimit-remaining")?.as_bytes() == b"0";
        let refused = Reply {
            status: StatusCode::TOO_MANY_REQUESTS,
            headers,
            body: b"",
            wall: &|| now,
        };
        let outcome = classify::Rules::new().then(*self).judge(&refused);
        outcome.hint().filter(|_| is_spent).map(|hint| hint.wait)
    }

    /// Whom its limits hold for, where an answer does not say otherwise.
    pub const fn limits(&self) -> Scope {
        self.limits
    }

    /// Whether it judges the text that a program printed, with [`judge_text`](Self::judge_text), and no HTTP.
    pub const fn is_text(&self) -> bool {
        self.line.is_some()
    }

    /// Whether what a success used is a model's to spend.
    pub(crate) fn serves_models(&self) -> bool {
        self.kind == Kind::Models
    }

    /// Whom a success concerns: those who share a limit that it tells of, or else nobody. `tells_use` says whether
    /// what it used of a model's limit is told in it.
    pub(crate) fn scope_of_success(&self, headers: &HeaderMap, tells_use: bool) -> Scope {
        let head = Reply {
            status: StatusCode::OK,
            headers,
            body: b"",
            wall: &UnixTime::default,
        };
        let fields = Fields::new(&head, self);
        let is_exhausted = || {
            let mut buckets = crate::generic::BUCKETS.iter();
            buckets.any(|bucket| bucket.is_exhausted(&fields))
                || matches!(crate::ratelimit::reading(&fields), Reading::Wait(_))
        };
        if (self.kind == Kind::Models && tells_use) || is_exhausted() {
            return self.limits;
        }
        Scope::Request
    }

    /// Judges one event of a stream that began as a success: `data` is what the event holds, in JSON. `None` for an
    /// event that reports no failure.
    ///
    /// Such a failure may be repeated only while nothing of the stream has reached the caller, whatever the outcome
    /// says of repetition: that is for whoever holds the stream to know.
    pub fn judge_event(&self, data: &[u8], now: UnixTime) -> Option<Outcome> {
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
                    .is_some_and(|kind| !kind.as_bytes().starts_with(b"application/grpc")),
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

    fn reads_body(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let is_json = || {
            headers
                .get(header::CONTENT_TYPE)
                .is_some_and(|kind| kind.as_bytes().windows(4).any(|word| word == b"json"))
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

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Profile").field(&self.name).finish()
    }
}
