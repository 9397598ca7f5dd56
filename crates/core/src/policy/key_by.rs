use std::fmt;
use std::str::FromStr;

use http::HeaderName;

use crate::invalid::Invalid;

/// What shares a limit, a pause, a circuit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyBy {
    /// Everything that passes the stack. The default: a stack stands around the client of one provider.
    #[default]
    Everything,
    /// One host and port.
    Host,
    /// One credential: what stands in `Authorization`, or in the headers that providers have for it.
    Credential,
    /// One model, which the request or the caller names.
    Model,
    /// One of the provider's buckets, which the route or the caller names.
    Resource,
    /// One value of a header.
    Header(HeaderName),
}

impl fmt::Display for KeyBy {
    /// As it is written in a configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Host => f.write_str("host"),
            Self::Credential => f.write_str("credential"),
            Self::Model => f.write_str("model"),
            Self::Resource => f.write_str("resource"),
            Self::Header(name) => write!(f, "header {name}"),
        }
    }
}

impl FromStr for KeyBy {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let expected = "everything, host, credential, model, resource, or header and its name";
        let refused = || Invalid::new("key", text, expected);
        Ok(match text {
            "everything" => Self::Everything,
            "host" => Self::Host,
            "credential" => Self::Credential,
            "model" => Self::Model,
            "resource" => Self::Resource,
            _ => {
                let name = text.strip_prefix("header ").ok_or_else(refused)?;
                Self::Header(name.trim().parse().map_err(|_| refused())?)
            }
        })
    }
}
