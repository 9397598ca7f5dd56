//! What one attempt meant.
//!
//! Decided once per attempt, by the innermost layer, and read by all others: none of them looks at a status code.

use std::fmt;
use std::time::Duration;

use crate::hint::Hint;
use crate::time::Timestamp;

/// What kind of answer an attempt got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// The server did what it was asked: 2xx, 3xx.
    Ok,
    /// A limit of this caller that time lifts: 429; GitHub's 403 with its signs.
    RateLimited,
    /// Money, a plan or a monthly budget is used up. Time alone, or a short time, does not lift it.
    QuotaExhausted,
    /// The provider's capacity, not this caller's limit: 529.
    Overloaded,
    /// 500, and 5xx codes that nobody knows.
    ServerError,
    /// 502, 503, 520, 521, 523, 530.
    Unavailable,
    /// 408, 504, 522, 524, or our own attempt timeout.
    Timeout,
    /// No connection was made, so nothing was sent.
    Connect,
    /// The connection broke after the request, or a part of it, had been sent.
    Interrupted,
    /// 401, 403, 407 that are not limits.
    Auth,
    /// Any other 4xx.
    ClientError,
    /// 409.
    Conflict,
    /// We refused the attempt ourselves, before anything was sent.
    Rejected,
    /// The inner service panicked.
    Panicked,
}

impl Class {
    /// Every class, in the order of the documentation's table.
    pub const ALL: &[Self] = &[
        Self::Ok,
        Self::RateLimited,
        Self::QuotaExhausted,
        Self::Overloaded,
        Self::ServerError,
        Self::Unavailable,
        Self::Timeout,
        Self::Connect,
        Self::Interrupted,
        Self::Auth,
        Self::ClientError,
        Self::Conflict,
        Self::Rejected,
        Self::Panicked,
    ];

    /// Its place in [`Class::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name used in metrics, configuration and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Overloaded => "overloaded",
            Self::ServerError => "server_error",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Interrupted => "interrupted",
            Self::Auth => "auth",
            Self::ClientError => "client_error",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::Panicked => "panicked",
        }
    }

    /// Whether an attempt of this class may be repeated, where no rule says otherwise.
    pub const fn default_repeat(self) -> Repeat {
        match self {
            // The server has not acted: it refused, it was too busy, or it never heard of the request.
            Self::RateLimited | Self::Overloaded | Self::Connect => Repeat::Always,
            Self::ServerError | Self::Unavailable | Self::Timeout | Self::Interrupted => {
                Repeat::IfRepeatable
            }
            Self::Ok
            | Self::QuotaExhausted
            | Self::Auth
            | Self::ClientError
            | Self::Conflict
            | Self::Rejected
            | Self::Panicked => Repeat::Never,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether the same request may be sent again after this outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// Yes, whatever the request is: the server has not acted, or the profile vouches for it.
    Always,
    /// Yes, if sending the request twice does no more than sending it once.
    IfRepeatable,
    /// No.
    Never,
}

/// Who shares the fate of this attempt: what a limit, a pause or a fault holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// This request alone.
    Request,
    /// All requests for the same model.
    Model,
    /// All requests for the same resource or bucket.
    Resource,
    /// All requests with the same credential.
    Account,
    /// All credentials of the same organisation.
    Org,
}

impl Scope {
    /// The name used in metrics and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Model => "model",
            Self::Resource => "resource",
            Self::Account => "account",
            Self::Org => "org",
        }
    }
}

/// What one attempt meant: a class, whether it may be repeated, an optional hint, a scope; and when it was known.
///
/// A small `Copy` value. It travels with failures only (in a response's extensions, or in a
/// [`Failure`](crate::Failure)), so that a success costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    class: Class,
    repeat: Repeat,
    scope: Scope,
    hint: Option<Hint>,
    malformed_hints: u8,
    rule: &'static str,
    elapsed: Duration,
    received: Timestamp,
}

impl Outcome {
    /// An outcome of `class`, with that class's usual repeatability, the scope of one request and no hint.
    pub const fn new(class: Class) -> Self {
        Self {
            class,
            repeat: class.default_repeat(),
            scope: Scope::Request,
            hint: None,
            malformed_hints: 0,
            rule: class.name(),
            elapsed: Duration::ZERO,
            received: Timestamp::from_nanos(0),
        }
    }

    /// With another answer to "may it be repeated".
    #[must_use]
    pub const fn with_repeat(self, repeat: Repeat) -> Self {
        Self { repeat, ..self }
    }

    /// With another scope.
    #[must_use]
    pub const fn with_scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// With the server's word on when to come back.
    #[must_use]
    pub const fn with_hint(self, hint: Option<Hint>) -> Self {
        Self { hint, ..self }
    }

    /// With the number of hints that were there and could not be used.
    #[must_use]
    pub const fn with_malformed_hints(self, malformed_hints: u8) -> Self {
        Self {
            malformed_hints,
            ..self
        }
    }

    /// With the name of the rule that decided.
    #[must_use]
    pub const fn with_rule(self, rule: &'static str) -> Self {
        Self { rule, ..self }
    }

    /// With the time the attempt took, and the moment its answer arrived.
    #[must_use]
    pub const fn with_timing(self, elapsed: Duration, received: Timestamp) -> Self {
        Self {
            elapsed,
            received,
            ..self
        }
    }

    /// What kind of answer it was.
    pub const fn class(&self) -> Class {
        self.class
    }

    /// Whether the same request may be sent again.
    pub const fn repeat(&self) -> Repeat {
        self.repeat
    }

    /// Who else it holds for.
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// The server's word on when to come back. A hint of zero is reported, and is no permission to come back at once.
    pub const fn hint(&self) -> Option<Hint> {
        self.hint
    }

    /// How many hints were there and could not be used: zero, negative, in the past, or not in the grammar.
    pub const fn malformed_hints(&self) -> u8 {
        self.malformed_hints
    }

    /// The name of the rule that decided, as `explain` shows it.
    pub const fn rule(&self) -> &'static str {
        self.rule
    }

    /// The time between sending and the answer, measured below every wait of ours.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// When the answer arrived. Zero if no classifier measured it.
    pub const fn received(&self) -> Timestamp {
        self.received
    }

    /// When the server would take another attempt, if it said so. `now` stands for the moment the answer arrived where no
    /// classifier measured that.
    pub fn not_before(&self, now: Timestamp) -> Option<Timestamp> {
        let hint = self.hint.filter(|hint| !hint.wait.is_zero())?;
        let received = match self.received {
            Timestamp::ORIGIN => now,
            received => received,
        };
        Some(received + hint.wait)
    }

    /// Whether the attempt did what the caller wanted.
    pub const fn is_ok(&self) -> bool {
        matches!(self.class, Class::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_has_not_acted_on_is_always_repeatable() {
        let always = Class::ALL
            .iter()
            .copied()
            .filter(|class| class.default_repeat() == Repeat::Always);
        assert!(always.eq([Class::RateLimited, Class::Overloaded, Class::Connect]));
    }

    #[test]
    fn a_class_is_found_where_it_says() {
        for (index, class) in Class::ALL.iter().enumerate() {
            assert_eq!(class.index(), index, "{class}");
        }
    }

    #[test]
    fn names_are_distinct_and_fit_for_a_label() {
        let mut names: Vec<_> = Class::ALL.iter().map(|class| class.name()).collect();
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Class::ALL.len());
    }
}
