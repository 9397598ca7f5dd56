//! The limits that providers publish, as values to begin with.
//!
//! What a page says of a plan on a day. What holds for an account is on a page of that account, and in the headers of
//! its answers: those are read by [`Profile::grammar`](crate::Profile::grammar).

use std::fmt;
use std::time::Duration;

use buttress_core::quota::Quota;
pub use buttress_core::quota::published::Unit;

/// One limit, as a page says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedLimit {
    /// Whose: the plan, the tier, the kind of credential.
    pub tier: &'static str,
    /// Of what, where it is not of everything: the endpoint, the model.
    pub of: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// How many.
    pub amount: u64,
    /// In which time.
    pub period: Period,
    /// The page.
    pub source: &'static str,
    /// The day on which it was read.
    pub read: &'static str,
}

/// The time in which a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Period {
    /// So many at a time.
    AtOnce,
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// Five minutes.
    FiveMinutes,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month of the calendar.
    Month,
}

impl PublishedLimit {
    /// As a quota to keep to; `None` for what is no rate: what may be under way at once, and what is counted by the
    /// month.
    pub fn quota(&self) -> Option<Quota> {
        let quota = Quota::new(self.amount, self.period.length()?).ok()?;
        Some(match self.unit {
            Unit::Requests => quota.counting_requests(),
            _ => quota,
        })
    }
}

impl fmt::Display for PublishedLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.amount {
            1 => self.unit.name().trim_end_matches('s'),
            _ => self.unit.name(),
        };
        write!(f, "{} {unit} {}", grouped(self.amount), self.period.name())
    }
}

/// `2 000 000`, as nobody can count seven digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

impl Period {
    /// How long it is, if it is of one length.
    pub const fn length(self) -> Option<Duration> {
        let secs = match self {
            Self::AtOnce | Self::Month => return None,
            Self::Second => 1,
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        };
        Some(Duration::from_secs(secs))
    }

    /// The name used in documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::Second => "a second",
            Self::Minute => "a minute",
            Self::FiveMinutes => "in five minutes",
            Self::Hour => "an hour",
            Self::Day => "a day",
            Self::Month => "a month",
        }
    }
}

/// A table of limits, under the page that says them and the day on which it was read:
///
/// ```text
/// published! {
///     page "acme.example/limits", read "2026-11-22";
///     "free": 20 Requests / Minute of "chat";
///     "free": 1_000 Tokens / Day;
///     "any":  5 Requests   AtOnce;
/// }
/// ```
///
/// A row says whose limit it is, how many, in which time, and of what where it is not of everything.
macro_rules! published {
    (
        page $page:literal, read $read:literal;
        $($tier:literal: $amount:literal $unit:ident $(/)? $period:ident $(of $of:literal)?;)*
    ) => {
        &[$(
            $crate::published::PublishedLimit {
                tier: $tier,
                of: concat!($($of)?),
                unit: $crate::published::Unit::$unit,
                amount: $amount,
                period: $crate::published::Period::$period,
                source: $page,
                read: $read,
            }
        ),*]
    };
}

pub(crate) use published;

#[cfg(test)]
mod tests {
    use buttress_core::quota::Counts;

    use super::*;
    use crate::ALL;

    #[test]
    fn every_limit_says_how_many_of_what_by_whom_and_when_it_was_read() {
        for limit in ALL.iter().flat_map(|profile| profile.published()) {
            assert!(
                limit.amount > 0 && !limit.tier.is_empty() && !limit.source.is_empty(),
                "{limit:?}"
            );
            let day: Result<jiff::civil::Date, _> = limit.read.parse();
            assert!(day.is_ok(), "{limit:?}");
            let is_rate = limit.period.length().is_some();
            assert_eq!(limit.quota().is_some(), is_rate, "{limit:?}");
        }
    }

    #[test]
    fn a_limit_of_requests_counts_calls_and_one_of_tokens_what_they_cost() {
        let limits: &[PublishedLimit] = published! {
            page "a page", read "2026-11-22";
            "free": 30 Requests / Minute;
            "free": 6_000 Tokens / Minute of "chat";
        };
        let [requests, tokens] = limits else {
            panic!("two rows");
        };
        let counts = |limit: &PublishedLimit| limit.quota().map(|quota| quota.counts());
        assert_eq!(counts(requests), Some(Counts::Requests));
        assert_eq!(counts(tokens), Some(Counts::Cost));
        assert_eq!(tokens.to_string(), "6 000 tokens a minute");
        assert_eq!((requests.of, tokens.of), ("", "chat"));
    }

    #[test]
    fn a_limit_is_told_as_people_write_numbers() {
        let limits: &[PublishedLimit] = published! {
            page "a page", read "2026-11-22";
            "any": 1 Requests / Second;
            "any": 100 Requests AtOnce;
            "any": 12_345_678 InputTokens / Day;
        };
        let told: Vec<_> = limits.iter().map(ToString::to_string).collect();
        let expected = [
            "1 request a second",
            "100 requests at once",
            "12 345 678 input tokens a day",
        ];
        assert_eq!(told, expected);
    }
}
