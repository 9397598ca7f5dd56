//! A provider's signals as a table.
//!
//! A table is read from the top, and the first row of which everything holds decides. So the order of rows is the order
//! of the words: a code before a status, and a phrase of the message only where there is no code for it.
//!
//! A row says which rule it is, what an answer then means and to whom, and after `if` what must hold of it:
//!
//! ```text
//! signals! {
//!     "acme limit": RateLimited, Account if Status[403, 429], Code["too_fast", "too_many"];
//!     "acme lock":  Conflict, Request, repeated Always if Says["somebody else has it"];
//!     "acme fault": ServerError, Request;
//! }
//! ```
//!
//! What must hold is a [`When`], with a list of its words in brackets, or with what it takes in parentheses. A row that
//! repeats what failed, or does not, against the rest of its class says `repeated`. A row without `if` always holds.

use std::fmt;

use buttress_core::{Class, Outcome, Repeat, Scope};

use crate::fields::{Fields, is_success};
use crate::instant::is_zero;

/// One row: what must hold, and what it then means.
pub(crate) struct Signal {
    /// The name of the rule, as `explain` shows it.
    pub(crate) rule: &'static str,
    pub(crate) when: &'static [When],
    pub(crate) class: Class,
    pub(crate) scope: Scope,
    /// Where the class's own answer to "may it be repeated" is not the provider's.
    pub(crate) repeat: Option<Repeat>,
}

/// What must hold of an answer.
pub(crate) enum When {
    /// The status is one of a success: what failed stands in the body, or in a stream.
    Success,
    /// The status is one of these.
    Status(&'static [u16]),
    /// One of the provider's places for codes holds one of these, to the letter.
    Code(&'static [&'static str]),
    /// The message contains one of these phrases, which are in lower case.
    Says(&'static [&'static str]),
    /// The message begins with one of these. What a message quotes further on may be words of the request.
    Begins(&'static [&'static str]),
    /// The header is there.
    Has(&'static str),
    /// The header has this value.
    Header(&'static str, &'static str),
    /// One of these headers is zero.
    Zero(&'static [&'static str]),
    /// What a table cannot say: in words, and as a function.
    Looks(&'static str, fn(&Fields<'_>) -> bool),
}

/// A table of signals: see the module.
macro_rules! signals {
    ($(
        $rule:tt: $class:ident, $scope:ident $(, repeated $repeat:ident)?
            $(if $($when:ident $([$($word:tt)*])? $(($($part:tt)*))?),+)?;
    )*) => {
        &[$(
            $crate::signal::Signal::new(
                $rule,
                &[$($($crate::signal::When::$when $((&[$($word)*]))? $(($($part)*))?),+)?],
                buttress_core::Class::$class,
                buttress_core::Scope::$scope,
            )$(.repeated(buttress_core::Repeat::$repeat))?
        ),*]
    };
}

pub(crate) use signals;

impl Signal {
    pub(crate) const fn new(
        rule: &'static str,
        when: &'static [When],
        class: Class,
        scope: Scope,
    ) -> Self {
        let repeat = None;
        Self {
            rule,
            when,
            class,
            scope,
            repeat,
        }
    }

    pub(crate) const fn repeated(self, repeat: Repeat) -> Self {
        let repeat = Some(repeat);
        Self { repeat, ..self }
    }

    fn holds(&self, fields: &Fields<'_>) -> bool {
        self.when.iter().all(|when| when.holds(fields))
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let outcome = Outcome::new(self.class)
            .with_scope(self.scope)
            .with_rule(self.rule);
        match self.repeat {
            Some(repeat) => outcome.with_repeat(repeat),
            None => outcome,
        }
    }
}

impl When {
    fn holds(&self, fields: &Fields<'_>) -> bool {
        match self {
            Self::Success => is_success(fields),
            Self::Status(statuses) => statuses.contains(&fields.status().as_u16()),
            Self::Code(codes) => fields.codes().any(|code| codes.contains(&&*code)),
            Self::Says(phrases) => phrases.iter().any(|phrase| fields.says(phrase)),
            Self::Begins(phrases) => phrases.iter().any(|phrase| fields.begins(phrase)),
            Self::Has(name) => fields.header(name).is_some(),
            Self::Header(name, value) => fields.header(name) == Some(value),
            Self::Zero(names) => names.iter().any(|name| is_zero(fields, name)),
            Self::Looks(_, look) => look(fields),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("a success"),
            Self::Status(statuses) => {
                let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
                let statuses: Vec<_> = statuses.iter().map(String::as_str).collect();
                write!(f, "status {}", any_of(&statuses, "", ""))
            }
            Self::Code(codes) => write!(f, "code {}", any_of(codes, "`", "`")),
            Self::Says(phrases) => {
                write!(f, "message {}", any_of(phrases, "\u{201c}", "\u{201d}"))
            }
            Self::Begins(phrases) => {
                let phrases = any_of(phrases, "\u{201c}", "\u{201d}");
                write!(f, "message beginning {phrases}")
            }
            Self::Has(name) => write!(f, "header `{name}`"),
            Self::Header(name, value) => write!(f, "header `{name}: {value}`"),
            Self::Zero(names) => write!(f, "header {}", any_of(names, "`", ": 0`")),
            Self::Looks(words, _) => f.write_str(words),
        }
    }
}

/// `a, b or c`, each between its marks.
fn any_of(words: &[&str], before: &str, after: &str) -> String {
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        text += match words.len() - at {
            _ if at == 0 => "",
            1 => " or ",
            _ => ", ",
        };
        text += &[before, word, after].concat();
    }
    text
}

/// What the first row means that holds.
pub(crate) fn first(table: &[Signal], fields: &Fields<'_>) -> Option<Outcome> {
    table
        .iter()
        .find(|signal| signal.holds(fields))
        .map(Signal::outcome)
}
