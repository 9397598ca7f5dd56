//! How a request is read and copied.

use std::any::Any;

use buttress_core::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{Empty, Full};

use super::attempt_header::AttemptHeader;
use super::idempotency::IdempotencyHeader;
use crate::look::Holds;
use crate::options::{CallOptions, Extension, ReadOptions};

/// How a retry reads a request, and makes the copy that it keeps.
///
/// A type of its own, and not a trait of the request, so that requests of any crate can be repeated: implement it for a
/// type of yours.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot read and copy the request `{Req}`",
    note = "for a request that is not `http::Request`, give `RetryLayer::with_replay` the `Cloned` of this module, or a type of yours"
)]
pub trait Replay<Req> {
    /// A second request like the first, or `None` if there cannot be one: its body is a stream.
    fn copy(&self, request: &Req) -> Option<Req>;

    /// Whether sending the request twice does no more than sending it once.
    fn is_repeatable(&self, request: &Req) -> bool;

    /// What the caller says of this call.
    fn options(&self, _request: &Req) -> CallOptions {
        CallOptions::default()
    }

    /// Writes into the request what all its attempts are to have, before the first is sent or copied.
    fn prepare(&self, _request: &mut Req) {}

    /// Writes the attempt's number into the request, if that is wanted. Attempts count from 1.
    fn number(&self, _request: &mut Req, _attempt: u32) {}

    /// Until when a layer further in would hold the request anyway, if that is known: then the waiting is left to it.
    fn held_until(&self, _request: &Req, _now: Timestamp) -> Option<Timestamp> {
        None
    }
}

/// A [`Replay`] that knows until when a layer further in holds a request. Made by
/// [`RetryLayer::with_pause`](super::RetryLayer::with_pause).
#[derive(Clone, Debug)]
pub struct WithPause<R, H> {
    replay: R,
    holds: H,
}

impl<R, H> WithPause<R, H> {
    pub(super) const fn new(replay: R, holds: H) -> Self {
        Self { replay, holds }
    }
}

impl<Req, R: Replay<Req>, H: Holds<Req>> Replay<Req> for WithPause<R, H> {
    fn copy(&self, request: &Req) -> Option<Req> {
        self.replay.copy(request)
    }

    fn is_repeatable(&self, request: &Req) -> bool {
        self.replay.is_repeatable(request)
    }

    fn options(&self, request: &Req) -> CallOptions {
        self.replay.options(request)
    }

    fn prepare(&self, request: &mut Req) {
        self.replay.prepare(request);
    }

    fn number(&self, request: &mut Req, attempt: u32) {
        self.replay.number(request, attempt);
    }

    fn held_until(&self, request: &Req, now: Timestamp) -> Option<Timestamp> {
        self.holds.held_until(request, now)
    }
}

/// [`http::Request`]s, by RFC 9110.
///
/// A request is repeatable if its method is idempotent (section 9.2.2), if it has an `Idempotency-Key` (or in its place the
/// [header](Http::with_idempotency_header) that the server honours), or if the caller says so in [`CallOptions`]. Bodies
/// that can be copied are: [`Bytes`], [`Full`] and [`Empty`] of `Bytes`, `String`, `Vec<u8>`, `&'static str`, `()`, and with
/// the feature `reqwest` its bodies that are not streams. A request with another body is sent once.
#[derive(Clone, Debug, Default)]
pub struct Http {
    attempt_header: Option<AttemptHeader>,
    idempotency_header: IdempotencyHeader,
}

impl Http {
    /// With a header that tells which attempt this is. A request that has it already keeps its own.
    #[must_use]
    pub fn with_attempt_header(self, header: AttemptHeader) -> Self {
        Self {
            attempt_header: Some(header),
            ..self
        }
    }

    /// With another header that makes a request repeatable, or with one that is written into each request.
    #[must_use]
    pub fn with_idempotency_header(self, idempotency_header: IdempotencyHeader) -> Self {
        Self {
            idempotency_header,
            ..self
        }
    }
}

impl Http {
    fn write_number(&self, headers: &mut HeaderMap, attempt: u32, options: &CallOptions) {
        if let Some(header) = &self.attempt_header {
            header.write(headers, attempt, options.max_attempts());
        }
    }
}

impl<B: 'static> Replay<Request<B>> for Http {
    #[inline]
    fn copy(&self, request: &Request<B>) -> Option<Request<B>> {
        let mut copy = Request::new(copy_body(request.body())?);
        *copy.method_mut() = request.method().clone();
        *copy.uri_mut() = request.uri().clone();
        *copy.version_mut() = request.version();
        *copy.headers_mut() = request.headers().clone();
        *copy.extensions_mut() = request.extensions().clone();
        Some(copy)
    }

    fn is_repeatable(&self, request: &Request<B>) -> bool {
        request.method().is_idempotent() || self.idempotency_header.is_in(request.headers())
    }

    fn options(&self, request: &Request<B>) -> CallOptions {
        Extension.options(request)
    }

    fn prepare(&self, request: &mut Request<B>) {
        let method = request.method().clone();
        self.idempotency_header.add(&method, request.headers_mut());
    }

    fn number(&self, request: &mut Request<B>, attempt: u32) {
        if self.attempt_header.is_none() {
            return;
        }
        let options = self.options(request);
        if !options.omits_attempt_header() {
            self.write_number(request.headers_mut(), attempt, &options);
        }
    }
}

