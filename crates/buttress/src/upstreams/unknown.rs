use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use buttress_core::policy::UpstreamName;

/// A request that belongs to no upstream.
///
/// It says which there are, and not where the request was to go: URLs have secrets in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownUpstream {
    pub(super) asked: Option<Cow<'static, str>>,
    pub(super) known: Vec<UpstreamName>,
}

impl UnknownUpstream {
    /// The name that the request gave, if it gave one.
    pub fn asked(&self) -> Option<&str> {
        self.asked.as_deref()
    }

    /// The upstreams that there are.
    pub fn known(&self) -> &[UpstreamName] {
        &self.known
    }
}

impl fmt::Display for UnknownUpstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.asked {
            Some(name) => write!(f, "there is no upstream {name}")?,
            None => f.write_str("the request's host belongs to no upstream")?,
        }
        f.write_str("; there are: ")?;
        for (n, name) in self.known.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{name}")?;
        }
        Ok(())
    }
}

impl Error for UnknownUpstream {}
