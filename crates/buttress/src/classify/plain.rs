//! Judging what is not HTTP.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use buttress_core::{BoxError, Failure, Outcome, Rejected, Timestamp};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::carrier::Classified;
use crate::time::Clock;

/// Judges each attempt of a service that does not speak HTTP by a function of its result.
///
/// The response becomes a [`Classified`] one, which carries the outcome; an error becomes the source of a
/// [`Failure`](buttress_core::Failure).
///
/// ```
/// use buttress::classify::classify_fn;
/// use buttress::core::{Class, Outcome};
///
/// let layer = classify_fn(|result: Result<&u32, &std::io::Error>| match result {
///     Ok(0) => Outcome::new(Class::Unavailable),
///     Ok(_) => Outcome::new(Class::Ok),
///     Err(_) => Outcome::new(Class::Connect),
/// });
/// # let _ = layer;
/// ```
pub const fn classify_fn<F>(judge: F) -> ClassifyFnLayer<F> {
    ClassifyFnLayer { judge }
}

/// Made by [`classify_fn`].
#[derive(Clone, Copy)]
pub struct ClassifyFnLayer<F> {
    judge: F,
}

impl<S, F: Clone> Layer<S> for ClassifyFnLayer<F> {
    type Service = ClassifyFn<S, F>;

    fn layer(&self, inner: S) -> ClassifyFn<S, F> {
        ClassifyFn {
            inner,
            judge: self.judge.clone(),
            clock: Clock::default(),
        }
    }
}

/// A service whose results are judged by a function.
#[derive(Clone, Copy)]
pub struct ClassifyFn<S, F> {
    inner: S,
    judge: F,
    clock: Clock,
}

impl<S, F, Req> Service<Req> for ClassifyFn<S, F>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
    F: FnMut(Result<&S::Response, &S::Error>) -> Outcome + Clone,
{
    type Response = Classified<S::Response>;
    type Error = BoxError;
    type Future = ClassifyFnFuture<S::Future, F>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let (judge, clock) = (self.judge.clone(), self.clock);
        ClassifyFnFuture {
            attempt: self.inner.call(request),
            judge,
            clock,
            began: clock.now(),
        }
    }
}

pin_project! {
    /// The result, once it is judged.
    pub struct ClassifyFnFuture<A, F> {
        #[pin]
        attempt: A,
        judge: F,
        clock: Clock,
        began: Timestamp,
    }
}

impl<A, F, T, E> Future for ClassifyFnFuture<A, F>
where
    A: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
    F: FnMut(Result<&T, &E>) -> Outcome,
{
    type Output = Result<Classified<T>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.attempt.poll(cx));
        let outcome = (this.judge)(result.as_ref());
        let received = this.clock.now();
        let outcome = outcome.with_timing(received.since(*this.began), received);
        Poll::Ready(match result {
            Ok(response) => Ok(Classified::new(response, outcome)),
            Err(error) => Err(failed(outcome, error.into())),
        })
    }
}

/// A refusal of ours passes as it is: whatever the function says of it, nothing was sent.
fn failed(outcome: Outcome, error: BoxError) -> BoxError {
    match Rejected::find(&*error) {
        Some(_) => error,
        None => Box::new(Failure::new(outcome, error)),
    }
}

impl<F> fmt::Debug for ClassifyFnLayer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassifyFnLayer").finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, F> fmt::Debug for ClassifyFn<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassifyFn")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<A, F> fmt::Debug for ClassifyFnFuture<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassifyFnFuture").finish_non_exhaustive()
    }
}
