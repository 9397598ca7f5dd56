use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::admission::{Admission, Admitted};
use super::errand::Errand;
use super::future::ResponseFuture;
use super::keys::Keys;
use super::layer::{CallDeadline, Shared};
use crate::carrier::Carrier;
use crate::key::Keyer;

/// A service that waits while its key is paused. See the [module](crate::cooldown).
pub struct Cooldown<S, K, D> {
    inner: S,
    shared: Arc<Shared<K, D>>,
}

impl<S, K, D> Cooldown<S, K, D> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<K, D>>) -> Self {
        Self { inner, shared }
    }

    /// Drops the readied service, and whatever permit it holds, for one that is not ready.
    fn give_up_readiness(&mut self)
    where
        S: Clone,
    {
        self.inner = self.inner.clone();
    }

    /// The path of a call whose keys are not paused.
    #[inline]
    fn pass(&self, keys: Keys) -> Option<Errand> {
        let passes = self.shared.gates.pass(keys)?;
        let gates = Arc::clone(&self.shared.gates);
        Some(Errand::new(gates, keys, passes, None))
    }
}

impl<S, K, D, Req> Service<Req> for Cooldown<S, K, D>
where
    S: Service<Req> + Clone,
    S::Response: Carrier,
    S::Error: Into<BoxError>,
    K: Keyer<Req>,
    D: CallDeadline<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let keys = Keys::of(&self.shared.keyer, &request);
        if let Some(errand) = self.pass(keys) {
            return ResponseFuture::sent(&mut self.inner, request, errand);
        }
        let now = self.shared.gates.clock.now();
        let gives_up = self.shared.gives_up(&request, now);
        let gates = Arc::clone(&self.shared.gates);
        match Admission::begin(gates, keys, gives_up, now) {
            Admitted::Now(errand) => ResponseFuture::sent(&mut self.inner, request, errand),
            Admitted::Later(admission) => {
                self.give_up_readiness();
                ResponseFuture::waiting(self.inner.clone(), request, admission)
            }
            Admitted::Never(rejected) => {
                self.give_up_readiness();
                ResponseFuture::refused(rejected)
            }
        }
    }
}

impl<S: Clone, K, D> Clone for Cooldown<S, K, D> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, K, D> fmt::Debug for Cooldown<S, K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cooldown")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
