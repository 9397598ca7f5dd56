use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use buttress_core::classify::{Reply, generic};
use buttress_core::{BoxError, Class, Outcome, Repeat, Timestamp};
use http::response::Parts;
use http::{Extensions, HeaderMap, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;

use super::layer::Shared;
use super::peek::Peek;
use super::peeked_body::PeekedBody;
use super::watch::Watch;
use crate::judge;

pin_project! {
    /// The answer, once it is judged.
    ///
    /// # Panics
    ///
    /// If it is polled again after it was ready, as the futures of the standard library do.
    pub struct ResponseFuture<F, B> where B: Body {
        #[pin]
        state: State<F, B>,
        shared: Arc<Shared>,
        began: Timestamp,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B> where B: Body {
        Waiting { #[pin] attempt: F },
        // Boxed: only a failure comes here.
        Peeking { peeking: Option<Box<Peeking<B>>> },
    }
}

struct Peeking<B: Body> {
    head: Parts,
    received: Timestamp,
    peek: Peek<B>,
}

impl<F, B: Body> ResponseFuture<F, B> {
    #[inline]
    pub(super) const fn new(attempt: F, shared: Arc<Shared>, began: Timestamp) -> Self {
        Self {
            state: State::Waiting { attempt },
            shared,
            began,
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body,
{
    type Output = Result<Response<PeekedBody<B>>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Waiting { attempt } => match ready!(attempt.poll(cx)) {
                    Ok(response) if this.shared.needs_body(&response) => {
                        let peeking = Some(Box::new(this.shared.peek(response)));
                        State::Peeking { peeking }
                    }
                    Ok(response) => {
                        return Poll::Ready(Ok(judged(this.shared, response, *this.began)));
                    }
                    Err(error) => {
                        return Poll::Ready(Err(this.shared.failed(error.into(), *this.began)));
                    }
                },
                StateProj::Peeking { peeking } => {
                    if let Some(peeking) = peeking {
                        ready!(peeking.peek.poll(cx));
                    }
                    let peeking = peeking.take().expect("polled after it was ready");
                    return Poll::Ready(Ok(this.shared.peeked(*peeking, *this.began)));
                }
            };
            this.state.set(next);
        }
    }
}

/// The happy path: no clock is read, and nothing is written down.
fn judged<B: Body>(
    shared: &Arc<Shared>,
    mut response: Response<B>,
    began: Timestamp,
) -> Response<PeekedBody<B>> {
    let outcome = shared.judge(response.status(), response.headers(), b"");
    if !is_plainly_good(response.status(), &outcome) {
        let received = shared.clock.now();
        shared.put(response.extensions_mut(), outcome, began, received);
    } else if shared.watches
        && !response.body().is_end_stream()
        && let Some(watch) = Watch::of(shared, &mut response, began)
    {
        return response.map(|body| PeekedBody::watched(body, watch));
    }
    response.map(PeekedBody::untouched)
}

impl Shared {
    /// A body is read where a rule asks for it, and where another attempt may follow: read to its end, it leaves its
    /// connection to that attempt.
    fn needs_body<B: Body>(&self, response: &Response<B>) -> bool {
        let (status, headers) = (response.status(), response.headers());
        let may_be_repeated = || generic::judge(status).repeat() != Repeat::Never;
        (self.rules.read_body(status, headers) || may_be_repeated())
            && !response.body().is_end_stream()
    }

    fn peek<B: Body>(&self, response: Response<B>) -> Peeking<B> {
        let received = self.clock.now();
        let (head, body) = response.into_parts();
        Peeking {
            head,
            received,
            peek: Peek::new(body, self.body_timeout),
        }
    }

    fn peeked<B: Body>(&self, peeking: Peeking<B>, began: Timestamp) -> Response<PeekedBody<B>> {
        let Peeking {
            mut head,
            received,
            peek,
        } = peeking;
        let outcome = self.judge(head.status, &head.headers, &peek.seen());
        if !is_plainly_good(head.status, &outcome) {
            self.put(&mut head.extensions, outcome, began, received);
        }
        Response::from_parts(head, peek.into_body())
    }

    pub(super) fn judge(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Outcome {
        let wall = || self.clock.wall();
        self.rules.judge(&Reply {
            status,
            headers,
            body,
            wall: &wall,
        })
    }

    fn put(
        &self,
        extensions: &mut Extensions,
        outcome: Outcome,
        began: Timestamp,
        received: Timestamp,
    ) {
        let outcome = outcome.with_timing(received.since(began), received);
        self.observe(&outcome);
        extensions.insert(outcome);
    }

    fn failed(&self, error: BoxError, began: Timestamp) -> BoxError {
        let failure = judge::failure(error);
        if failure.outcome().class() == Class::Rejected {
            return failure.into_source();
        }
        let received = self.clock.now();
        let outcome = self.rules.judge_error(*failure.outcome(), &*failure);
        let outcome = outcome.with_timing(received.since(began), received);
        self.observe(&outcome);
        Box::new(failure.with_outcome(outcome))
    }
}

/// Whether the layers above would see the same without being told.
fn is_plainly_good(status: StatusCode, outcome: &Outcome) -> bool {
    outcome.is_ok() && status.as_u16() < 400
}

impl<F, B: Body> fmt::Debug for ResponseFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("classify::ResponseFuture")
            .finish_non_exhaustive()
    }
}
