use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use buttress_core::BoxError;
use bytes::Bytes;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use reqwest::{ResponseBuilderExt, Url};
use tower_layer::Layer;
use tower_service::Service;

use crate::class::failed;
use crate::transport::FinalUrl;

/// Makes a stack of [`http`] types a service of [`reqwest::Request`] and [`reqwest::Response`]. The outermost layer.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeLayer;

impl<S> Layer<S> for NativeLayer {
    type Service = Native<S>;

    fn layer(&self, inner: S) -> Native<S> {
        Native { inner }
    }
}

/// A service of [`reqwest::Request`]. Made by [`NativeLayer`].
#[derive(Clone, Debug)]
pub struct Native<S> {
    inner: S,
}

impl<S, B> Service<reqwest::Request> for Native<S>
where
    S: Service<http::Request<reqwest::Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    type Response = reqwest::Response;
    type Error = BoxError;
    type Future = NativeFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: reqwest::Request) -> Self::Future {
        let url = request.url().clone();
        let state = match http::Request::try_from(request) {
            Ok(request) => State::Sent {
                response: self.inner.call(request),
            },
            Err(error) => State::Refused {
                error: Some(failed(error)),
            },
        };
        NativeFuture {
            state,
            url: Some(url),
        }
    }
}

pin_project! {
    /// The stack's answer, as reqwest's.
    pub struct NativeFuture<F> {
        #[pin]
        state: State<F>,
        url: Option<Url>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Sent { #[pin] response: F },
        Refused { error: Option<BoxError> },
    }
}

impl<F, B, E> Future for NativeFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Result<reqwest::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.state.project() {
            StateProj::Sent { response } => {
                let response = ready!(response.poll(cx)).map_err(Into::into)?;
                Poll::Ready(native(response, this.url.take()))
            }
            StateProj::Refused { error } => {
                let error = error
                    .take()
                    .unwrap_or_else(|| "polled after it was ready".into());
                Poll::Ready(Err(error))
            }
        }
    }
}

/// reqwest's response, with the URL that it came from: where a redirect led to, or what was asked for.
pub(crate) fn native<B>(
    mut response: Response<B>,
    asked: Option<Url>,
) -> Result<reqwest::Response, BoxError>
where
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    let moved = response
        .extensions_mut()
        .remove::<FinalUrl>()
        .map(|url| url.0);
    if let Some(mut url) = moved.or(asked) {
        // A fragment is not sent, and reqwest's own responses do not show it.
        url.set_fragment(None);
        // reqwest keeps the URL in an extension that only its builder can make.
        let (parts, ()) = Response::builder().url(url).body(())?.into_parts();
        response.extensions_mut().extend(parts.extensions);
    }
    Ok(response.map(reqwest::Body::wrap).into())
}

impl<F> fmt::Debug for NativeFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeFuture").finish_non_exhaustive()
    }
}
