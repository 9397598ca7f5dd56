use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::admission::{Admission, Admitted};
use super::errand::{Errand, Passes};
use super::future::ResponseFuture;
use super::keys::Keys;
use super::layer::Shared;
use crate::carrier::Carrier;
use crate::key::Keyer;
use crate::readiness;

/// A service that waits while its key is paused. See the [module](crate::cooldown).
pub struct Cooldown<S, K> {
    inner: S,
    shared: Arc<Shared<K>>,
}

impl<S, K> Cooldown<S, K> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<K>>) -> Self {
        Self { inner, shared }
    }

    /// Of an attempt whose keys are not paused: it owes nothing.
    #[inline]
    fn errand(&self, keys: Keys, passes: Passes) -> Errand {
        Errand::new(Arc::clone(&self.shared.gates), keys, passes, None)
    }
}

impl<S, K, Req> Service<Req> for Cooldown<S, K>
where
    S: Service<Req> + Clone,
    S::Response: Carrier,
    S::Error: Into<BoxError>,
    K: Keyer<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let keys = Keys::of(&self.shared.keyer, &request);
        if let Some(passes) = self.shared.gates.pass(keys) {
            // The attempt first: with nothing to drop beside it, its future is made where it is to be.
            let attempt = self.inner.call(request);
            return ResponseFuture::sent(attempt, self.errand(keys, passes));
        }
        let now = self.shared.gates.clock.now();
        let gives_up = self.shared.gives_up(now);
        let gates = Arc::clone(&self.shared.gates);
        match Admission::begin(gates, keys, gives_up, now) {
            Admitted::Now(errand) => ResponseFuture::sent(self.inner.call(request), errand),
            Admitted::Later(admission) => {
                readiness::give_up(&mut self.inner);
                ResponseFuture::waiting(self.inner.clone(), request, admission)
            }
            Admitted::Never(rejected) => {
                readiness::give_up(&mut self.inner);
                ResponseFuture::refused(rejected)
            }
        }
    }
}

impl<S: Clone, K> Clone for Cooldown<S, K> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, K> fmt::Debug for Cooldown<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cooldown")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
