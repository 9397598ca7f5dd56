//! An answer's fields, as the tables of the providers ask for them.

use std::time::Duration;

use buttress_core::UnixTime;
use buttress_core::classify::Reply;
use buttress_core::hint;
use http::StatusCode;
use serde_json::Value;

use crate::json;

/// A reply and its body as JSON.
pub(crate) struct Fields<'a> {
    reply: &'a Reply<'a>,
    body: Value,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(reply: &'a Reply<'a>) -> Self {
        Self {
            reply,
            body: json::parse(reply.body),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.reply.status
    }

    /// The text at a JSON pointer (RFC 6901); empty if there is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The items of the array at a JSON pointer.
    pub(crate) fn items(&self, pointer: &str) -> &[Value] {
        self.body
            .pointer(pointer)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The wait until the Unix time in whole seconds at a JSON pointer.
    pub(crate) fn until(&self, pointer: &str) -> Option<Duration> {
        let seconds = self.body.pointer(pointer)?.as_i64()?;
        Some(UnixTime::from_secs(seconds).since(self.server_now()))
    }

    /// A header's value, without the white space around it, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let value = self.reply.headers.get(name)?.as_bytes();
        std::str::from_utf8(value.trim_ascii()).ok()
    }

    /// A header that holds a whole number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        let text = self.header(name)?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse().ok()).flatten()
    }

    /// The time by the server's own clock.
    pub(crate) fn server_now(&self) -> UnixTime {
        hint::server_now(self.reply.headers, self.reply.now())
    }
}
