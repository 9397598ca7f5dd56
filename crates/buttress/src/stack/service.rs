use std::fmt;
use std::task::{Context, Poll};

use buttress_core::BoxError;
use http::{Request, Response};
use tower_service::Service;

use super::StackBody;
use super::client::HttpClient;
use super::future::ResponseFuture;
use super::layer::Stack;
use super::tower::Tower;
use crate::key::Naming;

/// A client in its stack. See the [module](crate::stack).
pub struct Stacked<S> {
    /// Not made ready: what a new tower is put around.
    client: S,
    tower: Tower<S>,
    naming: Option<Naming>,
    generation: u64,
    stack: Stack,
}

impl<S: Clone> Stacked<S> {
    pub(super) fn new(client: S, stack: Stack) -> Self {
        let (generation, built) = stack.shared.current();
        // The one that was given is the one that is called: it may be ready already.
        let spare = client.clone();
        Self {
            tower: built.layers.around(client),
            naming: built.naming,
            client: spare,
            generation,
            stack,
        }
    }

    /// Its stack.
    pub const fn stack(&self) -> &Stack {
        &self.stack
    }

    /// What was made ready under the old policy is given up.
    #[cold]
    fn renew(&mut self) {
        let (generation, built) = self.stack.shared.current();
        self.generation = generation;
        self.naming = built.naming;
        self.tower = built.layers.around(self.client.clone());
    }
}

impl<S: HttpClient<B>, B: 'static> Service<Request<B>> for Stacked<S> {
    type Response = Response<StackBody<S::Body>>;
    type Error = BoxError;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.stack.shared.generation() != self.generation {
            self.renew();
        }
        self.tower.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(naming) = self.naming {
            naming.write(&mut request);
        }
        ResponseFuture::new(self.tower.call(request))
    }
}

impl<S: Clone> Clone for Stacked<S> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            tower: self.tower.clone(),
            naming: self.naming,
            generation: self.generation,
            stack: self.stack.clone(),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Stacked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tower.fmt(f)
    }
}
