use std::fmt;
use std::str::FromStr;

use http::HeaderName;

use crate::invalid::Invalid;

/// Whether a call is given a key by which the server knows it again, so that sending it twice does no more than sending it
/// once.
///
/// It concerns requests that are not idempotent by their method and have no key yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdempotencyKey {
    /// Where the profile knows that the provider honours one. The default: a key is a promise of the server's, and makes a
    /// request repeatable.
    #[default]
    Profile,
    /// In this header, which the server honours by the user's word.
    Header(HeaderName),
    /// Never.
    Never,
}

impl fmt::Display for IdempotencyKey {
    /// As it is written in a configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile => f.write_str("profile"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Never => f.write_str("never"),
        }
    }
}

impl FromStr for IdempotencyKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = || Invalid::new("key", text, "profile, never, or header and its name");
        Ok(match text {
            "profile" => Self::Profile,
            "never" => Self::Never,
            _ => {
                let name = text.strip_prefix("header ").ok_or_else(refused)?;
                Self::Header(name.trim().parse().map_err(|_| refused())?)
            }
        })
    }
}
