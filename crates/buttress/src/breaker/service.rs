use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::admission::Admission;
use super::future::ResponseFuture;
use super::shared::Shared;
use crate::carrier::Carrier;
use crate::key::{Everything, Keyer};
use crate::readiness;

/// A service that leaves alone a server that is not well. See the [module](crate::breaker).
pub struct CircuitBreaker<S, K = Everything> {
    inner: S,
    shared: Arc<Shared<K>>,
}

impl<S, K> CircuitBreaker<S, K> {
    pub(super) fn new(inner: S, shared: Arc<Shared<K>>) -> Self {
        Self { inner, shared }
    }
}

impl<S, K, Req> Service<Req> for CircuitBreaker<S, K>
where
    S: Service<Req> + Clone,
    S::Response: Carrier,
    S::Error: Into<BoxError>,
    K: Keyer<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, K>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        match Admission::ask(&self.shared, &request) {
            Ok(mut admission) => {
                let answer = self.inner.call(request);
                admission.called();
                ResponseFuture::sent(answer, admission)
            }
            Err(rejected) => {
                readiness::give_up(&mut self.inner);
                ResponseFuture::rejected(rejected)
            }
        }
    }
}

impl<S: Clone, K> Clone for CircuitBreaker<S, K> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, K> fmt::Debug for CircuitBreaker<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
