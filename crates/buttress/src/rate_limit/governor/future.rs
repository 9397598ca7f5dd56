use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use buttress_core::{BoxError, Rejected, Timestamp, Why};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower_service::Service;

use super::layer::Shared;
use super::limiter::{Denied, Govern};
use crate::look::Look;
use crate::observe::{self, Wait};
use crate::readiness;
use crate::time::sleep;

pin_project! {
    /// The inner service's answer, once the call has had its cells.
    pub struct ResponseFuture<S, Req, G, L> where S: Service<Req> {
        #[pin]
        state: State<S, Req, G, L>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, Req, G, L> where S: Service<Req> {
        Attempt { #[pin] attempt: S::Future },
        // Boxed: a call that waits can afford it, and one that does not is smaller for it.
        Waiting { waiting: Box<Waiting<S, Req, G, L>> },
        Rejected { rejected: Rejected },
    }
}

struct Waiting<S, Req, G, L> {
    later: S,
    request: Option<Req>,
    turn: Turn,
    timer: Option<Pin<Box<Sleep>>>,
    shared: Arc<Shared<G, L>>,
}

/// When a call that waits asks again, and until when it goes on.
pub(super) struct Turn {
    until: Timestamp,
    latest: Timestamp,
    told: Wait,
}

impl Turn {
    pub(super) const fn new(until: Timestamp, latest: Timestamp, told: Wait) -> Self {
        Self {
            until,
            latest,
            told,
        }
    }
}

impl<S: Service<Req>, Req, G, L> ResponseFuture<S, Req, G, L> {
    pub(super) const fn admitted(attempt: S::Future) -> Self {
        let state = State::Attempt { attempt };
        Self { state }
    }

    pub(super) const fn rejected(rejected: Rejected) -> Self {
        let state = State::Rejected { rejected };
        Self { state }
    }

    pub(super) fn waiting(later: S, request: Req, turn: Turn, shared: Arc<Shared<G, L>>) -> Self {
        let waiting = Box::new(Waiting {
            later,
            request: Some(request),
            turn,
            timer: None,
            shared,
        });
        let state = State::Waiting { waiting };
        Self { state }
    }
}

impl<S, Req, G, L> Future for ResponseFuture<S, Req, G, L>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    G: Govern<Req>,
    L: Look<Req>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Attempt { attempt } => return attempt.poll(cx).map_err(Into::into),
                StateProj::Waiting { waiting } => {
                    let attempt = ready!(waiting.poll(cx))?;
                    State::Attempt { attempt }
                }
                StateProj::Rejected { rejected } => return Poll::Ready(Err((*rejected).into())),
            };
            this.state.set(next);
        }
    }
}

impl<S, Req, G, L> Waiting<S, Req, G, L>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    G: Govern<Req>,
    L: Look<Req>,
{
    /// Sleeps until the time that was named, however often another is; then makes the service ready, and only then asks,
    /// so that what is given is used when it is given.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Future, BoxError>> {
        loop {
            ready!(self.poll_timer(cx));
            ready!(self.later.poll_ready(cx)).map_err(Into::into)?;
            if let Some(attempt) = self.send()? {
                return Poll::Ready(Ok(attempt));
            }
            // Somebody was faster: the service is not to be kept ready while the call waits on.
            readiness::give_up(&mut self.later);
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.shared.clock.now();
        if now >= self.turn.until {
            return Poll::Ready(());
        }
        let wait = self.turn.until.since(now);
        let timer = self.timer.get_or_insert_with(|| sleep(wait));
        timer.as_mut().poll(cx)
    }

    /// The attempt, if nobody further in would refuse it, and if the limiter gives what it costs.
    fn send(&mut self) -> Result<Option<S::Future>, BoxError> {
        let (shared, now) = (&self.shared, self.shared.clock.now());
        let Some(request) = self.request.take() else {
            unreachable!("a call is sent once");
        };
        if let Some(rejected) = shared.look.look(&request, now) {
            return Err(shared.told(rejected).into());
        }
        let limiter = &shared.limiter;
        let cells = NonZeroU32::new(limiter.cost(&request));
        let refused = match cells.map_or(Ok(()), |cells| limiter.take(&request, cells)) {
            Ok(()) => {
                self.turn.told.over();
                observe::slot_given();
                return Ok(Some(self.later.call(request)));
            }
            Err(Denied::Until(wait)) if now + wait <= self.turn.latest => {
                self.turn.until = now + wait;
                self.timer = None;
                self.request = Some(request);
                return Ok(None);
            }
            Err(Denied::Until(wait)) => (Why::RateLimit, Some(now + wait)),
            Err(Denied::TooLarge) => (Why::TooLarge, None),
        };
        let key = limiter.key(&request);
        Err(shared.rejected(refused.0, refused.1, key).into())
    }
}

impl<S: Service<Req>, Req, G, L> fmt::Debug for ResponseFuture<S, Req, G, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("governor::ResponseFuture")
            .finish_non_exhaustive()
    }
}
