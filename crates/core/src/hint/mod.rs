//! The server's word on when to come back.
//!
//! A hint is a wait and its source. Several may stand in one response; [`Hints`] takes them in order of rank and
//! keeps the first that is of use. [`retry_after`] reads the two headers that every HTTP server may send.

mod number;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::{HeaderMap, header};

use crate::http_date;
use crate::random::Random;
use crate::time::{UnixTime, saturating_nanos};

pub use self::number::{Grammar, decimal};
use self::number::{MILLI, SECOND, float};

const RETRY_AFTER_MS: &str = "retry-after-ms";

/// Where a hint was found, in order of rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HintSource {
    /// The `retry-after-ms` header.
    RetryAfterMs,
    /// The `Retry-After` header, as seconds.
    RetryAfter,
    /// The `Retry-After` header, as a date.
    RetryAfterDate,
    /// The `x-amz-retry-after` header of AWS, in milliseconds.
    XAmzRetryAfter,
    /// The `grpc-retry-pushback-ms` metadata of gRPC: to be waited to the millisecond, a zero included.
    GrpcPushback,
    /// A `google.rpc.RetryInfo`, in a JSON body or in a gRPC status.
    RetryInfo,
    /// Another field of a structured body.
    BodyField,
    /// A sentence in the body.
    BodyText,
    /// The IETF `RateLimit` field, where it says that nothing remains.
    RateLimitField,
    /// The reset header of the exhausted bucket.
    ResetHeader,
    /// What the provider documents for the case.
    DocumentedDefault,
    /// The hour at which a daily quota begins again.
    DailyReset,
}

impl HintSource {
    /// The name used in metrics and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RetryAfterMs => "retry_after_ms",
            Self::RetryAfter => "retry_after",
            Self::RetryAfterDate => "retry_after_date",
            Self::XAmzRetryAfter => "x_amz_retry_after",
            Self::GrpcPushback => "grpc_pushback",
            Self::RetryInfo => "retry_info",
            Self::BodyField => "body_field",
            Self::BodyText => "body_text",
            Self::RateLimitField => "ratelimit_field",
            Self::ResetHeader => "reset_header",
            Self::DocumentedDefault => "documented_default",
            Self::DailyReset => "daily_reset",
        }
    }
}

/// When to come back, counted from the arrival of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// How long to stay away. Zero means that the server said so, never that a hot loop is welcome.
    pub wait: Duration,
    /// Where it was found.
    pub source: HintSource,
}

/// A wait is lengthened by up to a tenth of it, so that a fleet that was told the same second does not come back in the
/// same millisecond; and never by more than this, so that a long wait does not grow much longer.
const LARGEST_MARGIN: u64 = 30_000_000_000;

/// `wait` and a random margin: never earlier.
pub(crate) fn lengthened(wait: Duration, longest: Duration, random: &mut impl Random) -> Duration {
    let (wait, longest) = (saturating_nanos(wait), saturating_nanos(longest));
    let most = (wait / 10)
        .min(LARGEST_MARGIN)
        .min(longest.saturating_sub(wait));
    Duration::from_nanos(wait.saturating_add(random.between(0, most)))
}

/// What one place that may hold a hint holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Nothing is there.
    Absent,
    /// Something is there that is not in the grammar.
    Malformed,
    /// A wait, which may be zero.
    Wait(Duration),
}

/// Hints of one response, offered in order of rank.
///
/// The first wait above zero is kept. A zero does not stop the search (Cloudflare sends `retry-after: 0` with
/// `"retry_after": 30` in the body), and is kept only if nothing better follows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    best: Option<Hint>,
    malformed: u8,
}

impl Hints {
    /// Takes what stands at the next place in order.
    pub fn offer(&mut self, source: HintSource, reading: Reading) {
        match reading {
            Reading::Absent => {}
            Reading::Malformed => self.malformed = self.malformed.saturating_add(1),
            Reading::Wait(wait) => self.offer_wait(Hint { wait, source }),
        }
    }

    fn offer_wait(&mut self, hint: Hint) {
        if hint.wait.is_zero() {
            self.malformed = self.malformed.saturating_add(1);
        }
        if self
            .best
            .is_none_or(|best| best.wait.is_zero() && !hint.wait.is_zero())
        {
            self.best = Some(hint);
        }
    }

    /// The hint to follow, if there is one.
    pub const fn best(&self) -> Option<Hint> {
        self.best
    }

    /// How many were there and are of no use: zero, past, negative or not in the grammar.
    pub const fn malformed(&self) -> u8 {
        self.malformed
    }

    /// Whether a wait above zero has been found, so that later places need no look.
    pub fn is_settled(&self) -> bool {
        self.best.is_some_and(|best| !best.wait.is_zero())
    }
}

/// Offers `retry-after-ms`, then `Retry-After`, in that order.
///
/// A date is measured from the response's own `Date` header if that can be read, so that a clock that runs wrong on
/// either side cancels out, and from `now` otherwise. Of several values of one header the longest valid one counts.
pub fn retry_after(headers: &HeaderMap, now: UnixTime, grammar: Grammar, hints: &mut Hints) {
    let millis = longest(headers, RETRY_AFTER_MS, |value| {
        (HintSource::RetryAfterMs, grammar.number(value, MILLI))
    });
    hints.offer(millis.0, millis.1);
    let hides = matches!(grammar, Grammar::OpenAiSdk | Grammar::AnthropicSdk);
    if hides
        && headers
            .get(RETRY_AFTER_MS)
            .is_some_and(|value| float(value.as_bytes()).is_some())
    {
        return;
    }
    let server_now = server_now(headers, now);
    let (source, reading) =
        longest(
            headers,
            header::RETRY_AFTER.as_str(),
            |value| match http_date::parse(value, server_now) {
                Some(date) => (
                    HintSource::RetryAfterDate,
                    Reading::Wait(date.since(server_now)),
                ),
                None => (HintSource::RetryAfter, grammar.number(value, SECOND)),
            },
        );
    hints.offer(source, reading);
}

/// The time by the server's clock: its `Date` header where that is there and can be read, else `now`.
pub fn server_now(headers: &HeaderMap, now: UnixTime) -> UnixTime {
    let date = headers
        .get(header::DATE)
        .and_then(|value| http_date::parse(value.as_bytes().trim_ascii(), now));
    date.unwrap_or(now)
}

/// Reads all values of a header and keeps the longest wait; malformed ones count only where none is valid.
fn longest(
    headers: &HeaderMap,
    name: &str,
    read: impl Fn(&[u8]) -> (HintSource, Reading),
) -> (HintSource, Reading) {
    let rank = |reading: Reading| match reading {
        Reading::Absent => (0, Duration::ZERO),
        Reading::Malformed => (1, Duration::ZERO),
        Reading::Wait(wait) => (2, wait),
    };
    headers
        .get_all(name)
        .iter()
        .map(|value| read(value.as_bytes().trim_ascii()))
        .max_by_key(|(_, reading)| rank(*reading))
        .unwrap_or((HintSource::RetryAfter, Reading::Absent))
}
