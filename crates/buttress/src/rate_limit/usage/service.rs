use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::body::UsageBody;
use super::count::Count;
use super::estimate::of_body;
#[cfg(feature = "tiktoken")]
use super::exact::ExactTokens;
use crate::rate_limit::{Cost, Ticket};

/// Estimates costs, and settles them. See the [module](crate::rate_limit::usage).
#[derive(Clone, Copy, Debug, Default)]
pub struct UsageLayer {
    count: Count,
}

#[cfg(feature = "tiktoken")]
impl UsageLayer {
    /// Counts prompts, instead of estimating them.
    #[must_use]
    pub fn with_exact_tokens(self, tokens: ExactTokens) -> Self {
        let count = Count::Exactly(tokens);
        Self { count }
    }
}

impl<S> Layer<S> for UsageLayer {
    type Service = UsageService<S>;

    fn layer(&self, inner: S) -> UsageService<S> {
        let count = self.count;
        UsageService { inner, count }
    }
}

/// A service whose calls are paid by the tokens they use. See the [module](crate::rate_limit::usage).
#[derive(Clone, Copy, Debug)]
pub struct UsageService<S> {
    inner: S,
    count: Count,
}

impl<S, B, R> Service<Request<B>> for UsageService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    B: 'static,
{
    type Response = Response<UsageBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let ticket = Ticket::default();
        if request.extensions().get::<Cost>().is_none()
            && let Some(tokens) = of_body(request.body(), &self.count)
        {
            request.extensions_mut().insert(Cost(tokens));
        }
        request.extensions_mut().insert(ticket.clone());
        let attempt = self.inner.call(request);
        ResponseFuture { attempt, ticket }
    }
}

pin_project! {
    /// The response, whose body is looked at in passing.
    pub struct ResponseFuture<F> {
        #[pin]
        attempt: F,
        ticket: Ticket,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<UsageBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.attempt.poll(cx))?;
        // A failure reports no usage, and providers count failed calls as they please: its estimate stays.
        let ticket = response.status().is_success().then(|| this.ticket.clone());
        Poll::Ready(Ok(response.map(|body| UsageBody::new(body, ticket))))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("usage::ResponseFuture")
            .finish_non_exhaustive()
    }
}
