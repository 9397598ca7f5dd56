//! The server's word on when to come back.
//!
//! A hint is a wait and its source. Several may stand in one response; [`Hints`] takes them in order of rank and
//! keeps the first that is of use. [`retry_after`] reads the two headers that every HTTP server may send.

use std::time::Duration;

use http::{HeaderMap, header};

use crate::http_date;
use crate::random::Random;
use crate::time::{UnixTime, saturating_nanos};

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

/// Which numbers count as seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grammar {
    /// RFC 9110 to the letter: `1*DIGIT`.
    Strict,
    /// Digits with an optional decimal fraction (`2.5`: servers send it, and the vendors' SDKs read it), and several
    /// numbers that an intermediary joined with commas, of which the longest counts. Everything else is malformed:
    /// signs, exponents, units, `inf`.
    #[default]
    Lenient,
    /// What Python's `float()` reads (less `1_000`), as the OpenAI SDK: a number too large for it is a very long wait, `inf` and
    /// `nan` are malformed, and a `retry-after-ms` that is a number hides `Retry-After` even when it is zero.
    OpenAiSdk,
    /// As [`Grammar::OpenAiSdk`], but `inf` is a very long wait: the Anthropic SDK since 2.0.
    AnthropicSdk,
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
        .and_then(|value| http_date::parse(value.as_bytes(), now));
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

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;

impl Grammar {
    /// Reads a number of `unit` nanoseconds each.
    fn number(self, value: &[u8], unit: u64) -> Reading {
        let wait = match self {
            Self::Strict if !value.contains(&b'.') => decimal(value, unit),
            Self::Strict => None,
            Self::Lenient => joined_decimals(value, unit),
            Self::OpenAiSdk => float_wait(value, unit, false),
            Self::AnthropicSdk => float_wait(value, unit, true),
        };
        wait.map_or(Reading::Malformed, Reading::Wait)
    }
}

/// `5, 30`: the longest, if all are numbers. A date has a comma too, and is never split: it is not all numbers.
fn joined_decimals(value: &[u8], unit: u64) -> Option<Duration> {
    value
        .split(|byte| *byte == b',')
        .map(|part| decimal(part.trim_ascii(), unit))
        .try_fold(Duration::ZERO, |longest, wait| Some(longest.max(wait?)))
}

/// `1*DIGIT [ "." 1*DIGIT ]` units of `unit` nanoseconds, saturating, rounded up to a nanosecond.
///
/// Never `str::parse`: Rust reads `+5` as five, which is not in the grammar.
pub fn decimal(value: &[u8], unit: u64) -> Option<Duration> {
    let dot = value.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match dot {
        Some(dot) => (&value[..dot], Some(&value[dot + 1..])),
        None => (value, None),
    };
    let whole = digits(whole)?.saturating_mul(unit);
    let fraction = match fraction {
        Some(fraction) => fraction_nanos(fraction, unit)?,
        None => 0,
    };
    Some(Duration::from_nanos(whole.saturating_add(fraction)))
}

fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    })
}

/// `0.fraction × unit`, rounded up.
fn fraction_nanos(fraction: &[u8], unit: u64) -> Option<u64> {
    digits(fraction)?;
    let (mut nanos, mut place) = (0_u64, u128::from(unit));
    for byte in fraction {
        // Each place is rounded up, which adds less than a nanosecond a digit. Places below one count as one.
        let part = (u128::from(byte - b'0') * place).div_ceil(10);
        nanos = nanos.saturating_add(u64::try_from(part).unwrap_or(u64::MAX));
        place = (place / 10).max(1);
    }
    Some(nanos)
}

/// The number that Python's `float()` would read, or `None` where it would raise.
fn float(value: &[u8]) -> Option<f64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

