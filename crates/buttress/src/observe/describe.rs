use std::sync::Arc;

use buttress_core::event::About;
use http::uri::Authority;
use http::{HeaderName, HeaderValue, Method, Request};

/// Finds what may be told of a request.
pub trait Describe<Req> {
    /// What may be told of it.
    fn about<'a>(&'a self, request: &'a Req) -> About<'a>;

    /// The method alone, where nobody asks for the rest.
    fn method(&self, request: &Req) -> &'static str {
        self.about(request).method
    }
}

/// Tells of [`http::Request`]s: the method, the host and port of the URI, and what the user knows the call by.
///
/// That is the [`CorrelationId`] among the request's extensions, or else the header that
/// [`with_correlation_header`](Self::with_correlation_header) names. No other header is read, and none is written: the
/// `traceparent` of a trace passes as it is.
#[derive(Clone, Debug, Default)]
pub struct HttpRequests {
    correlation: Option<HeaderName>,
}

impl HttpRequests {
    /// With a header that holds what the user knows the call by. Of a value that is long only the beginning is told, and
    /// nothing of one that is not printable ASCII.
    #[must_use]
    pub fn with_correlation_header(self, name: HeaderName) -> Self {
        Self {
            correlation: Some(name),
        }
    }

    fn correlation<'a, B>(&self, request: &'a Request<B>) -> &'a str {
        let told = request.extensions().get::<CorrelationId>();
        let header = || request.headers().get(self.correlation.as_ref()?);
        let written = || header().map(HeaderValue::as_bytes);
        let told = told.map(|id| id.0.as_bytes()).or_else(written);
        told.map(printable).unwrap_or_default()
    }
}

impl<B> Describe<Request<B>> for HttpRequests {
    fn about<'a>(&'a self, request: &'a Request<B>) -> About<'a> {
        let mut about = About::default();
        about.method = self.method(request);
        // `host` leaves out what stands before an `@`, and the port.
        about.server = request.uri().host().unwrap_or_default();
        about.port = request.uri().authority().and_then(Authority::port_u16);
        about.correlation = self.correlation(request);
        about
    }

    fn method(&self, request: &Request<B>) -> &'static str {
        method(request.method())
    }
}

/// Tells nothing, of requests of any type.
#[derive(Clone, Copy, Debug, Default)]
pub struct Undescribed;

impl<Req> Describe<Req> for Undescribed {
    fn about<'a>(&'a self, _request: &'a Req) -> About<'a> {
        About::default()
    }
}

/// What the user knows a call by: a request extension, read by [`HttpRequests`]. It stands in every line of its call.
///
/// Not for secrets: it is written into logs as it is, up to 128 bytes of it, if it is printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    /// The call is known as `id`.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }
}

/// Three UUIDs' length, and a bound on what a stranger's header puts into each line.
const LONGEST: usize = 128;

/// Printable, so that nobody breaks a line of the log in two, or a terminal.
fn printable(bytes: &[u8]) -> &str {
    let cut = &bytes[..bytes.len().min(LONGEST)];
    let is_printable = cut.iter().all(|byte| (b' '..=b'~').contains(byte));
    let text = std::str::from_utf8(cut).ok().filter(|_| is_printable);
    text.unwrap_or_default()
}

/// The methods that OpenTelemetry knows: those of RFC 9110, and PATCH of RFC 5789. Whatever else a caller makes up is one
/// value, so that a label of it is bounded.
pub(super) const METHODS: [&str; 10] = [
    "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "_OTHER",
];

fn method(method: &Method) -> &'static str {
    let known = METHODS.iter().find(|known| **known == method.as_str());
    known.copied().unwrap_or("_OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(request: &Request<()>) -> About<'_> {
        static HTTP: HttpRequests = HttpRequests { correlation: None };
        HTTP.about(request)
    }

    fn by_header(value: &[u8]) -> String {
        let http = HttpRequests::default().with_correlation_header(HeaderName::from_static("x-id"));
        let value = HeaderValue::from_bytes(value).unwrap();
        let request = Request::get("/").header("x-id", value).body(()).unwrap();
        http.about(&request).correlation.to_owned()
    }

    #[test]
    fn of_a_url_the_host_and_the_port_are_told_and_nothing_else() {
        let uri = "https://user:secret@api.example.com:8443/path?key=secret#secret";
        let request = Request::post(uri).body(()).unwrap();
        let told = about(&request);
        let expected = ("POST", "api.example.com", Some(8443));
        assert_eq!((told.method, told.server, told.port), expected);
        assert!(!format!("{told:?}").contains("secret"));
    }

    #[test]
    fn a_method_that_a_caller_made_up_is_one_of_the_others() {
        for (method, told) in [("PATCH", "PATCH"), ("patch", "_OTHER"), ("BREW", "_OTHER")] {
            let request = Request::builder().method(method).body(()).unwrap();
            assert_eq!(about(&request).method, told);
        }
    }

    #[test]
    fn a_header_is_read_if_it_is_named_and_its_value_can_be_printed() {
        assert_eq!(by_header(b"job 7"), "job 7");
        assert_eq!(by_header(b"with\ttab"), "");
        assert_eq!(by_header(b"\xff"), "");
        assert_eq!(by_header(&[b'a'; 1_000]), "a".repeat(128));
        let request = Request::get("/").header("x-id", "7").body(()).unwrap();
        assert_eq!(about(&request).correlation, "");
    }

    #[test]
    fn what_the_extension_says_goes_before_the_header() {
        let http = HttpRequests::default().with_correlation_header(HeaderName::from_static("x-id"));
        let request = Request::get("/").header("x-id", "header");
        let request = request.extension(CorrelationId::new("extension"));
        assert_eq!(
            http.about(&request.body(()).unwrap()).correlation,
            "extension"
        );
    }
}
