//! Which request belongs to whom.

use buttress_core::Invalid;
use buttress_core::policy::{Host, Upstream, UpstreamName};
use http::Uri;
use http::uri::PathAndQuery;

use super::layer::{ToUpstream, Unknown};
use super::making::Making;
use super::unknown::UnknownUpstream;
use crate::stack::Stack;

/// The upstreams.
pub(super) struct Routes {
    routes: Vec<Route>,
    /// Around what passes though it belongs to none.
    bare: Stack,
}

pub(super) struct Route {
    pub(super) name: UpstreamName,
    pub(super) stack: Stack,
    hosts: Vec<Host>,
    base_url: Option<Uri>,
}

impl Routes {
    /// The stacks of `old` are those of the same names here: what they know is kept.
    ///
    /// Nothing of `old` is changed unless all can be built.
    pub(super) fn new(
        upstreams: Vec<(UpstreamName, Upstream)>,
        making: &Making,
        old: Option<&Self>,
    ) -> Result<Self, Invalid> {
        check(&upstreams)?;
        // Stacks of their own first: if one cannot be built, none has been reloaded.
        let is_kept =
            |name: &UpstreamName| old.is_some_and(|old| old.named(name.as_str()).is_some());
        let stacks = upstreams.iter().map(|(name, upstream)| {
            let policy = upstream.policy();
            match is_kept(name) {
                true => making.nameless(policy.clone()),
                false => making.stack(name, policy),
            }
        });
        let stacks: Vec<_> = stacks.collect::<Result<_, _>>()?;
        let mut routes = Vec::with_capacity(upstreams.len());
        for ((name, upstream), fresh) in upstreams.into_iter().zip(stacks) {
            let stack = match old.and_then(|old| old.named(name.as_str())) {
                Some(kept) => {
                    kept.stack.reload(upstream.policy().clone())?;
                    kept.stack.clone()
                }
                None => fresh,
            };
            routes.push(Route {
                name,
                stack,
                hosts: upstream.hosts().to_vec(),
                base_url: upstream.base_url().cloned(),
            });
        }
        let bare = match old {
            Some(old) => old.bare.clone(),
            None => making.nameless(bare())?,
        };
        Ok(Self { routes, bare })
    }

    pub(super) fn named(&self, name: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.name.as_str() == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &UpstreamName> {
        self.routes.iter().map(|route| &route.name)
    }

    /// The stack of a request, and where it goes if that is not what it says.
    pub(super) fn find(
        &self,
        uri: &Uri,
        to: Option<&ToUpstream>,
        unknown: Unknown,
    ) -> Result<(&Stack, Option<Uri>), UnknownUpstream> {
        let asked = to.map(|ToUpstream(name)| name);
        let route = match asked {
            Some(name) => self.named(name),
            None => self.routes.iter().find(|route| route.has(uri)),
        };
        match route {
            Some(route) => Ok((&route.stack, route.absolute(uri))),
            None if asked.is_none() && unknown == Unknown::Pass => Ok((&self.bare, None)),
            None => Err(UnknownUpstream {
                asked: asked.cloned(),
                known: self.names().cloned().collect(),
            }),
        }
    }
}

impl Route {
    fn has(&self, uri: &Uri) -> bool {
        self.hosts.iter().any(|host| host.is_of(uri))
    }

    /// A path under the base URL; `None` for a URL that has a host.
    fn absolute(&self, uri: &Uri) -> Option<Uri> {
        let base = self
            .base_url
            .as_ref()
            .filter(|_| uri.authority().is_none())?;
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let mut parts = base.clone().into_parts();
        let path = format!("{}{path}", base.path().trim_end_matches('/'));
        parts.path_and_query = Some(path.parse().ok()?);
        Uri::from_parts(parts).ok()
    }
}

fn bare() -> buttress_core::Policy {
    buttress_core::Policy::bare(buttress_core::policy::ProfileName::default())
}

fn check(upstreams: &[(UpstreamName, Upstream)]) -> Result<(), Invalid> {
    if upstreams.is_empty() {
        return Err(Invalid::new("upstreams", 0, "at least one"));
    }
    for (n, (name, upstream)) in upstreams.iter().enumerate() {
        let before = &upstreams[..n];
        if before.iter().any(|(other, _)| other == name) {
            let expected = "a name of its own for each";
            return Err(Invalid::new("upstream", name.as_str(), expected));
        }
        let is_taken = |host: &&Host| {
            let hosts = before.iter().flat_map(|(_, other)| other.hosts());
            hosts.into_iter().any(|other| other == *host)
        };
        if let Some(host) = upstream.hosts().iter().find(is_taken) {
            let expected = "a host of one upstream";
            return Err(Invalid::new("upstream host", host.to_string(), expected));
        }
    }
    Ok(())
}
