use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::future::{ResponseFuture, Told};
use super::{Shared, Subject};
use crate::carrier::Carrier;
use crate::observe::describe::Describe;

/// A service that tells of its calls, or of its attempts. See [`Calls`](crate::observe::call::Calls) and
/// [`Attempts`](crate::observe::attempt::Attempts).
pub struct Teller<S, K, D> {
    inner: S,
    shared: Arc<Shared<D>>,
    subject: PhantomData<K>,
}

impl<S, K, D> Teller<S, K, D> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<D>>) -> Self {
        Self {
            inner,
            shared,
            subject: PhantomData,
        }
    }
}

impl<S, K, D, Req> Service<Req> for Teller<S, K, D>
where
    S: Service<Req>,
    S::Response: Carrier,
    S::Error: Into<BoxError>,
    K: Subject,
    D: Describe<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, K, D>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        // Two ways out: what tells nobody is moved no more than the inner future is.
        let Some(mut told) = Told::begin(&self.shared, &request) else {
            let answer = Some(self.inner.call(request));
            return ResponseFuture { answer, told: None };
        };
        let answer = Some(told.inside(|| self.inner.call(request)));
        let told = Some(told);
        ResponseFuture { answer, told }
    }
}

impl<S: Clone, K, D> Clone for Teller<S, K, D> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.shared))
    }
}

impl<S: fmt::Debug, K: Subject, D> fmt::Debug for Teller<S, K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(K::SERVICE)
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
