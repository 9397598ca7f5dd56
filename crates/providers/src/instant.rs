//! Instants and waits as providers write them in headers and fields.

use std::time::Duration;

use buttress_core::UnixTime;
use buttress_core::hint::{Reading, decimal};
use buttress_core::http_date;

use crate::duration;
use crate::fields::Fields;

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;

/// Below this, a number of seconds is a wait, as 1e9 s are 31 years; from here on it is a time since 1970.
const EPOCH: u64 = 1_000_000_000;

/// From here on, a time since 1970 is in milliseconds: as seconds it would be the year 33 658.
const EPOCH_MILLIS: u64 = 1_000_000_000_000;

/// Reads a wait, or an instant as the wait until it.
pub(crate) type Read = fn(&str, UnixTime) -> Option<Duration>;

/// The wait that a plain number of seconds is.
pub(crate) fn seconds(text: &str, _now: UnixTime) -> Option<Duration> {
    decimal(text.as_bytes(), SECOND)
}

/// The wait that a Go duration is.
pub(crate) fn go(text: &str, _now: UnixTime) -> Option<Duration> {
    duration::go(text)
}

/// The wait until an RFC 3339 time.
pub(crate) fn rfc3339(text: &str, now: UnixTime) -> Option<Duration> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(UnixTime::from_nanos(time.as_nanosecond()).since(now))
}

/// The wait until a day and a time of it as a sentence has them: `2026-09-01 at 00:00 UTC.`
pub(crate) fn day_and_time(text: &str, now: UnixTime) -> Option<Duration> {
    let mut words = text.split_ascii_whitespace();
    let mut word = || words.next();
    match (word()?, word()?, word()?, word()?) {
        (day, "at", time, zone) if zone.starts_with("UTC") => {
            rfc3339(&format!("{day}T{time}:00Z"), now)
        }
        _ => None,
    }
}

/// The wait until an HTTP date.
pub(crate) fn date(text: &str, now: UnixTime) -> Option<Duration> {
    http_date::parse(text.as_bytes(), now).map(|time| time.since(now))
}

/// The wait until a time since 1970, in seconds or in milliseconds, whichever it must be.
pub(crate) fn epoch(text: &str, now: UnixTime) -> Option<Duration> {
    let whole = decimal(text.as_bytes(), 1)?.as_nanos();
    let unit = if whole < u128::from(EPOCH_MILLIS) {
        SECOND
    } else {
        MILLI
    };
    let time = i128::try_from(decimal(text.as_bytes(), unit)?.as_nanos()).ok()?;
    Some(UnixTime::from_nanos(time).since(now))
}

/// Seconds or a time since 1970, by size.
pub(crate) fn number(text: &str, now: UnixTime) -> Option<Duration> {
    let is_wait = decimal(text.as_bytes(), 1)?.as_nanos() < u128::from(EPOCH);
    if is_wait {
        seconds(text, now)
    } else {
        epoch(text, now)
    }
}

/// The wait until an instant in any of the forms of an instant.
pub(crate) fn until(text: &str, now: UnixTime) -> Option<Duration> {
    epoch(text, now)
        .or_else(|| rfc3339(text, now))
        .or_else(|| date(text, now))
}

/// A wait or an instant, in any form. For servers of which nothing is known: a profile names the form.
pub(crate) fn any(text: &str, now: UnixTime) -> Option<Duration> {
    number(text, now)
        .or_else(|| go(text, now))
        .or_else(|| rfc3339(text, now))
        .or_else(|| date(text, now))
}

/// A limit's two headers: what remains of it, and when it is whole again.
pub(crate) struct Bucket {
    pub(crate) remaining: &'static str,
    pub(crate) reset: &'static str,
}

/// A table of buckets, a row for each: `"x-remaining" => "x-reset";`.
macro_rules! buckets {
    ($($remaining:literal => $reset:literal;)*) => {
        &[$($crate::instant::Bucket { remaining: $remaining, reset: $reset }),*]
    };
}

