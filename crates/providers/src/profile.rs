//! A provider as a rule.

mod judging;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use buttress_core::classify::{self, Reply};
use buttress_core::hint::{Hints, Reading};
use buttress_core::quota::published::{Grammar, Published};
use buttress_core::{Outcome, Scope, UnixTime};
use http::{HeaderMap, StatusCode};

pub(crate) use self::judging::may_have;
use crate::cost::Cost;
use crate::fields::{Answer, Fields};
use crate::names::Names;
use crate::published::PublishedLimit;
use crate::signal::Signal;
use crate::zone::Zone;

/// A provider: how its answers are judged.
///
/// As a [`Rule`](classify::Rule) it has an opinion on every failure, with generic HTTP in place of a row that its table
/// does not have. So a rule of yours stands before it, as one behind it would never be asked of a failure:
///
/// ```
/// use buttress_core::classify::{Answer, Reply, Rules};
/// use buttress_core::{Class, Outcome};
/// use buttress_providers::openai;
///
/// let busy = |reply: &Reply<'_>| match reply.headers.get("x-busy") {
///     Some(_) => Answer::This(Outcome::new(Class::Overloaded)),
///     None => Answer::NoOpinion,
/// };
/// let rules = Rules::new().then(busy).then(openai::PROFILE);
/// # let _ = rules;
/// ```
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
    /// What a request names, by which its limits are told apart.
    pub(crate) names: Names,
    /// What a call costs.
    pub(crate) cost: Cost,
    /// What its pages say of its limits.
    pub(crate) published: &'static [PublishedLimit],
    /// How the headers of its answers tell what is left.
    pub(crate) grammar: Option<Grammar>,
    /// The header by which its clients mark the attempts of one call.
    pub(crate) idempotency_header: Option<IdempotencyHeader>,
}

/// The header by which a provider's clients mark the attempts of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyHeader {
    pub(crate) name: &'static str,
    pub(crate) is_honoured: bool,
}

impl IdempotencyHeader {
    /// The header's name, in lower case.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the provider answers a second request of the same value as it answered the first, so that sending it
    /// twice does no more than sending it once. Others write it into a log.
    pub const fn is_honoured(&self) -> bool {
        self.is_honoured
    }
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
        names: Names::NOTHING,
        cost: Cost::CALLS,
        published: &[],
        grammar: None,
        idempotency_header: None,
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

    /// What a request names, by which its limits are told apart: its model, its bucket.
    pub const fn names(&self) -> Names {
        self.names
    }

    /// What a call costs of its quotas.
    pub const fn cost(&self) -> &Cost {
        &self.cost
    }

    /// What its pages say of its limits, and when that was read.
    pub const fn published(&self) -> &'static [PublishedLimit] {
        self.published
    }

    /// How the headers of its answers tell what is left; `None` for a provider that does not tell, or not in headers.
    pub const fn grammar(&self) -> Option<Grammar> {
        self.grammar
    }

    /// What an answer's headers tell of its quotas. `now` is for an answer that has no `Date` of its own.
    pub fn learned<'h>(
        &self,
        headers: &'h HeaderMap,
        now: UnixTime,
    ) -> impl Iterator<Item = Published<'h>> + use<'h> {
        let grammar = self.grammar.into_iter();
        grammar.flat_map(move |grammar| grammar.read(headers, now))
    }

    /// The header by which its clients mark the attempts of one call.
    pub const fn idempotency_header(&self) -> Option<IdempotencyHeader> {
        self.idempotency_header
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
            let mut learned = self.learned(headers, UnixTime::default());
            let mut buckets = crate::generic::BUCKETS.iter();
            learned.any(|one| one.remaining == Some(0))
                || buckets.any(|bucket| bucket.is_exhausted(&fields))
                || matches!(crate::ratelimit::reading(&fields), Reading::Wait(_))
        };
        if (self.kind == Kind::Models && tells_use) || is_exhausted() {
            return self.limits;
        }
        Scope::Request
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Profile").field(&self.name).finish()
    }
}