fn float_wait(value: &[u8], unit: u64, infinity_is_long: bool) -> Option<Duration> {
    let number = float(value)?;
    let is_literal = !value.iter().any(u8::is_ascii_digit);
    let is_refused = number.is_nan()
        || number < 0.0
        || (number.is_infinite() && is_literal && !infinity_is_long);
    if is_refused {
        return None;
    }
    let seconds = number * Duration::from_nanos(unit).as_secs_f64();
    let longest = Duration::from_nanos(u64::MAX);
    let wait = Duration::try_from_secs_f64(seconds);
    Some(wait.map_or(longest, |wait| wait.min(longest)))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_792_497_600); // Tue, 20 Oct 2026 12:00:00 GMT

    fn read(fields: &[(&'static str, &str)]) -> Hints {
        read_as(Grammar::Lenient, fields)
    }

    fn read_as(grammar: Grammar, fields: &[(&'static str, &str)]) -> Hints {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let mut hints = Hints::default();
        retry_after(&headers, NOW, grammar, &mut hints);
        hints
    }

    fn wait(value: &str) -> Option<Duration> {
        read(&[("retry-after", value)]).best().map(|hint| hint.wait)
    }

    #[test]
    fn digits_are_seconds_and_may_have_a_fraction() {
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(wait("00120"), Some(Duration::from_secs(120)));
        assert_eq!(wait(" \t7 "), Some(Duration::from_secs(7)));
        assert_eq!(wait("5.5"), Some(Duration::from_millis(5_500)));
        assert_eq!(
            wait("0.000000000001"),
            Some(Duration::from_nanos(1)),
            "rounded up, never to zero"
        );
    }

    #[test]
    fn what_only_looks_like_a_number_is_counted_and_not_followed() {
        for value in [
            "",
            "-1",
            "-0",
            "+5",
            "1e3",
            "inf",
            "NaN",
            "0x10",
            "1_000",
            "١٢٠",
            "30s",
            "5 seconds",
            ".5",
            "5.",
            "1.2.3",
            "5;",
        ] {
            let hints = read(&[("retry-after", value)]);
            assert_eq!((hints.best(), hints.malformed()), (None, 1), "{value:?}");
        }
    }

    #[test]
    fn huge_numbers_are_very_long_waits() {
        for value in [
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999",
            "9223372036854775807.9",
        ] {
            assert_eq!(wait(value), Some(Duration::from_nanos(u64::MAX)), "{value}");
        }
    }

    #[test]
    fn the_longest_of_several_values_counts() {
        let two = |a, b| {
            read(&[("retry-after", a), ("retry-after", b)])
                .best()
                .map(|hint| hint.wait.as_secs())
        };
        assert_eq!(two("5", "30"), Some(30));
        assert_eq!(two("abc", "7"), Some(7));
        assert_eq!(two("Tue, 20 Oct 2026 12:00:10 GMT", "5"), Some(10));
        assert_eq!(wait("5, 30"), Some(Duration::from_secs(30)));
        assert_eq!(wait("5, soon"), None);
    }

    #[test]
    fn a_zero_gives_way_to_a_longer_hint_of_lower_rank() {
        let hints = read(&[("retry-after-ms", "0"), ("retry-after", "2")]);
        assert_eq!(
            hints.best(),
            Some(Hint {
                wait: Duration::from_secs(2),
                source: HintSource::RetryAfter
            })
        );
        let hints = read(&[("retry-after", "0")]);
        assert_eq!(hints.best().map(|hint| hint.wait), Some(Duration::ZERO));
        assert!(!hints.is_settled());
        assert_eq!(hints.malformed(), 1);
    }

    #[test]
    fn milliseconds_come_before_seconds() {
        let hints = read(&[("retry-after-ms", "1500.7"), ("retry-after", "2")]);
        let expected = Hint {
            wait: Duration::from_micros(1_500_700),
            source: HintSource::RetryAfterMs,
        };
        assert_eq!(hints.best(), Some(expected));
    }

    #[test]
    fn a_date_is_measured_by_the_servers_own_clock() {
        let skewed = [
            ("date", "Tue, 20 Oct 2026 12:05:00 GMT"),
            ("retry-after", "Tue, 20 Oct 2026 12:05:30 GMT"),
        ];
        assert_eq!(
            read(&skewed).best().map(|hint| hint.wait),
            Some(Duration::from_secs(30))
        );
        let unreadable = [
            ("date", "garbage"),
            ("retry-after", "Tue, 20 Oct 2026 12:00:30 GMT"),
        ];
        assert_eq!(
            read(&unreadable).best().map(|hint| hint.wait),
            Some(Duration::from_secs(30))
        );
    }

    #[test]
    fn a_past_date_is_a_zero() {
        let hints = read(&[("retry-after", "Tue, 20 Oct 2026 11:59:59 GMT")]);
        assert_eq!(
            hints.best(),
            Some(Hint {
                wait: Duration::ZERO,
                source: HintSource::RetryAfterDate
            })
        );
    }

    #[test]
    fn the_sdk_grammars_differ_on_infinity_and_hide_seconds_behind_milliseconds() {
        let openai = |value| {
            read_as(Grammar::OpenAiSdk, &[("retry-after", value)])
                .best()
                .map(|hint| hint.wait)
        };
        assert_eq!(openai("1e2"), Some(Duration::from_secs(100)));
        for long in ["1e999", "9223372036854775807"] {
            assert_eq!(openai(long), Some(Duration::from_nanos(u64::MAX)), "{long}");
        }
        assert_eq!(
            (openai("inf"), openai("nan"), openai("-1e999")),
            (None, None, None)
        );
        let anthropic = read_as(Grammar::AnthropicSdk, &[("retry-after", "inf")]);
        assert_eq!(
            anthropic.best().map(|hint| hint.wait),
            Some(Duration::from_nanos(u64::MAX))
        );
        let hidden = read_as(
            Grammar::OpenAiSdk,
            &[("retry-after-ms", "0"), ("retry-after", "9")],
        );
        assert!(!hidden.is_settled());
    }

    proptest! {
        #[test]
        fn whole_seconds_are_exact_and_fractions_never_early(secs in 0_u64..10_000_000, nanos in 0_u32..1_000_000_000) {
            let exact = Duration::new(secs, nanos);
            let text = format!("{secs}.{nanos:09}");
            let read = decimal(text.as_bytes(), SECOND).unwrap();
            prop_assert!(read >= exact && read <= exact + Duration::from_nanos(9), "{read:?} {exact:?}");
            prop_assert_eq!(decimal(secs.to_string().as_bytes(), SECOND), Some(Duration::from_secs(secs)));
        }

        #[test]
        fn no_bytes_make_it_panic(value: Vec<u8>, date: Vec<u8>) {
            let mut headers = HeaderMap::new();
            for (name, bytes) in [("retry-after", &value), ("retry-after-ms", &value), ("date", &date)] {
                if let Ok(value) = HeaderValue::from_bytes(bytes) {
                    headers.insert(name, value);
                }
            }
            for grammar in [Grammar::Strict, Grammar::Lenient, Grammar::OpenAiSdk, Grammar::AnthropicSdk] {
                let mut hints = Hints::default();
                retry_after(&headers, NOW, grammar, &mut hints);
                prop_assert!(hints.best().is_none_or(|hint| hint.wait <= Duration::from_nanos(u64::MAX)));
            }
        }
    }
}
