use http::Uri;

use super::Policy;
use super::names::Host;
use crate::invalid::Invalid;

/// A server, or several that are one to the caller: its policy, and which requests go there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    policy: Policy,
    base_url: Option<Uri>,
    hosts: Vec<Host>,
}

impl Upstream {
    /// An upstream that requests name.
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            base_url: None,
            hosts: Vec::new(),
        }
    }

    /// With a URL that a request's path is appended to where the request names this upstream and no host. Requests to
    /// its host go here too.
    ///
    /// # Errors
    ///
    /// If it is not an `http` or `https` URL with a host, or has a user, a query, or a password in it: a credential in a
    /// configuration ends up in logs.
    pub fn with_base_url(mut self, base_url: Uri) -> Result<Self, Invalid> {
        let is_http = matches!(base_url.scheme_str(), Some("http" | "https"));
        let authority = base_url
            .authority()
            .map_or("", |authority| authority.as_str());
        let host = Host::of(&base_url);
        let Some(host) = host.filter(|_| is_http && base_url.query().is_none()) else {
            let expected = "http or https, a host, and a path";
            return Err(Invalid::new("base URL", base_url.to_string(), expected));
        };
        if authority.contains('@') {
            // Not shown: it may be a password.
            let expected = "no user and no password";
            return Err(Invalid::new("base URL", host.to_string(), expected));
        }
        self.base_url = Some(base_url);
        Ok(self.with_host(host))
    }

    /// With one more host whose requests go here.
    #[must_use]
    pub fn with_host(mut self, host: Host) -> Self {
        // In order, so that upstreams that say the same are equal.
        if let Err(place) = self.hosts.binary_search(&host) {
            self.hosts.insert(place, host);
        }
        self
    }

    /// The policy of its stack.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Where its paths begin.
    pub const fn base_url(&self) -> Option<&Uri> {
        self.base_url.as_ref()
    }

    /// The hosts whose requests go here.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }
}
