use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use buttress_core::BoxError;
use http::{Request, Response, Uri};
use pin_project_lite::pin_project;
use reqwest::Url;
use tower_service::Service;

use crate::class::failed;

/// A [`reqwest::Client`] as a service of [`http::Request`]s.
///
/// Errors are [`Failure`](buttress_core::Failure)s around reqwest's own, without the URL.
///
/// reqwest repeats requests of its own accord when a protocol says that they were not processed. A stack cannot see
/// these attempts: make the client with [`Transport::build`], which switches them off, or do so yourself.
#[derive(Clone)]
pub struct Transport {
    client: reqwest::Client,
}

impl Transport {
    /// Sends by `client`.
    pub fn new(client: reqwest::Client) -> Self {
        Self { client }
    }

    /// Builds a client that does not repeat requests by itself.
    ///
    /// # Errors
    ///
    /// reqwest's, if the client cannot be built.
    pub fn build(builder: reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        builder
            .retry(reqwest::retry::never())
            .build()
            .map(Self::new)
    }
}

impl<B: Into<reqwest::Body>> Service<Request<B>> for Transport {
    type Response = Response<reqwest::Body>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Service::poll_ready(&mut self.client, cx).map_err(failed)
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let uri = request.uri().clone();
        let state = match reqwest::Request::try_from(request) {
            Ok(request) => State::Sent {
                response: self.client.call(request),
            },
            Err(error) => State::Refused {
                error: Some(failed(error)),
            },
        };
        ResponseFuture { state, uri }
    }
}

type Sent = <reqwest::Client as Service<reqwest::Request>>::Future;

pin_project! {
    /// The client's answer.
    pub struct ResponseFuture {
        #[pin]
        state: State,
        uri: Uri,
    }
}

pin_project! {
    #[project = StateProj]
    enum State {
        Sent { #[pin] response: Sent },
        Refused { error: Option<BoxError> },
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<reqwest::Body>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.state.project() {
            StateProj::Sent { response } => {
                let response = ready!(response.poll(cx)).map_err(failed)?;
                Poll::Ready(Ok(without_reqwest(response, this.uri)))
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

/// Where a redirect led to: an extension, so that [`reqwest::Response::url`] can be made right again.
#[derive(Clone)]
pub(crate) struct FinalUrl(pub(crate) Url);

fn without_reqwest(response: reqwest::Response, asked: &Uri) -> Response<reqwest::Body> {
    let moved = (!is_same(response.url(), asked)).then(|| FinalUrl(response.url().clone()));
    let mut response = Response::from(response);
    if let Some(url) = moved {
        response.extensions_mut().insert(url);
    }
    response
}

/// Compared in parts, so that a call that was not redirected copies no URL.
fn is_same(url: &Url, uri: &Uri) -> bool {
    uri.scheme_str() == Some(url.scheme())
        && uri.host() == url.host_str()
        && uri.port_u16() == url.port()
        && uri.path() == url.path()
        && uri.query() == url.query()
}

/// Not the client's own, which shows its default headers: keys may be among them.
impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("reqwest::ResponseFuture")
            .finish_non_exhaustive()
    }
}
