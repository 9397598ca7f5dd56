//! What programs print for people: lines, and the times in them.

use std::borrow::Cow;
use std::time::Duration;

use buttress_core::hint::{Hint, HintSource};
use buttress_core::{Class, Outcome, Scope, UnixTime};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};
use serde_json::Value;

use crate::zone::Zone;
use crate::{duration, json};

/// A notice is a short line; what is longer is prose, or output that was never meant for people.
const LONGEST_LINE: usize = 512;

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

/// What separates a notice from the time in it: a middle dot, a bullet operator, a bullet, dashes.
pub(crate) const SEPARATORS: [char; 7] = ['·', '∙', '•', '-', '–', '—', '|'];

/// The notice on a line: without colours and marks before it, with straight apostrophes; or the text of the `result`
/// event that the line is. `None` where no notice can be.
pub(crate) fn notice(line: &str) -> Option<String> {
    let line = result(line).unwrap_or(Cow::Borrowed(line));
    let plain = without_escapes(&line).replace('\u{2019}', "'");
    let notice = plain
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .trim_end();
    let is_notice = !notice.is_empty() && notice.len() <= LONGEST_LINE;
    is_notice.then(|| notice.to_owned())
}

/// `{"type":"result","result":"…"}`, as the tools print it for programs.
fn result(line: &str) -> Option<Cow<'_, str>> {
    let event = line
        .trim_start()
        .starts_with('{')
        .then(|| json::parse(line.as_bytes()))?;
    let is_result = event.get("type").and_then(Value::as_str) == Some("result");
    let text = is_result.then(|| event.get("result")?.as_str().map(str::to_owned))??;
    Some(Cow::Owned(text.lines().next()?.to_owned()))
}

/// Without ANSI's control sequences: `ESC [ parameters letter`.
fn without_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                if characters.next() == Some('[') {
                    // The last character of a sequence is the first of these.
                    characters.by_ref().find(|c| ('@'..='~').contains(c));
                }
            }
            other => plain.push(other),
        }
    }
    plain
}

/// A plan that is used up, until `wait` is over if that is known.
pub(crate) fn exhausted(rule: &'static str, scope: Scope, wait: Option<Duration>) -> Outcome {
    Outcome::new(Class::QuotaExhausted)
        .with_scope(scope)
        .with_rule(rule)
        .with_hint(hint(wait))
}

pub(crate) fn hint(wait: Option<Duration>) -> Option<Hint> {
    let source = HintSource::BodyText;
    wait.map(|wait| Hint { wait, source })
}

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
        let today = zone.civil(now)?.date();
        let time = self.time()?;
        let first = self.date(today)?;
        let earliest = UnixTime::from_nanos(
            now.as_nanos()
                .saturating_sub(GRACE.as_nanos().try_into().ok()?),
        );
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

/// The wait that follows `phrase` in a notice: a duration after "in", or a time after "at".
pub(crate) fn again(notice: &str, now: UnixTime, local: &Zone) -> Option<Duration> {
    if let Some(wait) = duration::after(notice, "try again in ") {
        return Some(wait);
    }
    let lower = notice.to_ascii_lowercase();
    let at = lower.find("try again at ")? + "try again at ".len();
    until(notice[at..].trim_end_matches('.'), now, local)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: UnixTime = UnixTime::from_secs(1_792_497_600); // Tue, 20 Oct 2026 12:00:00 GMT

    fn minutes(text: &str) -> Option<u64> {
        until(text, NOON, &Zone::UTC).map(|wait| wait.as_secs() / 60)
    }

    #[test]
    fn a_time_is_the_next_one_of_its_kind() {
        for (text, hours) in [
            ("4pm", 4),
            ("11am", 23),
            ("12am", 12),
            ("3:00 PM", 3),
            ("15:00", 3),
            ("Tue 4pm", 4),
            ("Mon 12:00am", 132),
            ("Oct 21, 12pm (UTC)", 24),
            ("Oct 21 at 12pm", 24),
            ("Oct 21st, 2026 12:00 PM", 24),
            ("Oct 19, 12pm", 364 * 24),
        ] {
            assert_eq!(minutes(text), Some(hours * 60), "{text}");
        }
    }

    #[test]
    fn what_has_just_come_is_now_and_a_minute_later_is_tomorrow() {
        let at = |secs: i128| {
            let now = UnixTime::from_nanos(NOON.as_nanos() + secs * 1_000_000_000);
            until("12pm", now, &Zone::UTC).map(|wait| wait.as_secs())
        };
        assert_eq!((at(0), at(60), at(61)), (Some(0), Some(0), Some(86_339)));
    }

    #[test]
    fn what_would_be_a_guess_is_nothing() {
        for text in [
            "12:30",
            "4pm (Mars/Phobos)",
            "4pm (UTC",
            "13pm",
            "0am",
            "4:60pm",
            "Oct 32, 4pm",
            "Feb 30, 4pm",
            "soon",
            "",
            "4pm 5pm",
        ] {
            assert_eq!(minutes(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_notice_is_a_short_line_without_colours() {
        assert_eq!(
            notice("  \u{1b}[31m⎿ You\u{2019}ve hit it\u{1b}[0m \n").as_deref(),
            Some("You've hit it")
        );
        assert_eq!(notice(&"x".repeat(LONGEST_LINE + 1)), None);
        assert_eq!(notice("\u{1b}[").as_deref(), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            text: String,
            near in "(Mon|Oct|Feb)? ?[0-9]{0,3}(st|,)? ?[0-9]{0,5} ?[0-9]{1,3}(:[0-9]{1,3})?(am|pm)? ?(.UTC.)?",
            now in any::<i64>(),
        ) {
            let now = UnixTime::from_secs(now);
            let _ = (until(&text, now, &Zone::UTC), until(&near, now, &Zone::UTC), notice(&text));
        }
    }
}
