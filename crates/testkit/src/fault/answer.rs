//! What is answered instead.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use super::{Fault, Hint, OddBody};
use crate::reply::{RETRY_AFTER_MS, Reply};
use crate::route::Dialect;
use crate::{github, openai};

/// Over the 64 KiB that a careful client reads of an error.
const HUGE: usize = 80 * 1_024;

/// The answer of a fault that stands instead of one; `None` for the other sorts.
pub(crate) fn instead(fault: &Fault, dialect: Dialect) -> Option<Reply> {
    let reply = match fault {
        Fault::ServerError => error(StatusCode::INTERNAL_SERVER_ERROR, dialect),
        Fault::Unavailable(hint) => hinted(StatusCode::SERVICE_UNAVAILABLE, hint, dialect),
        Fault::RateLimited(hint) => hinted(StatusCode::TOO_MANY_REQUESTS, hint, dialect),
        Fault::EdgeBadGateway => page(StatusCode::BAD_GATEWAY),
        Fault::EdgeTooManyRequests => page(StatusCode::TOO_MANY_REQUESTS),
        Fault::OddBody(status, odd) => spoiled(error(*status, dialect), *odd),
        _ => return None,
    };
    Some(reply)
}

/// An error of `status` in the words of the provider.
fn error(status: StatusCode, dialect: Dialect) -> Reply {
    match dialect {
        Dialect::OpenAi => openai::fault(status),
        Dialect::GitHub => github::fault(status),
    }
}

fn hinted(status: StatusCode, hint: &Hint, dialect: Dialect) -> Reply {
    let mut reply = error(status, dialect);
    let headers = reply.headers_mut();
    match hint {
        Hint::None => {}
        Hint::Seconds(seconds) => {
            headers.insert(RETRY_AFTER, (*seconds).into());
        }
        Hint::Millis(millis) => {
            headers.insert(RETRY_AFTER_MS, (*millis).into());
            headers.insert(RETRY_AFTER, millis.div_ceil(1_000).into());
        }
        Hint::Value(value) => {
            headers.insert(RETRY_AFTER, value.clone());
        }
    }
    reply
}

fn page(status: StatusCode) -> Reply {
    let html = format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n\
         <hr><center>edge</center>\r\n</body>\r\n</html>\r\n"
    );
    let mut reply = Response::new(Bytes::from(html));
    *reply.status_mut() = status;
    let html = HeaderValue::from_static("text/html");
    reply.headers_mut().insert(CONTENT_TYPE, html);
    reply
}

fn spoiled(reply: Reply, odd: OddBody) -> Reply {
    reply.map(|body| match odd {
        OddBody::Truncated => body.slice(..body.len() / 2),
        OddBody::Huge => padded(&body),
        OddBody::NotUtf8 => not_utf8(&body),
    })
}

// One more member, as the last of the object.
fn padded(body: &[u8]) -> Bytes {
    let mut bytes = BytesMut::from(body.strip_suffix(b"}").unwrap_or(body));
    bytes.extend_from_slice(b",\"padding\":\"");
    bytes.resize(HUGE, b'x');
    bytes.extend_from_slice(b"\"}");
    bytes.freeze()
}

// At the front of the first text: what a strict reader refuses is met before anything that tells the error.
fn not_utf8(body: &[u8]) -> Bytes {
    let start = b"\"message\":\"";
    let found = body.windows(start.len()).position(|it| it == start);
    let at = found.map_or(body.len(), |it| it + start.len());
    let mut bytes = BytesMut::from(&body[..at]);
    bytes.extend_from_slice(b"\xff\xfe\xc3\x28");
    bytes.extend_from_slice(&body[at..]);
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(odd: OddBody) -> Bytes {
        let fault = Fault::OddBody(StatusCode::TOO_MANY_REQUESTS, odd);
        instead(&fault, Dialect::OpenAi).unwrap().into_body()
    }

    #[test]
    fn a_truncated_body_is_not_json() {
        let body = odd(OddBody::Truncated);
        assert!(body.starts_with(b"{\"error\":"));
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
    }

    #[test]
    fn a_huge_body_is_json_and_tells_its_error_first() {
        let body = odd(OddBody::Huge);
        assert!(body.len() > 64 * 1_024);
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json["error"]["code"], "rate_limit_exceeded");
        assert!(body.starts_with(b"{\"error\":"));
    }

    #[test]
    fn a_body_of_other_bytes_is_not_utf8_and_otherwise_whole() {
        let body = odd(OddBody::NotUtf8);
        assert!(std::str::from_utf8(&body).is_err());
        let lossy = String::from_utf8_lossy(&body);
        let json: serde_json::Value = serde_json::from_str(&lossy).unwrap();
        assert_eq!(json["error"]["code"], "rate_limit_exceeded");
    }

    #[test]
    fn milliseconds_are_also_told_in_seconds_rounded_up() {
        let fault = Fault::Unavailable(Hint::Millis(1_001));
        let reply = instead(&fault, Dialect::GitHub).unwrap();
        assert_eq!(reply.headers()["retry-after-ms"], "1001");
        assert_eq!(reply.headers()["retry-after"], "2");
    }

    #[test]
    fn faults_that_come_after_the_answer_do_not_stand_instead() {
        assert!(instead(&Fault::ResetInBody, Dialect::OpenAi).is_none());
        assert!(instead(&Fault::EndlessBody, Dialect::GitHub).is_none());
    }
}
