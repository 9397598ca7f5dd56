use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use buttress_core::history::Cause;
use buttress_core::{BoxError, Key, Rejected, Timestamp, Why, failure};
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::body::PermitBody;
use super::gate::{Permit, Ticket};
use super::layer::ConcurrencyLayer;
use crate::call_time::CallTime;
use crate::carrier::Carrier;
use crate::look::Look;
use crate::observe::Wait;
use crate::time::{Clock, Timer};

pin_project! {
    /// The answer, when there was a place for the call.
    ///
    /// # Panics
    ///
    /// If it is polled again after it was ready, as the futures of the standard library do.
    pub struct ResponseFuture<S, L, Req> where S: Service<Req> {
        #[pin]
        state: State<S, S::Future, L, Req>,
        clock: Clock,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, L, Req> {
        Calling { #[pin] call: F, permit: Option<Permit> },
        // Boxed: only a call that finds no place comes here.
        Waiting { waiting: Box<Waiting<S, L, Req>> },
        Full { rejected: Rejected },
        Done,
    }
}

struct Waiting<S, L, Req> {
    ticket: Ticket,
    /// Once it has its turn.
    permit: Option<Permit>,
    /// No place by then is none.
    until: Timestamp,
    timer: Pin<Box<Timer>>,
    later: S,
    request: Option<Req>,
    layer: ConcurrencyLayer<L>,
    told: Wait,
}

impl<S: Service<Req>, L, Req> ResponseFuture<S, L, Req> {
    pub(super) fn calling(call: S::Future, permit: Permit, clock: Clock) -> Self {
        Self {
            state: State::Calling {
                call,
                permit: Some(permit),
            },
            clock,
        }
    }

    /// Waits until `until` at the longest.
    pub(super) fn waiting(
        ticket: Ticket,
        until: Timestamp,
        later: S,
        request: Req,
        layer: ConcurrencyLayer<L>,
    ) -> Self {
        let clock = layer.clock;
        let waiting = Box::new(Waiting {
            ticket,
            permit: None,
            until,
            timer: Box::pin(Timer::new()),
            later,
            request: Some(request),
            told: Wait::begin(&layer.watcher, clock, Cause::Concurrency, Key::ALL, None),
            layer,
        });
        let state = State::Waiting { waiting };
        Self { state, clock }
    }

    pub(super) const fn full(rejected: Rejected, clock: Clock) -> Self {
        let state = State::Full { rejected };
        Self { state, clock }
    }
}

impl<S, L, Req, B> Future for ResponseFuture<S, L, Req>
where
    S: Service<Req, Response = Response<B>>,
    S::Error: Into<BoxError>,
    L: Look<Req>,
    B: Body,
{
    type Output = Result<Response<PermitBody<B>>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let clock = *this.clock;
        loop {
            let result = match this.state.as_mut().project() {
                StateProj::Calling { call, permit } => {
                    let result = ready!(call.poll(cx)).map_err(Into::into);
                    let permit = permit.take().expect("polled after it was ready");
                    ended(result, permit, clock)
                }
                StateProj::Waiting { waiting } => match waiting.poll(clock, cx) {
                    Poll::Ready(Ok((call, permit))) => {
                        let permit = Some(permit);
                        this.state.set(State::Calling { call, permit });
                        continue;
                    }
                    Poll::Ready(Err(error)) => Err(error),
                    Poll::Pending if CallTime::current().is_up() => {
                        Err(waiting.layer.refused(Why::Deadline).into())
                    }
                    Poll::Pending => return Poll::Pending,
                },
                StateProj::Full { rejected } => Err((*rejected).into()),
                StateProj::Done => panic!("polled after it was ready"),
            };
            // The place in the queue is given up now, and not when the caller drops this.
            this.state.set(State::Done);
            return Poll::Ready(result);
        }
    }
}

fn ended<B: Body>(
    result: Result<Response<B>, BoxError>,
    permit: Permit,
    clock: Clock,
) -> Result<Response<PermitBody<B>>, BoxError> {
    let class = match &result {
        Ok(response) => response.outcome(clock).class(),
        Err(error) => failure::outcome(&**error).class(),
    };
    permit.ended(class, clock.now());
    Ok(result?.map(|body| PermitBody::new(body, permit)))
}

impl<S, L, Req> Waiting<S, L, Req>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
    L: Look<Req>,
{
    /// The call, and its place.
    fn poll(
        &mut self,
        clock: Clock,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(S::Future, Permit), BoxError>> {
        if self.permit.is_none() {
            let Poll::Ready(permit) = self.ticket.poll(cx, || clock.now()) else {
                let timer = self.timer.as_mut();
                ready!(timer.poll_at(self.until, clock.now(), cx));
                return Poll::Ready(Err(self.layer.refused(Why::Concurrency).into()));
            };
            self.permit = Some(permit);
        }
        if let Err(error) = ready!(self.later.poll_ready(cx)) {
            return Poll::Ready(Err(error.into()));
        }
        let (Some(request), Some(mut permit)) = (self.request.take(), self.permit.take()) else {
            panic!("polled after it was ready");
        };
        let now = clock.now();
        if let Some(rejected) = self.layer.look.look(&request, now) {
            return Poll::Ready(Err(self.layer.told(rejected).into()));
        }
        self.told.over();
        permit.begin(now);
        Poll::Ready(Ok((self.later.call(request), permit)))
    }
}

impl<S: Service<Req>, L, Req> fmt::Debug for ResponseFuture<S, L, Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("concurrency::ResponseFuture")
            .finish_non_exhaustive()
    }
}
