//! How providers write when a quota is whole again.

use std::time::Duration;

use crate::hint::decimal;
use crate::http_date::{self, Cursor, unix};
use crate::time::UnixTime;

/// Reads the wait that a value is, or the wait until it: zero if that has passed, `None` if it is neither.
pub(super) type Format = fn(&str, UnixTime) -> Option<Duration>;

const SECOND: u64 = 1_000_000_000;

/// From here on a number of seconds is a date: the ninth of September 2001. No server asks for thirty years.
const EPOCH_FROM: Duration = Duration::from_secs(1_000_000_000);

/// From here on a date is in milliseconds: in seconds it would be the year 33 658.
const MILLIS_FROM: u128 = 1_000_000_000_000;

/// A number of seconds.
pub(super) fn seconds(text: &str, _now: UnixTime) -> Option<Duration> {
    decimal(text.as_bytes(), SECOND)
}

/// A time since 1970: seconds, or milliseconds if it must be those.
pub(super) fn epoch(text: &str, now: UnixTime) -> Option<Duration> {
    let is_millis = decimal(text.as_bytes(), 1)?.as_nanos() >= MILLIS_FROM;
    let unit = if is_millis { SECOND / 1_000 } else { SECOND };
    let time = i128::try_from(decimal(text.as_bytes(), unit)?.as_nanos()).ok()?;
    Some(UnixTime::from_nanos(time).since(now))
}

/// Seconds or a time since 1970, by size.
pub(super) fn number(text: &str, now: UnixTime) -> Option<Duration> {
    seconds(text, now)
        .filter(|wait| *wait < EPOCH_FROM)
        .or_else(|| epoch(text, now))
}

/// What is left of a window that begins anew at each multiple of its length since 1970, as a minute of the wall clock does.
pub(super) fn rest(window: Duration, now: UnixTime) -> Duration {
    let nanos = i128::try_from(window.as_nanos())
        .unwrap_or(i128::MAX)
        .max(1);
    let rest = nanos - now.as_nanos().rem_euclid(nanos);
    u64::try_from(rest).map_or(window, Duration::from_nanos)
}

/// An HTTP date.
pub(super) fn date(text: &str, now: UnixTime) -> Option<Duration> {
    Some(http_date::parse(text.as_bytes(), now)?.since(now))
}

/// The units of Go's `time.Duration`, longer names first where one begins with another.
const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
];

/// A duration as Go writes it: `6m0s`, `8.64s`, `20ms`.
pub(super) fn go(text: &str, _now: UnixTime) -> Option<Duration> {
    let mut rest = text;
    let mut total = None;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !is_part_of_number(c))?);
        let (unit, after) = after.split_at(after.find(is_part_of_number).unwrap_or(after.len()));
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let part = decimal(number.as_bytes(), *nanos)?;
        total = Some(part.saturating_add(total.unwrap_or_default()));
        rest = after;
    }
    total
}

fn is_part_of_number(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

/// A date as RFC 3339 has it: `2025-08-21T12:40:59Z`, with a fraction and another zone if it likes.
pub(super) fn rfc3339(text: &str, now: UnixTime) -> Option<Duration> {
    let (text, east) = zone(text)?;
    let mut cursor = Cursor(text.as_bytes());
    let year = cursor.digits(4)?;
    cursor.literal(b"-")?;
    let month = cursor.digits(2).filter(|month| (1..=12).contains(month))?;
    cursor.literal(b"-")?;
    let day = cursor.digits(2)?;
    cursor.literal(b"T").or_else(|| cursor.literal(b"t"))?;
    let seconds = cursor.time_of_day()?;
    let fraction = match cursor.literal(b".") {
        Some(()) => fraction(cursor.0)?,
        None => cursor.end().map(|()| Duration::ZERO)?,
    };
    let whole = unix(year, month, day, seconds)?.as_nanos() - i128::from(east) * i128::from(SECOND);
    let nanos = whole + i128::try_from(fraction.as_nanos()).ok()?;
    Some(UnixTime::from_nanos(nanos).since(now))
}

/// The digits behind a decimal point, to the nanosecond; those beyond carry nothing that a wait could use.
fn fraction(digits: &[u8]) -> Option<Duration> {
    let kept = digits.get(..9).unwrap_or(digits);
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let missing = u32::try_from(9 - kept.len()).ok()?;
    let unit = 10_u64.pow(missing);
    is_number.then(|| decimal(kept, unit)).flatten()
}

/// What stands before the zone, and how many seconds east it is.
fn zone(text: &str) -> Option<(&str, i64)> {
    if let Some(text) = text.strip_suffix(['Z', 'z']) {
        return Some((text, 0));
    }
    let (text, zone) = text.split_at_checked(text.len().checked_sub("+00:00".len())?)?;
    let mut cursor = Cursor(zone.as_bytes());
    let sign = match cursor.literal(b"+") {
        Some(()) => 1,
        None => cursor.literal(b"-").map(|()| -1)?,
    };
    let hours = cursor.digits(2)?;
    cursor.literal(b":")?;
    Some((text, sign * (hours * 3_600 + cursor.digits(2)? * 60)))
}
