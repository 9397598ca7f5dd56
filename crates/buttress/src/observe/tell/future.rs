use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use buttress_core::{BoxError, Outcome, Timestamp, failure};
use pin_project_lite::pin_project;

use super::{Answer, Shared, Subject};
use crate::carrier::Carrier;
use crate::observe::describe::Describe;
use crate::observe::span::Span;

pin_project! {
    /// The inner service's answer.
    ///
    /// # Panics
    ///
    /// If it is polled again after it was ready, as the futures of the standard library do.
    pub struct ResponseFuture<F, K: Subject, D> {
        #[pin]
        pub(super) answer: Option<F>,
        pub(super) told: Option<Told<K, D>>,
    }

    impl<F, K: Subject, D> PinnedDrop for ResponseFuture<F, K, D> {
        /// What is dropped inside tells of it as a part of this, and before its end.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(told) = this.told.as_mut().filter(|_| this.answer.is_some()) {
                told.inside(|| this.answer.set(None));
            }
        }
    }
}

impl<F, K, D, T, E> Future for ResponseFuture<F, K, D>
where
    F: Future<Output = Result<T, E>>,
    K: Subject,
    T: Carrier,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let answer = this.answer.as_mut().as_pin_mut();
        let answer = answer.expect("polled after it was ready");
        let Some(told) = this.told else {
            return answer.poll(cx).map_err(Into::into);
        };
        let result = ready!(told.inside(|| answer.poll(cx))).map_err(Into::into);
        told.inside(|| this.answer.set(None));
        told.answered(&result);
        Poll::Ready(result)
    }
}

/// What is told of when it ends. Dropped without an answer, it ends without one.
pub(super) struct Told<K: Subject, D> {
    shared: Arc<Shared<D>>,
    subject: K,
    span: Span,
    began: Timestamp,
    is_over: bool,
}

impl<K: Subject, D> Told<K, D> {
    /// `None` if nobody would hear of it.
    pub(super) fn begin<Req>(shared: &Arc<Shared<D>>, request: &Req) -> Option<Self>
    where
        D: Describe<Req>,
    {
        let (subject, span) = K::begin(shared, request)?;
        Some(Self {
            shared: Arc::clone(shared),
            subject,
            span,
            began: shared.clock.now(),
            is_over: false,
        })
    }

    pub(super) fn inside<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let Self { subject, span, .. } = self;
        span.inside(|| subject.inside(work))
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
        let event = self.subject.ended(&Answer {
            outcome,
            status,
            elapsed: self.shared.clock.now().since(self.began),
        });
        self.span.ended(status, outcome.map(Outcome::class));
        self.span.inside(|| self.shared.watcher.observe(&event));
    }
}

impl<K: Subject, D> Drop for Told<K, D> {
    fn drop(&mut self) {
        if !self.is_over {
            self.end(None, None);
        }
    }
}

impl<F, K: Subject, D> fmt::Debug for ResponseFuture<F, K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("tell::ResponseFuture")
            .finish_non_exhaustive()
    }
}
