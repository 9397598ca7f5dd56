use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use buttress_core::Invalid;
use buttress_core::policy::{Upstream, UpstreamName};
use tower_layer::Layer;

use super::making::Making;
use super::routes::Routes;
use super::service::Routed;
use crate::stack::Stack;

/// Which upstream a request goes to, whatever its host: a request extension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToUpstream(pub(super) Cow<'static, str>);

impl ToUpstream {
    /// The upstream `name`.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }
}

/// What becomes of a request that belongs to no upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// It is refused, with an [`UnknownUpstream`](super::UnknownUpstream).
    #[default]
    Refuse,
    /// It passes: its answer is judged as generic HTTP, and no other layer stands in its way. One that names an upstream
    /// which there is not is refused all the same.
    Pass,
}

/// A stack for each upstream, around one client. See the [module](crate::upstreams).
///
/// Clones, and the services that they make, share the stacks.
#[derive(Clone)]
pub struct Upstreams {
    pub(super) shared: Arc<Shared>,
    pub(super) unknown: Unknown,
}

pub(super) struct Shared {
    making: Making,
    generation: AtomicU64,
    routes: RwLock<Arc<Routes>>,
}

impl Upstreams {
    /// A stack for each of `upstreams`, by its name and by its hosts.
    ///
    /// # Errors
    ///
    /// If there are none, if two have the same name or the same host, or as [`Stack::new`].
    pub fn new(
        upstreams: impl IntoIterator<Item = (UpstreamName, Upstream)>,
    ) -> Result<Self, Invalid> {
        Self::with(upstreams, Making::default())
    }

    pub(crate) fn with(
        upstreams: impl IntoIterator<Item = (UpstreamName, Upstream)>,
        making: Making,
    ) -> Result<Self, Invalid> {
        let routes = Routes::new(upstreams.into_iter().collect(), &making, None)?;
        let shared = Shared {
            making,
            generation: AtomicU64::new(0),
            routes: RwLock::new(Arc::new(routes)),
        };
        Ok(Self {
            shared: Arc::new(shared),
            unknown: Unknown::Refuse,
        })
    }

    /// With another way with requests that belong to no upstream. Earlier clones, and services made before, keep theirs.
    #[must_use]
    pub fn with_unknown(self, unknown: Unknown) -> Self {
        Self { unknown, ..self }
    }

    /// Goes on with other upstreams. See the [module](crate::upstreams#reload).
    ///
    /// # Errors
    ///
    /// As [`Upstreams::new`]. The former ones then stay as they were.
    pub fn reload(
        &self,
        upstreams: impl IntoIterator<Item = (UpstreamName, Upstream)>,
    ) -> Result<(), Invalid> {
        let (_, old) = self.shared.current();
        let upstreams = upstreams.into_iter().collect();
        let routes = Routes::new(upstreams, &self.shared.making, Some(&old))?;
        self.shared.turn(routes);
        Ok(())
    }

    /// The names of the upstreams, as they were given.
    pub fn names(&self) -> Vec<UpstreamName> {
        self.shared.current().1.names().cloned().collect()
    }

    /// The stack of the upstream `name`, for its handles.
    pub fn stack(&self, name: &str) -> Option<Stack> {
        let (_, routes) = self.shared.current();
        Some(routes.named(name)?.stack.clone())
    }
}

impl Shared {
    /// How often the routes have been changed.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The routes that hold now, and their number.
    pub(super) fn current(&self) -> (u64, Arc<Routes>) {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        (self.generation(), Arc::clone(&routes))
    }

    fn turn(&self, changed: Routes) {
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *routes, Arc::new(changed));
        self.generation.fetch_add(1, Ordering::Release);
        drop(routes);
        drop(old);
    }
}

impl<S: Clone> Layer<S> for Upstreams {
    type Service = Routed<S>;

    fn layer(&self, client: S) -> Routed<S> {
        Routed::new(client, self.clone())
    }
}

impl fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstreams")
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}
