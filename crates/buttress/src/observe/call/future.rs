use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use buttress_core::event::Story;
use buttress_core::{BoxError, Class, Event, Timestamp, failure};
use pin_project_lite::pin_project;

use super::layer::Shared;
use crate::carrier::Carrier;
use crate::observe::current;
use crate::observe::span::Span;

pin_project! {
    /// The inner service's answer.
    pub struct ResponseFuture<F, D> {
        #[pin]
        call: Option<F>,
        told: Option<Told<D>>,
    }

    impl<F, D> PinnedDrop for ResponseFuture<F, D> {
        /// What is dropped inside tells of it as a part of this call, and before its end.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(told) = this.told.as_mut().filter(|_| this.call.is_some()) {
                told.inside(|| this.call.set(None));
            }
        }
    }
}

impl<F, D> ResponseFuture<F, D> {
    pub(super) const fn new(call: F, told: Option<Told<D>>) -> Self {
        let call = Some(call);
        Self { call, told }
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
        let call = this.call.as_mut().as_pin_mut();
        let call = call.expect("polled after it was ready");
        let Some(told) = this.told else {
            return call.poll(cx).map_err(Into::into);
        };
        let result = ready!(told.inside(|| call.poll(cx))).map_err(Into::into);
        told.inside(|| this.call.set(None));
        told.answered(&result);
        Poll::Ready(result)
    }
}

/// A call that has been told of. Dropped without an answer, it ends without one.
pub(super) struct Told<D> {
    shared: Arc<Shared<D>>,
    began: Timestamp,
    story: Story,
    span: Span,
    is_over: bool,
}

impl<D> Told<D> {
    pub(super) fn begin(shared: Arc<Shared<D>>, span: Span) -> Self {
        Self {
            began: shared.clock.now(),
            shared,
            story: Story::default(),
            span,
            is_over: false,
        }
    }

    pub(super) fn inside<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let Self { story, span, .. } = self;
        span.inside(|| current::enter(story, work))
    }

    fn answered<T: Carrier>(&mut self, result: &Result<T, BoxError>) {
        let (class, status) = match result {
            Ok(response) => (
                response.outcome(self.shared.clock).class(),
                response.status(),
            ),
            Err(error) => (failure::outcome(&**error).class(), None),
        };
        self.end(Some(class), status);
    }

    fn end(&mut self, class: Option<Class>, status: Option<u16>) {
        self.is_over = true;
        let elapsed = self.shared.clock.now().since(self.began);
        let event = Event::CallEnded {
            class,
            status,
            elapsed,
            story: &self.story,
        };
        self.span.ended(status, class);
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
        f.debug_struct("call::ResponseFuture")
            .finish_non_exhaustive()
    }
}
