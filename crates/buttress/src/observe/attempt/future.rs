use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use buttress_core::event::About;
use buttress_core::{BoxError, Event, Outcome, Timestamp, failure};
use pin_project_lite::pin_project;

use super::layer::Shared;
use crate::carrier::Carrier;
use crate::observe::current;
use crate::observe::span::Span;

pin_project! {
    /// The inner service's answer.
    pub struct ResponseFuture<F, D> {
        #[pin]
        attempt: Option<F>,
        told: Option<Told<D>>,
    }

    impl<F, D> PinnedDrop for ResponseFuture<F, D> {
        /// What is dropped inside tells of it as a part of this attempt, and before its end.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(told) = this.told.as_mut().filter(|_| this.attempt.is_some()) {
                told.inside(|| this.attempt.set(None));
            }
        }
    }
}

impl<F, D> ResponseFuture<F, D> {
    pub(super) const fn new(attempt: F, told: Option<Told<D>>) -> Self {
        let attempt = Some(attempt);
        Self { attempt, told }
    }
}

impl<F, D, T, E> Future for ResponseFuture<F, D>
where
    F: Future<Output = Result<T, E>>,
    T: Carrier,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let attempt = this.attempt.as_mut().as_pin_mut();
        let attempt = attempt.expect("polled after it was ready");
        let Some(told) = this.told else {
            return attempt.poll(cx).map_err(Into::into);
        };
        let result = ready!(told.inside(|| attempt.poll(cx))).map_err(Into::into);
        told.inside(|| this.attempt.set(None));
        told.answered(&result);
        Poll::Ready(result)
    }
}

/// An attempt that is told of when it ends. Dropped without an answer, it ends without one.
pub(super) struct Told<D> {
    shared: Arc<Shared<D>>,
    attempt: u32,
    had_slot: bool,
    method: &'static str,
    began: Timestamp,
    span: Span,
    is_over: bool,
}

impl<D> Told<D> {
    pub(super) fn begin(shared: Arc<Shared<D>>, about: &About<'_>) -> Self {
        let (attempt, had_slot) = current::attempt_began();
        let span = match shared.has_spans {
            true => Span::attempt(about, attempt),
            false => Span::none(),
        };
        Self {
            attempt,
            had_slot,
            method: about.method,
            began: shared.clock.now(),
            shared,
            span,
            is_over: false,
        }
    }

    pub(super) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.inside(work)
    }

    fn answered<T: Carrier>(&mut self, result: &Result<T, BoxError>) {
        let (outcome, status) = match result {
            Ok(response) => (response.outcome(self.shared.clock), response.status()),
            Err(error) => (failure::outcome(&**error), None),
        };
        self.end(Some(&outcome), status);
    }

    fn end(&mut self, outcome: Option<&Outcome>, status: Option<u16>) {
        self.is_over = true;
        let event = Event::AttemptEnded {
            attempt: self.attempt,
            method: self.method,
            outcome,
            status,
            elapsed: self.shared.clock.now().since(self.began),
            had_slot: self.had_slot,
        };
        self.span.ended(status, outcome.map(Outcome::class));
        self.span.inside(|| self.shared.watcher.observe(&event));
    }
}

impl<D> Drop for Told<D> {
    fn drop(&mut self) {
        if !self.is_over {
            self.end(None, None);
        }
    }
}

impl<F, D> fmt::Debug for ResponseFuture<F, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("attempt::ResponseFuture")
            .finish_non_exhaustive()
    }
}
