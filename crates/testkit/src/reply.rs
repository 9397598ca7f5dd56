//! An answer before it is sent.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

pub(crate) const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

pub(crate) type Reply = Response<Bytes>;

/// How a request ended, for the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Done, and charged.
    Admitted,
    /// Refused by a limit that time lifts.
    Limited,
    /// Refused because it is larger than the whole limit.
    TooLarge,
    /// Refused because the quota is spent.
    QuotaSpent,
    /// Not done for another reason: a bad request, or a fault.
    NotDone,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) ending: Ending,
}

impl Answer {
    pub(crate) fn new(ending: Ending, reply: Reply) -> Self {
        Self { reply, ending }
    }
}

/// A reply with `body` as JSON, members in the order of the type: providers have an order, and clients that read a cut
/// body meet its beginning.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Reply {
    // Only maps with keys that are not texts fail, and none is sent here.
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut reply = Response::new(Bytes::from(text));
    *reply.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    reply.headers_mut().insert(CONTENT_TYPE, kind);
    reply
}

/// The bytes of `reply` in HTTP/1.1, and where its body begins among them.
pub(crate) fn on_the_wire(reply: &Reply) -> (Vec<u8>, usize) {
    let mut bytes = format!("HTTP/1.1 {}\r\n", reply.status()).into_bytes();
    for (name, value) in reply.headers() {
        line(&mut bytes, name.as_str(), value.as_bytes());
    }
    let length = reply.body().len().to_string();
    line(&mut bytes, "content-length", length.as_bytes());
    bytes.extend_from_slice(b"\r\n");
    let head = bytes.len();
    bytes.extend_from_slice(reply.body());
    (bytes, head)
}

fn line(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_on_the_wire_promises_the_length_it_has() {
        let reply = json(StatusCode::CREATED, &[1, 2, 3]);
        let (bytes, head) = on_the_wire(&reply);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("HTTP/1.1 201 Created\r\n"));
        assert!(text[..head].ends_with("content-length: 7\r\n\r\n"));
        assert_eq!(&text[head..], "[1,2,3]");
    }
}
