//! HTTP dates: the three forms of RFC 9110, section 5.6.7.
//!
//! Written here because a recipient has three duties that the date crates do not have together: it must accept all
//! three forms, must read a two-digit year by the fifty-year rule, and should not mind a weekday that does not belong
//! to the date, which carries no information.

use crate::time::UnixTime;

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];
const SHORT_DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
const LONG_DAYS: [&[u8]; 7] = [
    b"Monday",
    b"Tuesday",
    b"Wednesday",
    b"Thursday",
    b"Friday",
    b"Saturday",
    b"Sunday",
];

const SECONDS_PER_DAY: i64 = 86_400;

/// Reads an HTTP date in any of its three forms, or `None` if it is none of them.
///
/// `now` is needed for the two-digit years of the RFC 850 form alone. "Recipients of a timestamp value in rfc850-date
/// format, which uses a two-digit year, MUST interpret a timestamp that appears to be more than 50 years in the
/// future as representing the most recent year in the past that had the same last two digits." (RFC 9110, 5.6.7)
pub fn parse(value: &[u8], now: UnixTime) -> Option<UnixTime> {
    imf_fixdate(value)
        .or_else(|| rfc850(value, now))
        .or_else(|| asctime(value))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn imf_fixdate(value: &[u8]) -> Option<UnixTime> {
    let mut text = Cursor(value);
    text.one_of(&SHORT_DAYS)?;
    text.literal(b", ")?;
    let day = text.digits(2)?;
    text.literal(b" ")?;
    let month = text.month()?;
    text.literal(b" ")?;
    let year = text.digits(4)?;
    text.literal(b" ")?;
    let seconds = text.time_of_day()?;
    text.literal(b" GMT")?;
    text.end()?;
    unix(year, month, day, seconds)
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
fn rfc850(value: &[u8], now: UnixTime) -> Option<UnixTime> {
    let mut text = Cursor(value);
    text.one_of(&LONG_DAYS)?;
    text.literal(b", ")?;
    let day = text.digits(2)?;
    text.literal(b"-")?;
    let month = text.month()?;
    text.literal(b"-")?;
    let digits = text.digits(2)?;
    text.literal(b" ")?;
    let seconds = text.time_of_day()?;
    text.literal(b" GMT")?;
    text.end()?;
    unix(year_of_two_digits(digits, now), month, day, seconds)
}

/// `Sun Nov  6 08:49:37 1994`: the day of the month is padded with a space.
fn asctime(value: &[u8]) -> Option<UnixTime> {
    let mut text = Cursor(value);
    text.one_of(&SHORT_DAYS)?;
    text.literal(b" ")?;
    let month = text.month()?;
    text.literal(b" ")?;
    let day = match text.literal(b" ") {
        Some(()) => text.digits(1)?,
        None => text.digits(2)?,
    };
    text.literal(b" ")?;
    let seconds = text.time_of_day()?;
    text.literal(b" ")?;
    let year = text.digits(4)?;
    text.end()?;
    unix(year, month, day, seconds)
}

/// The unread rest of a value; each method takes what it names from the front, or nothing.
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl Cursor<'_> {
    pub(crate) fn literal(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn one_of(&mut self, words: &[&[u8]]) -> Option<usize> {
        let found = words.iter().position(|word| self.0.starts_with(word))?;
        self.literal(words[found])?;
        Some(found)
    }

    fn month(&mut self) -> Option<i64> {
        self.one_of(&MONTHS)
            .and_then(|index| i64::try_from(index + 1).ok())
    }

    pub(crate) fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + i64::from(digit - b'0'))
        })
    }

    /// `08:49:37` as seconds since midnight. A leap second, `:60`, is in the grammar and is the next second.
    pub(crate) fn time_of_day(&mut self) -> Option<i64> {
        let hours = self.digits(2)?;
        self.literal(b":")?;
        let minutes = self.digits(2)?;
        self.literal(b":")?;
        let seconds = self.digits(2)?;
        (hours < 24 && minutes < 60 && seconds <= 60)
            .then_some(hours * 3_600 + minutes * 60 + seconds)
    }

    pub(crate) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

