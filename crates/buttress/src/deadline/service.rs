use std::fmt;
use std::task::{Context, Poll};

use buttress_core::{BoxError, Timestamp};
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::DeadlineLayer;
use crate::call_time::CallTime;
use crate::options::ReadOptions;
use crate::readiness;

/// A service whose calls take no longer than they may. See the [module](crate::deadline).
#[derive(Clone)]
pub struct Deadline<S, O> {
    inner: S,
    layer: DeadlineLayer<O>,
}

impl<S, O> Deadline<S, O> {
    pub(super) fn new(inner: S, layer: DeadlineLayer<O>) -> Self {
        Self { inner, layer }
    }

    /// With nothing to drop beside it, the inner future is made where it is to be, and not moved there.
    fn begin<Req>(
        &mut self,
        request: Req,
        began: Timestamp,
        deadline: Timestamp,
    ) -> ResponseFuture<S::Future>
    where
        S: Service<Req>,
    {
        let call = self.inner.call(request);
        let DeadlineLayer { clock, watcher, .. } = &self.layer;
        ResponseFuture::new(call, *clock, watcher.clone(), began, deadline)
    }

    fn deadline<Req>(&self, request: &Req, now: Timestamp) -> Timestamp
    where
        O: ReadOptions<Req>,
    {
        let own = self.layer.options.options(request).deadline();
        let own = own.unwrap_or(now + self.layer.limit);
        CallTime::current().earliest(Some(own)).unwrap_or(own)
    }
}

impl<S, O, Req> Service<Req> for Deadline<S, O>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    O: ReadOptions<Req>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let turn = self.layer.clock.turn();
        let began = turn.now();
        let deadline = self.deadline(&request, began);
        if deadline <= began {
            readiness::give_up(&mut self.inner);
            return ResponseFuture::too_late(self.layer.watcher.clone());
        }
        let _time = CallTime::until(deadline).scope();
        self.begin(request, began, deadline)
    }
}

impl<S: fmt::Debug, O> fmt::Debug for Deadline<S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
