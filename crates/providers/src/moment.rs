//! Times as people write them.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::Duration;

use buttress_core::UnixTime;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};

use crate::zone::Zone;

/// A time that has passed so short a while ago has come, and is not tomorrow's.
const GRACE: Duration = Duration::from_secs(60);

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The wait until a time as people write it: `4pm (America/Los_Angeles)`, `Oct 29, 4pm`, `Mon 12:00am`, `3:23 AM`,
/// `Aug 8th, 2026 12:42 AM`. Without a zone it is the machine's.
///
/// `None` where it would have to be guessed: for a zone that is not known, and for `12:30`, which comes twice a day.
pub(crate) fn until(text: &str, now: UnixTime, local: &Zone) -> Option<Duration> {
    let (time, zone) = match text.split_once('(') {
        Some((time, zone)) => {
            let (name, _) = zone.split_once(')')?;
            (time, Cow::Owned(Zone::named(name.trim())?))
        }
        None => (text, Cow::Borrowed(local)),
    };
    let lower = time.to_ascii_lowercase().replace([',', '.'], " ");
    let words = lower.split_ascii_whitespace().filter(|word| *word != "at");
    let mut moment = Moment::default();
    for word in words {
        moment.take(word)?;
    }
    moment.next(now, &zone)
}

/// The parts of a time, as far as they were written.
#[derive(Default)]
struct Moment {
    weekday: Option<Weekday>,
    month: Option<i8>,
    day: Option<i8>,
    year: Option<i16>,
    hour: Option<i8>,
    minute: i8,
    half: Option<Half>,
}

#[derive(Clone, Copy, PartialEq)]
enum Half {
    Am,
    Pm,
}

impl Moment {
    fn take(&mut self, word: &str) -> Option<()> {
        let named =
            |name: &str| word.starts_with(name) && word.bytes().all(|b| b.is_ascii_alphabetic());
        if let Some((_, day)) = DAYS.iter().find(|(name, _)| named(name)) {
            self.weekday = Some(*day);
        } else if let Some(month) = MONTHS.iter().position(|name| named(name)) {
            self.month = i8::try_from(month + 1).ok();
        } else if word == "am" || word == "pm" {
            self.half = Some(if word == "am" { Half::Am } else { Half::Pm });
        } else if self.month.is_some() && self.day.is_none() {
            self.day = word
                .trim_end_matches(|c: char| c.is_ascii_alphabetic())
                .parse()
                .ok();
            self.day?;
        } else if self.day.is_some()
            && word.len() == 4
            && !word.contains(|c: char| !c.is_ascii_digit())
        {
            self.year = word.parse().ok();
        } else {
            self.clock(word)?;
        }
        Some(())
    }

    /// `4pm`, `2:10pm`, `15:45`, `3:23`.
    fn clock(&mut self, word: &str) -> Option<()> {
        let (digits, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
            (Some(digits), _) => (digits, Some(Half::Am)),
            (_, Some(digits)) => (digits, Some(Half::Pm)),
            _ => (word, None),
        };
        let (hour, minute) = digits.split_once(':').unwrap_or((digits, "0"));
        let number = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| text.parse().ok())
        };
        if self.hour.is_some() {
            return None;
        }
        self.hour = Some(number(hour)??);
        self.minute = number(minute)??;
        self.half = self.half.or(half);
        Some(())
    }

    /// 12am is midnight and 12pm noon. Without a half, an hour before thirteen is two hours of the day.
    fn time(&self) -> Option<Time> {
        let hour = match (self.hour?, self.half) {
            (12, Some(Half::Am)) => 0,
            (hour @ 1..12, Some(Half::Am)) => hour,
            (12, Some(Half::Pm)) => 12,
            (hour @ 1..12, Some(Half::Pm)) => hour + 12,
            (hour, None) if hour == 0 || hour > 12 => hour,
            _ => return None,
        };
        Time::new(hour, self.minute, 0, 0).ok()
    }

    fn next(&self, now: UnixTime, zone: &Zone) -> Option<Duration> {
        let time = self.time()?;
        let earliest = UnixTime::from_nanos(
            now.as_nanos()
                .saturating_sub(GRACE.as_nanos().try_into().ok()?),
        );
        // Of what has just come: midnight may lie between, and a new year.
        let first = self.date(zone.civil(earliest)?.date())?;
        let at = |date: Date| zone.instant(DateTime::from_parts(date, time));
        let mut instant = at(first)?;
        if instant < earliest && self.year.is_none() {
            instant = at(self.date_after(first)?)?;
        }
        Some(instant.since(now))
    }

    /// The first date that it can be, today or in this year.
    fn date(&self, today: Date) -> Option<Date> {
        match (self.month, self.weekday) {
            (Some(month), _) => {
                Date::new(self.year.unwrap_or_else(|| today.year()), month, self.day?).ok()
            }
            (None, Some(weekday)) => {
                let days = today.weekday().until(weekday);
                today.checked_add(i32::from(days).days()).ok()
            }
            (None, None) => Some(today),
        }
    }

    /// The next one.
    fn date_after(&self, date: Date) -> Option<Date> {
        let step = match (self.month, self.weekday) {
            (Some(_), _) => 1.year(),
            (None, Some(_)) => 1.week(),
            (None, None) => 1.day(),
        };
        date.checked_add(step).ok()
    }
}
