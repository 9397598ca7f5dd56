//! Time as a value: every decision is given the time, none reads a clock.
//!
//! [`Timestamp`] is monotonic and is what waits, windows and deadlines are made of. [`UnixTime`] is the wall clock's,
//! and serves one purpose: to turn a date that a server wrote into a duration.

use std::fmt;
use std::ops::Add;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A monotonic instant: nanoseconds from an origin that all timestamps of one process share.
///
/// Arithmetic saturates. The largest value stands some 584 years after the origin, so that a server's
/// `Retry-After: 99999999999` becomes "later than anybody waits" and never wraps to "now".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The earliest time that can be named. As the time at which something happened: nobody measured it.
    pub const ORIGIN: Self = Self(0);

    /// The latest time that can be named.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the origin.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the origin.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to `self`; zero if `earlier` is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at [`Timestamp::MAX`].
    fn add(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(saturating_nanos(wait)))
    }
}

/// A duration as nanoseconds, cut at `u64::MAX`.
pub fn saturating_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A wall-clock instant: nanoseconds from 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i128);

impl UnixTime {
    /// Whole seconds since 1970; negative before it.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs as i128 * 1_000_000_000)
    }

    /// Nanoseconds since 1970; negative before it.
    pub const fn from_nanos(nanos: i128) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since 1970; negative before it.
    pub const fn as_nanos(self) -> i128 {
        self.0
    }

    /// The time from `earlier` to `self`; zero if `earlier` is not earlier, cut at what a [`Timestamp`] can hold.
    pub fn since(self, earlier: Self) -> Duration {
        let nanos = self.0.saturating_sub(earlier.0).max(0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        let nanos = |d: Duration| i128::try_from(d.as_nanos()).unwrap_or(i128::MAX);
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => nanos(after),
            Err(before) => -nanos(before.duration()),
        })
    }
}

impl From<UnixTime> for SystemTime {
    /// Cut at what the system's clock can show.
    fn from(time: UnixTime) -> Self {
        let nanos = u64::try_from(time.0.unsigned_abs()).unwrap_or(u64::MAX);
        let distance = Duration::from_nanos(nanos);
        let shifted = if time.0 < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        shifted.unwrap_or(UNIX_EPOCH)
    }
}

impl fmt::Debug for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnixTime({}ns)", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_past_the_end_of_time_is_the_end_of_time() {
        assert_eq!(Timestamp::from_nanos(1) + Duration::MAX, Timestamp::MAX);
        assert_eq!(Timestamp::MAX + Duration::from_nanos(1), Timestamp::MAX);
    }

    #[test]
    fn time_does_not_run_backwards() {
        let (early, late) = (Timestamp::from_nanos(5), Timestamp::from_nanos(7));
        assert_eq!(late.since(early), Duration::from_nanos(2));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn the_wall_clock_reaches_before_1970_and_past_what_a_wait_can_hold() {
        let before = UnixTime::from(UNIX_EPOCH - Duration::from_secs(3));
        assert_eq!(before, UnixTime::from_secs(-3));
        assert_eq!(
            SystemTime::from(before),
            UNIX_EPOCH - Duration::from_secs(3)
        );
        assert_eq!(UnixTime::from_secs(2).since(before), Duration::from_secs(5));
        assert_eq!(
            UnixTime::from_secs(i64::MAX).since(before),
            Duration::from_nanos(u64::MAX)
        );
    }
}
