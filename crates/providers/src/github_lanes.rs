//! How a client of GitHub paces itself.
//!
//! GitHub asks for a second between requests that change something, and for no requests at a time that could come one
//! after the other ("Best practices for using the REST API"). Octokit's plugin-throttling makes *lanes* of that: what a
//! request takes part in is told from its method and path, and each lane has a time between two requests, or a number
//! of them at a time. The lanes and routes here are its own (octokit/plugin-throttling.js at 1a64804, `src/index.ts`,
//! `src/wrap-request.ts`, `src/generated/triggers-notification-paths.ts`, read on 22 November 2026). The limits that
//! GitHub publishes are those of its profiles: [`published`](crate::Profile::published).
//!
//! ```
//! use buttress_providers::github_lanes::{Lane, lanes};
//!
//! let lanes: Vec<_> = lanes("POST", "/repos/o/r/issues").collect();
//! assert_eq!(lanes, [Lane::Write, Lane::Notifications, Lane::Global]);
//! ```

use std::time::Duration;

pub use crate::github_routes::triggers_notification;
use crate::github_routes::{is_auth, of_api};

/// What a request takes part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Lane {
    /// What changes something, and all of GraphQL, which may.
    Write,
    /// What sends mail to people.
    Notifications,
    /// Searches.
    Search,
    /// Requests for a token. They have a lane of their own, so that those which wait for a token cannot keep its request
    /// from being sent.
    Auth,
    /// Everything else, and everything above but requests for a token.
    Global,
}

impl Lane {
    /// All of them, in the order in which a request waits for them.
    pub const ALL: [Self; 5] = [
        Self::Write,
        Self::Notifications,
        Self::Search,
        Self::Auth,
        Self::Global,
    ];

    /// Its name in Octokit's plugin.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Notifications => "notifications",
            Self::Search => "search",
            Self::Auth => "auth",
            Self::Global => "global",
        }
    }

    /// How many requests may be in it at a time. Of the lanes with a [`min_time`](Self::min_time) this says that one
    /// request waits at a time; those that are sent are in [`Lane::Global`].
    pub const fn max_concurrent(self) -> u32 {
        match self {
            Self::Global => 10,
            Self::Write | Self::Notifications | Self::Search | Self::Auth => 1,
        }
    }

    /// The time from one request to the next; zero where it does not matter.
    pub const fn min_time(self) -> Duration {
        match self {
            Self::Write => Duration::from_secs(1),
            Self::Search => Duration::from_secs(2),
            Self::Notifications => Duration::from_secs(3),
            Self::Auth | Self::Global => Duration::ZERO,
        }
    }

    /// Whether a request takes part in it. The path is without its query.
    pub fn is_of(self, method: &str, path: &str) -> bool {
        let path = of_api(path);
        let is_auth = is_auth(method, path);
        let is_write = !is_auth && method != "GET" && method != "HEAD";
        match self {
            Self::Write => is_write || path.starts_with("/graphql"),
            Self::Notifications => is_write && triggers_notification(path),
            Self::Search => method == "GET" && path.starts_with("/search/"),
            Self::Auth => is_auth,
            Self::Global => !is_auth,
        }
    }
}

/// The lanes of a request, in the order in which it waits for them.
pub fn lanes<'a>(method: &'a str, path: &'a str) -> impl Iterator<Item = Lane> + 'a {
    let path = path.split('?').next().unwrap_or(path);
    Lane::ALL
        .into_iter()
        .filter(move |lane| lane.is_of(method, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, path: &str) -> Vec<Lane> {
        lanes(method, path).collect()
    }

    #[test]
    fn what_changes_something_is_written_and_what_reads_is_not() {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            assert_eq!(of(method, "/route"), [Lane::Write, Lane::Global]);
        }
        assert_eq!(of("GET", "/route"), [Lane::Global]);
        assert_eq!(of("GET", "/repos/o/r/issues"), [Lane::Global]);
        assert_eq!(of("HEAD", "/search/code"), [Lane::Global]);
        assert_eq!(of("GET", "/graphql"), [Lane::Write, Lane::Global]);
        assert_eq!(of("GET", "/search/code?q=a"), [Lane::Search, Lane::Global]);
    }

    #[test]
    fn a_request_for_a_token_waits_for_nothing_that_waits_for_a_token() {
        for path in [
            "/applications/a/token",
            "/app/installations/1/access_tokens",
            "/login/oauth/access_token",
        ] {
            assert_eq!(of("POST", path), [Lane::Auth]);
            assert_eq!(of("PUT", path), [Lane::Write, Lane::Global]);
        }
        assert_eq!(of("PATCH", "/applications/a/token/scoped"), [Lane::Auth]);
        let longer = of("POST", "/applications/a/b/token");
        assert_eq!(longer, [Lane::Write, Lane::Global]);
    }

    #[test]
    fn an_enterprise_server_has_the_same_routes_below_its_own() {
        let all = [Lane::Write, Lane::Notifications, Lane::Global];
        assert_eq!(of("POST", "/api/v3/repos/o/r/issues"), all);
        assert_eq!(of("POST", "/api/graphql"), [Lane::Write, Lane::Global]);
        assert_eq!(of("GET", "/api/v3"), [Lane::Global]);
        assert!(!triggers_notification("/api/v3x/repos/o/r/issues"));
    }
}
