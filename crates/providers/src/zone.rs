//! Time zones, for the providers that mean a wall clock.

use std::fmt;
use std::time::Duration;

use buttress_core::UnixTime;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time zone.
///
/// Names other than UTC are known with the feature `timezones` alone, which compiles the tz database in.
#[derive(Clone, PartialEq)]
pub struct Zone(TimeZone);

/// Los Angeles since 2007 (Energy Policy Act of 2005, section 110): eight hours behind, and seven from the second
/// Sunday of March to the first of November, both at two. As a POSIX rule, so that a daily quota's hour needs no
/// database.
const PACIFIC: &str = "PST8PDT,M3.2.0,M11.1.0";

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The zone of an IANA name, links such as `Asia/Calcutta` among them. `None` for a name that is not known: a
    /// wrong zone is hours wrong, and so is a guess.
    pub fn named(name: &str) -> Option<Self> {
        if ["UTC", "GMT", "Etc/UTC", "Etc/GMT", "Z"].contains(&name) {
            return Some(Self::UTC);
        }
        if cfg!(feature = "timezones") {
            return TimeZone::get(name).ok().map(Self);
        }
        None
    }

    pub(crate) fn pacific() -> Option<Self> {
        TimeZone::posix(PACIFIC).ok().map(Self)
    }

    /// What the zone's clocks show.
    pub(crate) fn civil(&self, time: UnixTime) -> Option<DateTime> {
        let time = Timestamp::from_nanosecond(time.as_nanos()).ok()?;
        Some(self.0.to_datetime(time))
    }

    /// When the zone's clocks show this. A time that comes twice is the later one, so that what it ends has ended; a
    /// time that is skipped is as much later as the clocks were set forward.
    pub(crate) fn instant(&self, civil: DateTime) -> Option<UnixTime> {
        let zoned = self.0.to_ambiguous_zoned(civil).later().ok()?;
        Some(UnixTime::from_nanos(zoned.timestamp().as_nanosecond()))
    }

    /// The wait until the next midnight.
    pub(crate) fn to_midnight(&self, now: UnixTime) -> Option<Duration> {
        let tomorrow = self.civil(now)?.date().tomorrow().ok()?;
        let midnight = self.instant(tomorrow.to_datetime(jiff::civil::Time::midnight()))?;
        Some(midnight.since(now))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.0.iana_name()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours_to_midnight(time: &str) -> f64 {
        let time: Timestamp = time.parse().unwrap();
        let now = UnixTime::from_nanos(time.as_nanosecond());
        Zone::pacific()
            .unwrap()
            .to_midnight(now)
            .unwrap()
            .as_secs_f64()
            / 3_600.0
    }

    #[test]
    fn midnight_in_california_moves_with_its_clocks() {
        assert_eq!(hours_to_midnight("2026-10-20T12:00:00Z"), 19.0);
        assert_eq!(hours_to_midnight("2026-12-01T12:00:00Z"), 20.0);
        assert_eq!(hours_to_midnight("2026-10-20T07:00:00Z"), 24.0);
        // 1 November 2026 has twenty-five hours, and 8 March twenty-three.
        assert_eq!(hours_to_midnight("2026-11-01T07:00:00Z"), 25.0);
        assert_eq!(hours_to_midnight("2026-03-08T08:00:00Z"), 23.0);
    }

    #[cfg(feature = "timezones")]
    #[test]
    fn the_rule_of_california_agrees_with_the_database() {
        let (rule, database) = (
            Zone::pacific().unwrap(),
            Zone::named("America/Los_Angeles").unwrap(),
        );
        for hour in 0..24 * 365 * 12 {
            let now = UnixTime::from_secs(1_735_689_600 + hour * 3_600);
            assert_eq!(rule.civil(now), database.civil(now));
        }
    }

    #[test]
    fn a_zone_that_is_not_known_is_none() {
        assert_eq!(Zone::named("Mars/Phobos"), None);
        assert_eq!(Zone::named("UTC"), Some(Zone::UTC));
    }
}
