//! The one place that reads a clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use tokio::time::Instant;

/// Nanoseconds since the server started, and what the wall clock says at each of them.
///
/// The wall clock is read once, at the start. After that it is the start plus the time that passed, so that the epoch
/// seconds in a header and the instants in the limits can never disagree, and so that tokio's paused time moves both.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    start: Instant,
    wall: Duration,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this file reads the clocks for the whole crate"
    )]
    pub(crate) fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            start: Instant::now(),
            // A machine that believes to be before 1970 still gets answers; its dates begin at the epoch.
            wall: wall.unwrap_or_default(),
        }
    }

    /// A clock that starts when the wall clock says `wall` since 1970.
    #[cfg(test)]
    pub(crate) fn at(wall: Duration) -> Self {
        Self {
            wall,
            ..Self::start()
        }
    }

    /// Nanoseconds since the start: 584 years of them.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The first whole second since 1970 that is not before `at`.
    pub(crate) fn epoch_not_before(&self, at: u64) -> u64 {
        let wall = self.wall(at);
        wall.as_secs() + u64::from(wall.subsec_nanos() > 0)
    }

    /// When the wall clock says `epoch` seconds; 0 if that was before the start.
    pub(crate) fn at_epoch(&self, epoch: u64) -> u64 {
        let since = Duration::from_secs(epoch).saturating_sub(self.wall);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    /// The value of a `date` header: the second that has begun, as RFC 9110 section 6.6.1 has it.
    ///
    /// # Why not rounded up
    ///
    /// Clients measure a reset from this date. Rounded down here and up there, the wait can only grow.
    pub(crate) fn date(&self, at: u64) -> Option<HeaderValue> {
        let date = httpdate::fmt_http_date(UNIX_EPOCH + self.wall(at));
        HeaderValue::try_from(date).ok()
    }

    fn wall(&self, at: u64) -> Duration {
        self.wall + Duration::from_nanos(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[tokio::test(start_paused = true)]
    async fn a_fraction_of_a_second_is_rounded_up() {
        let clock = Clock::at(Duration::from_millis(1_500));
        assert_eq!(clock.epoch_not_before(0), 2);
        assert_eq!(clock.epoch_not_before(SECOND / 2), 2);
        assert_eq!(clock.epoch_not_before(SECOND / 2 + 1), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn an_epoch_second_is_found_again() {
        let clock = Clock::at(Duration::from_millis(1_500));
        assert_eq!(clock.at_epoch(3), SECOND * 3 / 2);
        assert_eq!(clock.at_epoch(1), 0);
        assert_eq!(clock.at_epoch(u64::MAX), u64::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_date_is_the_second_that_has_begun() {
        let clock = Clock::at(Duration::from_millis(784_111_777_999));
        assert_eq!(clock.date(0).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[tokio::test(start_paused = true)]
    async fn paused_time_moves_the_clock() {
        let clock = Clock::start();
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(clock.now(), 3 * SECOND);
    }
}
