//! A row of the SDKs' tables.

use std::collections::BTreeMap;

use buttress_core::history::Cause;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use crate::report::{Mismatch, expect_eq};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) policy: Option<Policy>,
    pub(super) status: Option<u16>,
    headers: BTreeMap<String, String>,
    /// Headers too long to be written out, in place of what `headers` says of them.
    #[serde(default)]
    headers_expand: BTreeMap<String, Repeated>,
    pub(super) max_retries: Option<u32>,
    remaining_retries: Option<i64>,
    retries_done: Option<u32>,
    pub(super) expect: Expect,
}

#[derive(Clone, Copy, Deserialize)]
pub(super) enum Policy {
    #[serde(rename = "honour_any")]
    HonourAny,
    #[serde(rename = "honour_up_to_60s")]
    HonourUpTo60s,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeated {
    repeat: String,
    times: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) retry: Option<bool>,
    pub(super) attempts: Option<u32>,
    basis: Option<Basis>,
    delay_s: Option<f64>,
    delay_min_s: Option<f64>,
    delay_max_s: Option<f64>,
}

/// Who chose the wait.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Basis {
    Server,
    Backoff,
}

#[derive(Debug)]
pub(super) struct Wait {
    pub(super) cause: Cause,
    pub(super) least_s: f64,
    pub(super) greatest_s: f64,
}

impl Expect {
    pub(super) fn wait(&self) -> Result<Option<Wait>, Mismatch> {
        let range = (self.delay_min_s, self.delay_max_s);
        let (cause, least_s, greatest_s) = match (self.basis, self.delay_s, range) {
            (None, None, (None, None)) if self.is_of_a_call() => return Ok(None),
            (Some(Basis::Server), Some(delay), (None, None)) => (Cause::Hint, delay, delay),
            (Some(Basis::Backoff), None, (Some(least), Some(most))) => {
                (Cause::Backoff, least, most)
            }
            _ => return Err(Mismatch::unknown("delays that do not fit the basis")),
        };
        Ok(Some(Wait {
            cause,
            least_s,
            greatest_s,
        }))
    }

    fn is_of_a_call(&self) -> bool {
        self.retry.is_some() || self.attempts.is_some()
    }
}

impl Case {
    pub(super) fn headers(&self) -> Result<HeaderMap, Mismatch> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            insert(&mut headers, name, value)?;
        }
        for (name, long) in &self.headers_expand {
            insert(&mut headers, name, &long.repeat.repeat(long.times))?;
        }
        Ok(headers)
    }

    pub(super) fn is_call(&self) -> bool {
        self.status.is_some() || self.expect.is_of_a_call()
    }

    /// Three fields say two things, and must agree.
    pub(super) fn retries_done(&self) -> Result<u32, Mismatch> {
        let done = self.retries_done.unwrap_or(0);
        if let (Some(most), Some(left)) = (self.max_retries, self.remaining_retries) {
            expect_eq(i64::from(most) - left, i64::from(done))?;
        }
        Ok(done)
    }
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Mismatch> {
    let name: HeaderName = name.parse().map_err(Mismatch::unknown)?;
    let value = HeaderValue::from_bytes(value.as_bytes()).map_err(Mismatch::unknown)?;
    headers.insert(name, value);
    Ok(())
}