fn year_of_two_digits(digits: i64, now: UnixTime) -> i64 {
    let this_year = year_of(now);
    let year = this_year - this_year.rem_euclid(100) + digits;
    if year > this_year + 50 {
        year - 100
    } else {
        year
    }
}

/// The proleptic Gregorian year of an instant, cut to the years that four digits can write.
fn year_of(time: UnixTime) -> i64 {
    let days = time
        .as_nanos()
        .div_euclid(1_000_000_000 * i128::from(SECONDS_PER_DAY));
    let days = i64::try_from(days.clamp(-719_528, 2_932_896)).unwrap_or(0);
    // 400 years have 146 097 days: the mean year is right to within one, and the first of January decides.
    let mut year = 1970 + days * 400 / 146_097;
    while days_before(year, 1, 1) > days {
        year -= 1;
    }
    while days_before(year + 1, 1, 1) <= days {
        year += 1;
    }
    year
}

pub(crate) fn unix(year: i64, month: i64, day: i64, seconds: i64) -> Option<UnixTime> {
    (1..=days_in(year, month))
        .contains(&day)
        .then(|| UnixTime::from_secs(days_before(year, month, day) * SECONDS_PER_DAY + seconds))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the given date.
///
/// Counted in years that begin in March, so that the leap day is the last day of its year and the lengths of the
/// months before it follow one line: `(153 m + 2) / 5` days stand before month `m` of such a year.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_to_1970 = 719_468;
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - days_to_1970
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_767_225_600); // 2026-01-01

    fn secs(value: &str) -> Option<i128> {
        parse(value.as_bytes(), NOW).map(|time| time.as_nanos() / 1_000_000_000)
    }

    #[test]
    fn the_three_forms_name_the_same_instant() {
        assert_eq!(secs("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(secs("Sunday, 06-Nov-94 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(secs("Sun Nov  6 08:49:37 1994"), Some(784_111_777));
    }

    #[test]
    fn a_wrong_weekday_is_forgiven_and_an_unknown_one_is_not() {
        assert_eq!(secs("Mon, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(secs("Zun, 06 Nov 1994 08:49:37 GMT"), None);
    }

    #[test]
    fn two_digit_years_lie_at_most_fifty_years_ahead() {
        let year = |digits| year_of_two_digits(digits, NOW);
        assert_eq!(
            (year(26), year(76), year(77), year(99), year(0)),
            (2026, 2076, 1977, 1999, 2000)
        );
    }

    #[test]
    fn a_leap_second_is_read_and_a_second_leap_second_is_not() {
        assert_eq!(secs("Sat, 31 Dec 2016 23:59:60 GMT"), Some(1_483_228_800));
        assert_eq!(secs("Sat, 31 Dec 2016 23:59:61 GMT"), None);
    }

    #[test]
    fn the_year_of_an_instant_turns_at_midnight() {
        assert_eq!(year_of(UnixTime::from_secs(0)), 1970);
        assert_eq!(year_of(UnixTime::from_secs(-1)), 1969);
        assert_eq!(year_of(UnixTime::from_secs(951_782_400)), 2000);
        assert_eq!(year_of(UnixTime::from_secs(1_767_225_599)), 2025);
    }

    proptest! {
        #[test]
        fn the_year_is_the_one_whose_january_came_last(days in -719_528_i64..2_932_896) {
            let year = year_of(UnixTime::from_secs(days * SECONDS_PER_DAY));
            prop_assert!(days_before(year, 1, 1) <= days && days < days_before(year + 1, 1, 1));
        }

        #[test]
        fn whatever_httpdate_writes_is_read_back(secs in 0_u64..253_402_300_800) {
            let written = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(secs));
            prop_assert_eq!(self::secs(&written), Some(i128::from(secs)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, now in any::<i64>()) {
            let _ = parse(&bytes, UnixTime::from_secs(now));
        }

        #[test]
        fn no_text_near_a_date_makes_it_panic(
            text in "(Sun|Sunday|Mon),? [ 0-9]{2}[ -](Nov|Feb)[ -][0-9]{2,5} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|UTC)",
            now in any::<i64>(),
        ) {
            let _ = parse(text.as_bytes(), UnixTime::from_secs(now));
        }
    }
}