#[cfg(feature = "reqwest")]
impl Replay<reqwest::Request> for Http {
    fn copy(&self, request: &reqwest::Request) -> Option<reqwest::Request> {
        request.try_clone()
    }

    fn is_repeatable(&self, request: &reqwest::Request) -> bool {
        request.method().is_idempotent() || self.idempotency_header.is_in(request.headers())
    }

    fn prepare(&self, request: &mut reqwest::Request) {
        let method = request.method().clone();
        self.idempotency_header.add(&method, request.headers_mut());
    }

    fn number(&self, request: &mut reqwest::Request, attempt: u32) {
        self.write_number(request.headers_mut(), attempt, &CallOptions::default());
    }
}

/// Requests that are `Clone`, and of which the user says that sending them twice does no more than sending them once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cloned;

impl<Req: Clone> Replay<Req> for Cloned {
    fn copy(&self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }

    fn is_repeatable(&self, _request: &Req) -> bool {
        true
    }
}

/// The body again, if it is of a kind that can be copied. The kinds are told apart when the program is compiled, so
/// that a body of any type can pass.
fn copy_body<B: 'static>(body: &B) -> Option<B> {
    copy_as::<Bytes, B>(body)
        .or_else(|| copy_as::<Full<Bytes>, B>(body))
        .or_else(|| copy_as::<Empty<Bytes>, B>(body))
        .or_else(|| copy_as::<String, B>(body))
        .or_else(|| copy_as::<Vec<u8>, B>(body))
        .or_else(|| copy_as::<&'static str, B>(body))
        .or_else(|| copy_as::<(), B>(body))
        .or_else(|| copy_reqwest(body))
}

fn copy_as<Known: Clone + 'static, B: 'static>(body: &B) -> Option<B> {
    let known = (body as &dyn Any).downcast_ref::<Known>()?;
    back(Some(known.clone()))
}

/// Gives a value its own type back: `Known` and `B` are the same type, or this is `None`.
fn back<Known: 'static, B: 'static>(mut known: Option<Known>) -> Option<B> {
    (&mut known as &mut dyn Any)
        .downcast_mut::<Option<B>>()?
        .take()
}

/// reqwest keeps its cheap copy to itself, so that the bytes are copied.
#[cfg(feature = "reqwest")]
fn copy_reqwest<B: 'static>(body: &B) -> Option<B> {
    let bytes = (body as &dyn Any)
        .downcast_ref::<reqwest::Body>()?
        .as_bytes()?;
    back(Some(reqwest::Body::from(Bytes::copy_from_slice(bytes))))
}

#[cfg(not(feature = "reqwest"))]
fn copy_reqwest<B: 'static>(_body: &B) -> Option<B> {
    None
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, Method};

    use super::*;

    #[test]
    fn a_copy_has_everything_of_the_request() {
        let request = Request::put("http://a/b?c")
            .version(http::Version::HTTP_2)
            .header("x", "1")
            .extension(7_u8);
        let request = request.body(Full::new(Bytes::from("body"))).unwrap();
        let copy = Http::default().copy(&request).unwrap();
        assert_eq!(
            (copy.method(), copy.uri(), copy.version()),
            (request.method(), request.uri(), request.version())
        );
        assert_eq!(
            (copy.headers(), copy.extensions().get::<u8>()),
            (request.headers(), Some(&7))
        );
    }

    #[test]
    fn known_bodies_are_copied_and_streams_are_not() {
        assert_eq!(copy_body(&Bytes::from("x")), Some(Bytes::from("x")));
        assert_eq!(copy_body(&String::from("x")), Some(String::from("x")));
        assert_eq!(copy_body(&"x"), Some("x"));
        assert_eq!(copy_body(&vec![1_u8]), Some(vec![1]));
        assert_eq!(copy_body(&()), Some(()));
        assert!(copy_body(&Empty::<Bytes>::new()).is_some());
        struct Stream;
        assert!(copy_body(&Stream).is_none());
    }

    #[test]
    fn idempotent_methods_and_keys_are_repeatable() {
        let repeatable = |request: http::request::Builder| {
            Replay::<Request<()>>::is_repeatable(&Http::default(), &request.body(()).unwrap())
        };
        for method in [
            Method::GET,
            Method::HEAD,
            Method::OPTIONS,
            Method::PUT,
            Method::DELETE,
            Method::TRACE,
        ] {
            assert!(repeatable(Request::builder().method(method)));
        }
        for method in [Method::POST, Method::PATCH, Method::CONNECT] {
            assert!(!repeatable(Request::builder().method(&method)));
            assert!(repeatable(
                Request::builder()
                    .method(method)
                    .header("Idempotency-Key", "k")
            ));
        }
    }

    #[test]
    fn the_attempts_number_is_the_callers_if_the_caller_gave_one() {
        let name = HeaderName::from_static("x-attempt");
        let http = Http::default().with_attempt_header(AttemptHeader::attempts(name.clone()));
        let mut request = Request::new(());
        http.number(&mut request, 3);
        assert_eq!(request.headers()[&name], "3");
        http.number(&mut request, 4);
        assert_eq!(request.headers()[&name], "3");
        let mut request = Request::new(());
        request
            .extensions_mut()
            .insert(CallOptions::default().without_attempt_header());
        http.number(&mut request, 1);
        assert!(request.headers().is_empty());
    }
}
