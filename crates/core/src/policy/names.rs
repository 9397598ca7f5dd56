//! Names that people write.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use http::Uri;

use crate::invalid::Invalid;

/// As long as a name may be: it stands in labels and in lines of text.
const LONGEST: usize = 64;

/// The name of a profile. Whether there is one of that name is known to the crates above.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName(Cow<'static, str>);

impl Default for ProfileName {
    /// `generic`: what HTTP says, and no provider.
    fn default() -> Self {
        Self(Cow::Borrowed("generic"))
    }
}

impl ProfileName {
    /// The name `name`.
    ///
    /// # Errors
    ///
    /// If it is not 1 to 64 of the characters `a` to `z`, `0` to `9`, `_` and `-`.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, Invalid> {
        checked("profile", name.into()).map(Self)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of an upstream: what a request, a metric and an environment variable call it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpstreamName(Cow<'static, str>);

impl UpstreamName {
    /// The name `name`.
    ///
    /// # Errors
    ///
    /// If it is not 1 to 64 of the characters `a` to `z`, `0` to `9`, `_` and `-`.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, Invalid> {
        checked("upstream", name.into()).map(Self)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn checked(what: &'static str, name: Cow<'static, str>) -> Result<Cow<'static, str>, Invalid> {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    if name.is_empty() || name.len() > LONGEST || !name.bytes().all(is_plain) {
        let expected = "1 to 64 of a to z, 0 to 9, _ and -";
        return Err(Invalid::new(what, name, expected));
    }
    Ok(name)
}

/// A host, and a port if it is not the scheme's own.
///
/// In lower case, as a host is the same in capitals (RFC 9110, 4.2.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// The host that `uri` goes to; `None` if it does not say.
    pub fn of(uri: &Uri) -> Option<Self> {
        Some(Self {
            name: uri
                .host()
                .filter(|host| !host.is_empty())?
                .to_ascii_lowercase(),
            port: port(uri),
        })
    }

    /// Whether `uri` goes to this host.
    pub fn is_of(&self, uri: &Uri) -> bool {
        let is_named = |name: &str| name.eq_ignore_ascii_case(&self.name);
        uri.host().is_some_and(is_named) && port(uri) == self.port
    }

    /// The name, without the port.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port, if it is not the scheme's own.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

/// The port, if it is not the scheme's own.
fn port(uri: &Uri) -> Option<u16> {
    let own = match uri.scheme_str() {
        Some("https") => 443,
        _ => 80,
    };
    uri.port_u16().filter(|port| *port != own)
}

impl FromStr for Host {
    type Err = Invalid;

    /// `api.example.com` or `localhost:8080`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = || Invalid::new("host", text, "a host, with a port or without");
        let uri = Uri::from_str(text).map_err(|_| refused())?;
        let name = uri.host().filter(|host| !host.is_empty());
        let host = Self {
            name: name.ok_or_else(refused)?.to_ascii_lowercase(),
            port: uri.port_u16(),
        };
        // Whatever else there is (a user, a path, a port that is none) is missing here.
        if host.to_string() != text.to_ascii_lowercase() {
            return Err(refused());
        }
        Ok(host)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for UpstreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
