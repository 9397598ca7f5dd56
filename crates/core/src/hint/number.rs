//! Numbers in hints, and which of them count.

use std::time::Duration;

use super::Reading;

/// Which numbers count as seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grammar {
    /// RFC 9110 to the letter: `1*DIGIT`.
    Strict,
    /// Digits with an optional decimal fraction (`2.5`: servers send it, and the vendors' SDKs read it), and several
    /// values that an intermediary joined with commas, of which the longest number counts. Everything else is
    /// malformed: signs, exponents, units, `inf`.
    #[default]
    Lenient,
    /// What Python's `float()` reads (less `1_000`), as the OpenAI SDK: a number too large for it is a very long wait, `inf` and
    /// `nan` are malformed, and a `retry-after-ms` that is a number hides `Retry-After` even when it is zero.
    OpenAiSdk,
    /// As [`Grammar::OpenAiSdk`], but `inf` is a very long wait: the Anthropic SDK since 2.0.
    AnthropicSdk,
}

pub(super) const SECOND: u64 = 1_000_000_000;
pub(super) const MILLI: u64 = 1_000_000;

impl Grammar {
    /// Reads a number of `unit` nanoseconds each.
    pub(super) fn number(self, value: &[u8], unit: u64) -> Reading {
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

/// `5, 30`: the longest number, as of lines that were not joined. What has letters is never split: a date has a comma
/// too, and `1,5s` is no second.
fn joined_decimals(value: &[u8], unit: u64) -> Option<Duration> {
    if value.iter().any(u8::is_ascii_alphabetic) {
        return None;
    }
    let parts = value.split(|byte| *byte == b',');
    parts
        .filter_map(|part| decimal(part.trim_ascii(), unit))
        .max()
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
pub(super) fn float(value: &[u8]) -> Option<f64> {
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
