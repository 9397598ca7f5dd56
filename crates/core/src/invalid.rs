//! What a constructor says when it refuses.

use std::fmt;

/// A value that cannot be: what it was for, what was found, what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {found} is not possible, expected {expected}")]
pub struct Invalid {
    what: &'static str,
    found: String,
    expected: &'static str,
}

impl Invalid {
    /// `found` was given for `what`, and `expected` would have been accepted.
    pub fn new(what: &'static str, found: impl fmt::Debug, expected: &'static str) -> Self {
        Self {
            what,
            found: format!("{found:?}"),
            expected,
        }
    }

    /// The setting that was refused.
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The refused value, as text.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What would have been accepted.
    pub const fn expected(&self) -> &'static str {
        self.expected
    }
}
