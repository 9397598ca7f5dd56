//! How a client of GitHub paces itself, and what GitHub says of its secondary limits.
//!
//! GitHub asks for a second between requests that change something, and for no requests at a time that could come one
//! after the other ("Best practices for using the REST API"). Octokit's plugin-throttling makes *lanes* of that: what a
//! request takes part in is told from its method and path, and each lane has a time between two requests, or a number
//! of them at a time. The lanes and routes here are its own (octokit/plugin-throttling.js at 1a64804, `src/index.ts`,
//! `src/wrap-request.ts`, `src/generated/triggers-notification-paths.ts`); the limits are GitHub's (github/docs at
//! 058fa63, `data/reusables/rest-api/secondary-rate-limit-rest-graphql.md`, and the `primary-rate-limit-*.md` beside
//! it). Both were read on 22 November 2026.
//!
//! ```
//! use buttress_providers::github_lanes::{Lane, lanes};
//!
//! let lanes: Vec<_> = lanes("POST", "/repos/o/r/issues").collect();
//! assert_eq!(lanes, [Lane::Write, Lane::Notifications, Lane::Global]);
//! ```

use std::time::Duration;

use buttress_core::Invalid;
use buttress_core::quota::Quota;

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

/// "No more than 100 concurrent requests are allowed. This limit is shared across the REST API and GraphQL API."
pub const MAX_CONCURRENT: u32 = 100;

/// What a REST request costs in points: reading one, writing five. "Some REST API endpoints have a different point cost
/// that is not shared publicly."
pub fn points(method: &str) -> u32 {
    match method {
        "GET" | "HEAD" | "OPTIONS" => 1,
        _ => 5,
    }
}

/// What a GraphQL request costs in points.
pub const fn graphql_points(is_mutation: bool) -> u32 {
    if is_mutation { 5 } else { 1 }
}

/// What GitHub publishes of its limits, as so many units per period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Requests from one address without a credential.
    Unauthenticated,
    /// Requests of a user.
    User,
    /// Requests of an app that is owned by an organization on GitHub Enterprise Cloud, or of one of its users' tokens.
    EnterpriseCloudApp,
    /// Requests of an installation of an app, where it is small.
    InstallationAtLeast,
    /// Requests of an installation of an app, where it has many repositories and users.
    InstallationAtMost,
    /// Requests of the `GITHUB_TOKEN` of a workflow, for each repository.
    ActionsToken,
    /// Points of one REST endpoint.
    RestPoints,
    /// Points of GraphQL.
    GraphqlPoints,
    /// Requests that create content, in a minute.
    ContentPerMinute,
    /// Requests that create content, in an hour.
    ContentPerHour,
    /// Seconds of computing, which the time that answers take is an estimate of.
    CpuSeconds,
    /// Those of them that may be GraphQL's.
    GraphqlCpuSeconds,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

impl Limit {
    /// How many.
    pub const fn units(self) -> u64 {
        match self {
            Self::Unauthenticated | Self::GraphqlCpuSeconds => 60,
            Self::User | Self::InstallationAtLeast => 5_000,
            Self::EnterpriseCloudApp => 15_000,
            Self::InstallationAtMost => 12_500,
            Self::ActionsToken => 1_000,
            Self::RestPoints => 900,
            Self::GraphqlPoints => 2_000,
            Self::ContentPerMinute => 80,
            Self::ContentPerHour => 500,
            Self::CpuSeconds => 90,
        }
    }

    /// In how long.
    pub const fn period(self) -> Duration {
        match self {
            Self::Unauthenticated
            | Self::User
            | Self::EnterpriseCloudApp
            | Self::InstallationAtLeast
            | Self::InstallationAtMost
            | Self::ActionsToken
            | Self::ContentPerHour => HOUR,
            Self::RestPoints
            | Self::GraphqlPoints
            | Self::ContentPerMinute
            | Self::CpuSeconds
            | Self::GraphqlCpuSeconds => MINUTE,
        }
    }

    /// A quota that never exceeds it in any period: every call is remembered for one. Points are the calls' costs.
    ///
    /// # Errors
    ///
    /// None: all of them are possible quotas.
    pub fn quota(self) -> Result<Quota, Invalid> {
        let quota = Quota::new(self.units(), self.period())?;
        Ok(quota.with_shape(buttress_core::quota::Shape::Log))
    }
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

    #[test]
    fn every_published_limit_is_a_quota_and_none_is_over_it() {
        for limit in [
            Limit::Unauthenticated,
            Limit::InstallationAtMost,
            Limit::GraphqlPoints,
            Limit::ContentPerHour,
        ] {
            let quota = limit.quota().unwrap();
            assert_eq!(
                (quota.units(), quota.period()),
                (limit.units(), limit.period())
            );
        }
    }
}
