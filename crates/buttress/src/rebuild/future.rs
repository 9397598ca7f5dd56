use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use buttress_core::{BoxError, Event, Key, Rejected, Timestamp, Why};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::shop::{Build, Fresh, Offer, Shop};
use crate::call_time::CallTime;

pin_project! {
    /// The answer, of this service or of a fresh one.
    ///
    /// # Panics
    ///
    /// If it is polled again after it was ready, as the futures of the standard library do.
    pub struct ResponseFuture<S, Req> where S: Service<Req> {
        #[pin]
        state: State<S, S::Future, Req>,
        shop: Arc<Shop<S>>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, Req> {
        Calling { #[pin] call: F, generation: u64 },
        // Boxed: only a call that finds the service broken comes here.
        Waiting { waiting: Box<Waiting<S, Req>> },
    }
}

struct Waiting<S, Req> {
    stage: Stage<S>,
    /// A clone of the caller's own service, and its generation.
    own: (S, u64),
    request: Option<Req>,
}

enum Stage<S> {
    Asking,
    Building(Build<S>),
    Readying(S, u64),
}

impl<S: Service<Req>, Req> ResponseFuture<S, Req> {
    pub(super) fn new(call: S::Future, generation: u64, shop: Arc<Shop<S>>) -> Self {
        let state = State::Calling { call, generation };
        Self { state, shop }
    }

    pub(super) fn waiting(own: (S, u64), request: Req, shop: Arc<Shop<S>>) -> Self {
        let waiting = Box::new(Waiting {
            stage: Stage::Asking,
            own,
            request: Some(request),
        });
        let state = State::Waiting { waiting };
        Self { state, shop }
    }
}

impl<S, Req> Future for ResponseFuture<S, Req>
where
    S: Service<Req> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Calling { call, generation } => {
                    let result = ready!(call.poll(cx)).map_err(Into::into);
                    this.shop.ended(*generation, result.as_ref().err());
                    return Poll::Ready(result);
                }
                StateProj::Waiting { waiting } => match waiting.poll(this.shop, cx) {
                    Poll::Ready(Ok((call, generation))) => State::Calling { call, generation },
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending if CallTime::current().is_up() => {
                        return Poll::Ready(Err(rejected(this.shop, Why::Deadline, None)));
                    }
                    Poll::Pending => return Poll::Pending,
                },
            };
            this.state.set(next);
        }
    }
}

impl<S, Req> Waiting<S, Req>
where
    S: Service<Req> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
{
    /// The call on a fresh service, and its generation.
    fn poll(
        &mut self,
        shop: &Arc<Shop<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(S::Future, u64), BoxError>> {
        loop {
            self.stage = match &mut self.stage {
                Stage::Asking => match shop.offer() {
                    Offer::Use(Some(fresh)) => readying(&fresh),
                    Offer::Use(None) => Stage::Readying(self.own.0.clone(), self.own.1),
                    Offer::Build(build) => Stage::Building(build),
                    Offer::NotBefore(time) => return Poll::Ready(Err(not_before(shop, time))),
                },
                Stage::Building(build) => {
                    // The work is for all callers, and has no part in this one's deadline.
                    let built = CallTime::UNLIMITED.enter(|| Pin::new(build).poll(cx));
                    match ready!(built) {
                        Ok(fresh) => readying(&fresh),
                        Err(time) => return Poll::Ready(Err(not_before(shop, time))),
                    }
                }
                Stage::Readying(service, generation) => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        let error = error.into();
                        shop.broke(*generation, &*error);
                        return Poll::Ready(Err(error));
                    }
                    let request = self.request.take().expect("polled after it was ready");
                    return Poll::Ready(Ok((service.call(request), *generation)));
                }
            };
        }
    }
}

fn readying<S: Clone>(fresh: &Fresh<S>) -> Stage<S> {
    Stage::Readying(S::clone(&fresh.service), fresh.generation)
}

fn not_before<S>(shop: &Shop<S>, time: Timestamp) -> BoxError {
    rejected(shop, Why::Rebuilding, Some(time))
}

fn rejected<S>(shop: &Shop<S>, why: Why, not_before: Option<Timestamp>) -> BoxError {
    let rejected = Rejected::new(why, Key::ALL).with_not_before(not_before);
    shop.watcher.observe(&Event::Rejected {
        rejected: &rejected,
    });
    rejected.into()
}

impl<S: Service<Req>, Req> fmt::Debug for ResponseFuture<S, Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("rebuild::ResponseFuture")
            .finish_non_exhaustive()
    }
}
