//! What GitHub allows.

use http::StatusCode;

/// The limits of one credential (one `authorization` header) at the routes of GitHub.
///
/// All are fixed windows that open with the first request after the last one ended. The primary limit counts requests
/// per hour. The secondary limits count points per minute (a read is 1, a write 5) and comments per minute and per
/// hour. A refused request is not counted. `GET /rate_limit` is free of all of them.
///
/// A primary refusal is a 403 with `x-ratelimit-remaining: 0` and no `retry-after`; the reset says when. A secondary
/// refusal says it in `retry-after`, while the rate-limit headers go on describing the primary limit.
///
/// # Defaults
///
/// | limit | default |
/// |---|---|
/// | requests per hour | 5 000 |
/// | points per minute | 900 |
/// | comments per minute | 80 |
/// | comments per hour | 500 |
/// | status of a secondary refusal | 403 |
/// | `retry-after` in a secondary refusal | yes |
///
/// The documented limits of a user's token:
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GitHubLimits {
    pub(crate) requests_per_hour: u64,
    pub(crate) points_per_minute: u64,
    pub(crate) comments_per_minute: u64,
    pub(crate) comments_per_hour: u64,
    pub(crate) secondary_status: SecondaryStatus,
    pub(crate) retry_after: bool,
}

/// The status of a secondary refusal. GitHub documents both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondaryStatus {
    /// 403
    Forbidden,
    /// 429
    TooManyRequests,
}

impl SecondaryStatus {
    pub(crate) fn code(self) -> StatusCode {
        match self {
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl Default for GitHubLimits {
    fn default() -> Self {
        Self {
            requests_per_hour: 5_000,
            points_per_minute: 900,
            comments_per_minute: 80,
            comments_per_hour: 500,
            secondary_status: SecondaryStatus::Forbidden,
            retry_after: true,
        }
    }
}

impl GitHubLimits {
    /// The primary limit.
    #[must_use]
    pub fn with_requests_per_hour(mut self, requests: u64) -> Self {
        self.requests_per_hour = requests;
        self
    }

    /// The secondary limit of all requests.
    #[must_use]
    pub fn with_points_per_minute(mut self, points: u64) -> Self {
        self.points_per_minute = points;
        self
    }

    /// The shorter of the secondary limits of new content.
    #[must_use]
    pub fn with_comments_per_minute(mut self, comments: u64) -> Self {
        self.comments_per_minute = comments;
        self
    }

    /// The longer of the secondary limits of new content.
    #[must_use]
    pub fn with_comments_per_hour(mut self, comments: u64) -> Self {
        self.comments_per_hour = comments;
        self
    }

    /// The status of a secondary refusal.
    #[must_use]
    pub fn with_secondary_status(mut self, status: SecondaryStatus) -> Self {
        self.secondary_status = status;
        self
    }

    /// Leaves `retry-after` out of secondary refusals, as GitHub often does: a client must then wait the documented
    /// minute, which is not scaled.
    #[must_use]
    pub fn without_retry_after(mut self) -> Self {
        self.retry_after = false;
        self
    }
}
