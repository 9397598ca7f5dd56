//! A provider's signals as a table.
//!
//! A table is read from the top, and the first row of which everything holds decides. So the order of rows is the order
//! of the words: a code before a status, and a phrase of the message only where there is no code for it.

use std::fmt;

use buttress_core::{Class, Outcome, Repeat, Scope};

use crate::fields::Fields;

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
    /// The status is one of these.
    Status(&'static [u16]),
    /// One of the provider's places for codes holds one of these, to the letter.
    Code(&'static [&'static str]),
    /// The message contains one of these phrases, which are in lower case.
    Says(&'static [&'static str]),
    /// A header has this value.
    Header(&'static str, &'static str),
    /// What a table cannot say: in words, and as a function.
    Looks(&'static str, fn(&Fields<'_>) -> bool),
}

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
            Self::Status(statuses) => statuses.contains(&fields.status().as_u16()),
            Self::Code(codes) => fields.codes().any(|code| codes.contains(&&*code)),
            Self::Says(phrases) => phrases.iter().any(|phrase| fields.says(phrase)),
            Self::Header(name, value) => fields.header(name) == Some(value),
            Self::Looks(_, look) => look(fields),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(statuses) => {
                let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
                f.write_str(&statuses.join(", "))
            }
            Self::Code(codes) => write!(f, "`{}`", codes.join("`, `")),
            Self::Says(phrases) => {
                write!(f, "\u{201c}{}\u{201d}", phrases.join("\u{201d}, \u{201c}"))
            }
            Self::Header(name, value) => write!(f, "`{name}: {value}`"),
            Self::Looks(words, _) => f.write_str(words),
        }
    }
}

/// What the first row means that holds.
pub(crate) fn first(table: &[Signal], fields: &Fields<'_>) -> Option<Outcome> {
    table
        .iter()
        .find(|signal| signal.holds(fields))
        .map(Signal::outcome)
}
