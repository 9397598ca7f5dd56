use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use http::{Request, Response};
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::Upstreams;
use super::routes::Routes;
use crate::readiness;
use crate::stack::{self, HttpClient, StackBody};

/// A client of several upstreams. See the [module](crate::upstreams).
#[derive(Clone)]
pub struct Routed<S> {
    client: S,
    routes: Arc<Routes>,
    generation: u64,
    upstreams: Upstreams,
}

impl<S> Routed<S> {
    pub(super) fn new(client: S, upstreams: Upstreams) -> Self {
        let (generation, routes) = upstreams.shared.current();
        Self {
            client,
            routes,
            generation,
            upstreams,
        }
    }

    /// Its upstreams.
    pub const fn upstreams(&self) -> &Upstreams {
        &self.upstreams
    }
}

impl<S: HttpClient<B>, B: 'static> Service<Request<B>> for Routed<S> {
    type Response = Response<StackBody<S::Body>>;
    type Error = BoxError;
    type Future = ResponseFuture<stack::ResponseFuture<S, B>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.upstreams.shared.generation() != self.generation {
            (self.generation, self.routes) = self.upstreams.shared.current();
        }
        self.client.poll_ready(cx).map_err(Into::into)
    }

    /// The client is ready before it is known which stack it is for: the stack is put around it here.
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let to = request.extensions().get();
        match self.routes.find(request.uri(), to, self.upstreams.unknown) {
            Ok((stack, uri)) => {
                if let Some(uri) = uri {
                    *request.uri_mut() = uri;
                }
                let spare = self.client.clone();
                let ready = mem::replace(&mut self.client, spare);
                ResponseFuture::sent(stack.call_once(ready, request))
            }
            Err(unknown) => {
                readiness::give_up(&mut self.client);
                ResponseFuture::refused(unknown)
            }
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Routed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routed")
            .field("client", &self.client)
            .field("upstreams", &self.upstreams)
            .finish_non_exhaustive()
    }
}
