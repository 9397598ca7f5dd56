//! What is sent, and the inner service that answers it at once.
//!
//! Two kinds: a request that is nothing, so that a row shows the layer alone; and an HTTP exchange of the usual shape,
//! where copying a request and reading a response have their price.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use tower::Service;

/// The future of an inner service: done before it is polled.
pub(crate) type Answer<T> = Ready<Result<T, Infallible>>;

/// A kind of request, with the service that answers it.
pub(crate) trait Load: 'static {
    /// What is sent.
    type Request: Clone + Send + 'static;
    /// What is answered.
    type Response: Send + 'static;
    /// What answers.
    type Inner: Service<
            Self::Request,
            Response = Self::Response,
            Error = Infallible,
            Future = Answer<Self::Response>,
        > + Clone
        + Send
        + 'static;
    /// The name of the row that calls the inner service bare.
    const FLOOR: &'static str;

    /// A load, ready to be sent.
    fn new() -> Self;
    /// The next request. Its price is in the floor too, and so in no row's net.
    fn request(&self) -> Self::Request;
    /// The service to put layers on.
    fn inner() -> Self::Inner;
}

/// `()` is sent and `()` comes back.
#[derive(Debug)]
pub(crate) struct Unit;

impl Load for Unit {
    type Request = ();
    type Response = ();
    type Inner = UnitService;
    const FLOOR: &'static str = "floor";

    fn new() -> Self {
        Self
    }

    fn request(&self) {}

    fn inner() -> UnitService {
        UnitService
    }
}

/// Answers `()` at once.
#[derive(Clone, Debug)]
pub(crate) struct UnitService;

impl Service<()> for UnitService {
    type Response = ();
    type Error = Infallible;
    type Future = Answer<()>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

/// The headers of a call to an API: what a client sets, and what a client library adds.
const REQUEST: [(&str, &str); 8] = [
    ("host", "api.example.com"),
    ("user-agent", "buttress-bench"),
    ("accept", "application/json"),
    ("accept-encoding", "gzip, br"),
    ("authorization", "Bearer 0123456789abcdef0123456789abcdef"),
    ("content-type", "application/json"),
    ("content-length", "15"),
    ("x-request-id", "01234567-89ab-cdef-0123-456789abcdef"),
];

/// The headers of its answer. The limit's own are among them: a layer that reads them pays for it here as in production.
const RESPONSE: [(&str, &str); 8] = [
    ("date", "Mon, 02 Nov 2026 10:00:00 GMT"),
    ("content-type", "application/json"),
    ("content-length", "2"),
    ("cache-control", "no-store"),
    ("x-request-id", "01234567-89ab-cdef-0123-456789abcdef"),
    ("x-ratelimit-limit", "5000"),
    ("x-ratelimit-remaining", "4999"),
    ("x-ratelimit-reset", "1793613600"),
];

fn headers(pairs: [(&'static str, &'static str); 8]) -> HeaderMap {
    pairs
        .into_iter()
        .map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        })
        .collect()
}

/// A POST with 8 headers is sent, a 200 with 8 headers comes back.
#[derive(Debug)]
pub(crate) struct Http {
    request: Request<Full<Bytes>>,
}

impl Load for Http {
    type Request = Request<Full<Bytes>>;
    type Response = Response<Full<Bytes>>;
    type Inner = HttpService;
    const FLOOR: &'static str = "floor, http";

    fn new() -> Self {
        let mut request = Request::new(Full::from("{\"hello\":true}\n"));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = http::Uri::from_static("https://api.example.com/v1/things");
        *request.headers_mut() = headers(REQUEST);
        Self { request }
    }

    fn request(&self) -> Self::Request {
        self.request.clone()
    }

    fn inner() -> HttpService {
        let mut response = Response::new(Full::from("{}"));
        *response.headers_mut() = headers(RESPONSE);
        HttpService {
            response: Arc::new(response),
        }
    }
}

/// Answers a copy of its response at once.
///
/// The response is behind an `Arc`: layers clone the service that they wrap, and are not to pay for what is ours.
#[derive(Clone, Debug)]
pub(crate) struct HttpService {
    response: Arc<Response<Full<Bytes>>>,
}

impl Service<Request<Full<Bytes>>> for HttpService {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answer<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        ready(Ok(Response::clone(&self.response)))
    }
}
