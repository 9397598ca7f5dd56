use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use buttress_config::Problems;
use buttress_core::Invalid;

/// A file that cannot be read, or cannot be used.
///
/// [`Debug`](fmt::Debug) shows the same as [`Display`](fmt::Display): lines and carets are what the `main` that returns it
/// should show.
#[non_exhaustive]
pub enum Unusable {
    /// It cannot be read, or is not UTF-8.
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What is wrong with it.
    Wrong(Problems),
    /// It is well, and no stack can be built from it.
    Invalid(Invalid),
}

impl Unusable {
    pub(super) fn unread(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        Self::Unread { path, error }
    }
}

impl From<Problems> for Unusable {
    fn from(problems: Problems) -> Self {
        Self::Wrong(problems)
    }
}

impl From<Invalid> for Unusable {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Wrong(problems) => write!(f, "{problems}"),
            Self::Invalid(invalid) => write!(f, "{invalid}"),
        }
    }
}

impl fmt::Debug for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Unusable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unread { error, .. } => Some(error),
            Self::Wrong(_) | Self::Invalid(_) => None,
        }
    }
}