pub(crate) use buckets;

impl Bucket {
    /// Whether nothing remains. A bucket with something left did not refuse, and its reset belongs to another story.
    pub(crate) fn is_exhausted(&self, fields: &Fields<'_>) -> bool {
        is_zero(fields, self.remaining)
    }

    /// A reset that says nothing of what remains counts; one below zero (Azure's -1) says that nothing is known.
    fn counts(&self, fields: &Fields<'_>) -> bool {
        fields.header(self.remaining).is_none() || self.is_exhausted(fields)
    }
}

/// Whether a header holds a zero.
pub(crate) fn is_zero(fields: &Fields<'_>, name: &str) -> bool {
    let number = fields
        .header(name)
        .and_then(|text| decimal(text.as_bytes(), SECOND));
    number == Some(Duration::ZERO)
}

/// The longest of several waits: a limit that is over while another is not helps nobody.
pub(crate) fn longest(readings: impl Iterator<Item = Reading>) -> Reading {
    let length = |reading: &Reading| match reading {
        Reading::Wait(wait) => Some(*wait),
        Reading::Absent | Reading::Malformed => None,
    };
    readings.max_by_key(length).unwrap_or(Reading::Absent)
}

/// The reset of the exhausted bucket, the latest if there are several. An answer out of a cache tells of another time.
pub(crate) fn latest(fields: &Fields<'_>, buckets: &[Bucket], read: Read) -> Reading {
    let resets = buckets
        .iter()
        .filter(|bucket| !fields.is_cached() && bucket.counts(fields));
    longest(resets.filter_map(|bucket| {
        let text = fields.header(bucket.reset)?;
        Some(fields.reads(text, read))
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Duration, UnixTime, any as read, day_and_time, until};

    const NOW: UnixTime = UnixTime::from_secs(1_792_497_600); // Tue, 20 Oct 2026 12:00:00 GMT

    fn millis(text: &str) -> Option<u128> {
        read(text, NOW).map(|wait| wait.as_millis())
    }

    #[test]
    fn every_unit_that_was_seen_is_read() {
        for text in [
            "30",
            "1792497630",
            "1792497630000",
            "30s",
            "2026-10-20T12:00:30Z",
            "2026-10-20T14:00:30+02:00",
            "Tue, 20 Oct 2026 12:00:30 GMT",
        ] {
            assert_eq!(millis(text), Some(30_000), "{text}");
        }
    }

    #[test]
    fn the_unit_of_a_number_turns_at_a_thousand_million_and_at_a_million_million() {
        assert_eq!(millis("999999999"), Some(999_999_999_000));
        assert_eq!(millis("1000000000"), Some(0));
        assert_eq!(millis("1000000000000"), Some(0));
        assert_eq!(
            read("99999999999999999999999", NOW),
            Some(Duration::from_nanos(u64::MAX) - Duration::from_secs(1_792_497_600))
        );
    }

    #[test]
    fn what_is_below_zero_or_no_number_is_nothing() {
        for text in ["-1", "", "soon", "+5", "1e9", "0x10"] {
            assert_eq!(read(text, NOW), None, "{text:?}");
        }
    }

    #[test]
    fn a_day_and_a_time_are_read_in_the_one_zone_that_is_known() {
        let wait = |text| day_and_time(text, NOW).map(|wait| wait.as_secs());
        assert_eq!(wait("2026-10-20 at 12:00 UTC."), Some(0));
        assert_eq!(wait("2026-10-21 at 00:00 UTC and later"), Some(43_200));
        for text in [
            "2026-10-21 at 00:00 UT",
            "2026-10-21 at 00:00 PST",
            "2026-10-21 at 00:00",
            "2026-10-21 or 00:00 UTC",
            "tomorrow at 00:00 UTC",
        ] {
            assert_eq!(wait(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, now in any::<i64>()) {
            let now = UnixTime::from_secs(now);
            let _ = (read(&text, now), until(&text, now), day_and_time(&text, now));
        }
    }
}
