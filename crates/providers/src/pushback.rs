//! `grpc-retry-pushback-ms`: the server's word on another attempt (gRFC A6).

use std::time::Duration;

use crate::fields::Fields;

const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// What the server says of another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushback {
    /// Nothing.
    Absent,
    /// Another attempt, exactly then.
    Wait(Duration),
    /// No other attempt.
    Forbidden,
}

pub(crate) fn pushback(fields: &Fields<'_>) -> Pushback {
    let mut values = fields.headers().get_all(PUSHBACK).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else {
        return Pushback::Absent;
    };
    let digits = value.as_bytes().trim_ascii();
    let millis = std::str::from_utf8(digits)
        .ok()
        .filter(|text| second.is_none() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse::<i32>().ok())
        .and_then(|millis| u64::try_from(millis).ok());
    millis.map_or(Pushback::Forbidden, |millis| {
        Pushback::Wait(Duration::from_millis(millis))
    })
}
