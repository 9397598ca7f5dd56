//! The limits of one credential, as they stand.

use http::{HeaderMap, HeaderValue};

use super::{GitHubLimits, reply};
use crate::clock::Clock;
use crate::config::Config;
use crate::reply::Answer;
use crate::route::Route;
use crate::window::Window;

#[derive(Debug)]
pub(crate) struct Account {
    limits: GitHubLimits,
    core: Window,
    points: Window,
    minute: Window,
    hour: Window,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Admitted,
    Primary,
    /// Nanoseconds until it is over, and whether it is about new content.
    Secondary {
        wait: u64,
        content: bool,
    },
}

/// The primary limit as the headers and `/rate_limit` tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(super) struct Core {
    limit: u64,
    used: u64,
    remaining: u64,
    reset: u64,
}

impl Account {
    pub(crate) fn new(config: &Config) -> Self {
        let limits = config.github;
        Self {
            limits,
            core: Window::new(limits.requests_per_hour, config.hour()),
            points: Window::new(limits.points_per_minute, config.minute()),
            minute: Window::new(limits.comments_per_minute, config.minute()),
            hour: Window::new(limits.comments_per_hour, config.hour()),
        }
    }

    pub(crate) fn answer(
        &mut self,
        route: &Route,
        body: &[u8],
        id: u64,
        clock: &Clock,
        now: u64,
    ) -> Answer {
        let (points, comments) = match route {
            Route::Comments(_) => (5, 1),
            Route::Issues(_) => (1, 0),
            _ => return reply::rate_limit(self.core(clock, now)),
        };
        match self.charge(points, comments, now) {
            Verdict::Admitted => reply::done(route, body, id),
            Verdict::Primary => reply::primary(),
            Verdict::Secondary { wait, content } => {
                let wait = self.limits.retry_after.then_some(wait);
                reply::secondary(self.limits.secondary_status.code(), wait, content)
            }
        }
    }

    /// The limit headers, as of `now`.
    pub(crate) fn stamp(&self, headers: &mut HeaderMap, clock: &Clock, now: u64) {
        let core = self.core(clock, now);
        headers.insert("x-ratelimit-limit", core.limit.into());
        headers.insert("x-ratelimit-remaining", core.remaining.into());
        headers.insert("x-ratelimit-used", core.used.into());
        headers.insert("x-ratelimit-reset", core.reset.into());
        headers.insert("x-ratelimit-resource", HeaderValue::from_static("core"));
    }

    pub(super) fn charge(&mut self, points: u64, comments: u64, now: u64) -> Verdict {
        if !self.core.fits(1, now) {
            return Verdict::Primary;
        }
        if let Some(ends) = full(&[(&self.minute, comments), (&self.hour, comments)], now) {
            let wait = ends - now;
            return Verdict::Secondary {
                wait,
                content: true,
            };
        }
        if let Some(ends) = full(&[(&self.points, points)], now) {
            let wait = ends - now;
            return Verdict::Secondary {
                wait,
                content: false,
            };
        }
        self.core.take(1, now);
        self.points.take(points, now);
        self.minute.take(comments, now);
        self.hour.take(comments, now);
        Verdict::Admitted
    }

    // The reset is never before the end of the window: a whole second, rounded up.
    fn core(&self, clock: &Clock, now: u64) -> Core {
        Core {
            limit: self.core.limit(),
            used: self.core.used(now),
            remaining: self.core.remaining(now),
            reset: clock.epoch_not_before(self.core.ends(now)),
        }
    }
}

// When the last of those windows ends that have no room.
fn full(windows: &[(&Window, u64)], now: u64) -> Option<u64> {
    let full = windows
        .iter()
        .filter(|(window, cost)| !window.fits(*cost, now));
    full.map(|(window, _)| window.ends(now)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    fn account(limits: GitHubLimits) -> Account {
        Account::new(&Config::default().with_github(limits))
    }

    fn secondary(wait: u64, content: bool) -> Verdict {
        Verdict::Secondary { wait, content }
    }

    #[test]
    fn the_primary_limit_counts_requests_until_its_window_ends() {
        let mut account = account(GitHubLimits::default().with_requests_per_hour(2));
        assert_eq!(account.charge(5, 1, 7), Verdict::Admitted);
        assert_eq!(account.charge(1, 0, 8), Verdict::Admitted);
        assert_eq!(account.charge(1, 0, 6 + 60 * MINUTE), Verdict::Primary);
        assert_eq!(account.charge(1, 0, 7 + 60 * MINUTE), Verdict::Admitted);
    }

    #[test]
    fn a_write_costs_five_points_and_a_read_one() {
        let mut account = account(GitHubLimits::default().with_points_per_minute(11));
        assert_eq!(account.charge(5, 1, 0), Verdict::Admitted);
        assert_eq!(account.charge(5, 1, 0), Verdict::Admitted);
        assert_eq!(account.charge(5, 1, 1), secondary(MINUTE - 1, false));
        assert_eq!(account.charge(1, 0, 1), Verdict::Admitted);
        assert_eq!(account.charge(1, 0, 1), secondary(MINUTE - 1, false));
    }

    #[test]
    fn comments_are_limited_and_reads_go_on() {
        let mut account = account(GitHubLimits::default().with_comments_per_minute(1));
        assert_eq!(account.charge(5, 1, 0), Verdict::Admitted);
        assert_eq!(account.charge(5, 1, 0), secondary(MINUTE, true));
        assert_eq!(account.charge(1, 0, 0), Verdict::Admitted);
    }

    #[test]
    fn the_longer_of_two_full_windows_is_waited_for() {
        let limits = GitHubLimits::default();
        let mut account = account(limits.with_comments_per_minute(1).with_comments_per_hour(1));
        assert_eq!(account.charge(5, 1, 0), Verdict::Admitted);
        assert_eq!(account.charge(5, 1, 0), secondary(60 * MINUTE, true));
    }

    #[tokio::test(start_paused = true)]
    async fn the_reset_is_the_first_whole_second_that_is_not_too_early() {
        let clock = Clock::at(std::time::Duration::from_millis(999_500));
        let mut account = account(GitHubLimits::default());
        account.charge(1, 0, 0);
        assert_eq!(account.core(&clock, 0).reset, 1_000 + 3_600);
    }

    #[test]
    fn a_refused_request_is_counted_nowhere() {
        let mut account = account(GitHubLimits::default().with_comments_per_minute(1));
        account.charge(5, 1, 0);
        account.charge(5, 1, 0);
        assert_eq!((account.core.used(0), account.points.used(0)), (1, 5));
    }
}
