use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use tower_service::Service;

use super::future::ResponseFuture;
use super::shop::Shop;

/// A service that is replaced when it is broken for good. See the [module](crate::rebuild).
pub struct Rebuild<S> {
    inner: S,
    generation: u64,
    /// Its `poll_ready` was an error: it is not called.
    is_broken: bool,
    shop: Arc<Shop<S>>,
}

impl<S> Rebuild<S> {
    pub(super) fn new(inner: S, shop: Arc<Shop<S>>) -> Self {
        Self {
            inner,
            generation: 0,
            is_broken: false,
            shop,
        }
    }
}

impl<S: Clone> Rebuild<S> {
    /// Takes a copy of the fresh service, if there is a fresher one than this.
    fn refresh(&mut self) {
        if let Some(fresh) = self.shop.instead_of(self.generation) {
            self.inner = S::clone(&fresh.service);
            self.generation = fresh.generation;
        }
    }
}

impl<S, Req> Service<Req> for Rebuild<S>
where
    S: Service<Req> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.refresh();
        let ready = self.inner.poll_ready(cx);
        self.is_broken = false;
        ready.map(|ready| {
            if let Err(error) = ready {
                self.shop.broke(self.generation, &*error.into());
                self.is_broken = true;
            }
            Ok(())
        })
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let shop = Arc::clone(&self.shop);
        if !mem::take(&mut self.is_broken) && shop.is_usable() {
            return ResponseFuture::new(self.inner.call(request), self.generation, shop);
        }
        // What being ready holds, a place of an inner limit, is not held while a fresh service is made.
        self.inner = self.inner.clone();
        let own = (self.inner.clone(), self.generation);
        ResponseFuture::waiting(own, request, shop)
    }
}

impl<S: Clone> Clone for Rebuild<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            generation: self.generation,
            is_broken: false,
            shop: Arc::clone(&self.shop),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Rebuild<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rebuild")
            .field("inner", &self.inner)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
