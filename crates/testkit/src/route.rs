//! What a request asks for, and who asks.

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};
use serde::Serialize;

/// Ids longer than this are not remembered: they are someone's payload.
const LONGEST_ID: usize = 128;

/// The headers in which clients count their attempts.
const ATTEMPT_HEADERS: [&str; 4] = [
    "x-attempt",
    "x-retry-attempt",
    "x-retry-count",
    "x-stainless-retry-count",
];

/// One of the places where the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST /v1/chat/completions`
    Completions,
    /// `POST /repos/{owner}/{repo}/issues/{number}/comments`
    Comments,
    /// `GET /repos/{owner}/{repo}/issues/{number}`
    Issues,
    /// `GET /rate_limit`
    RateLimit,
    /// Everything else, answered 404.
    Other,
}

/// Whose headers and words an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAi,
    GitHub,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Completions,
    Comments(Issue),
    Issues(Issue),
    RateLimit,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) owner: String,
    pub(crate) repo: String,
    pub(crate) number: u64,
}

/// What the head of a request says.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) route: Route,
    /// The whole `authorization` header; empty without one.
    pub(crate) credential: Vec<u8>,
    pub(crate) job: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    /// As `name: value`.
    pub(crate) attempts: Vec<String>,
}

impl Call {
    pub(crate) fn read(head: &Parts) -> Self {
        let headers = &head.headers;
        let credential = headers.get(AUTHORIZATION).map(|it| it.as_bytes().to_vec());
        Self {
            route: Route::of(&head.method, head.uri.path()),
            credential: credential.unwrap_or_default(),
            job: id(headers, "x-job"),
            idempotency_key: id(headers, "idempotency-key"),
            attempts: attempts(headers),
        }
    }
}

impl Route {
    fn of(method: &Method, path: &str) -> Self {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["v1", "chat", "completions"]) => Self::Completions,
            ("GET", ["rate_limit"]) => Self::RateLimit,
            ("POST", ["repos", owner, repo, "issues", number, "comments"]) => {
                Issue::of(owner, repo, number).map_or(Self::Other, Self::Comments)
            }
            ("GET", ["repos", owner, repo, "issues", number]) => {
                Issue::of(owner, repo, number).map_or(Self::Other, Self::Issues)
            }
            _ => Self::Other,
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Completions => Endpoint::Completions,
            Self::Comments(_) => Endpoint::Comments,
            Self::Issues(_) => Endpoint::Issues,
            Self::RateLimit => Endpoint::RateLimit,
            Self::Other => Endpoint::Other,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Completions => Dialect::OpenAi,
            _ => Dialect::GitHub,
        }
    }
}

impl Issue {
    fn of(owner: &str, repo: &str, number: &str) -> Option<Self> {
        Some(Self {
            owner: owner.to_owned(),
            repo: repo.to_owned(),
            number: number.parse().ok()?,
        })
    }
}

fn id(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= LONGEST_ID).then(|| value.to_owned())
}

fn attempts(headers: &HeaderMap) -> Vec<String> {
    let found = ATTEMPT_HEADERS.iter().filter_map(|name| {
        let value = id(headers, name)?;
        Some(format!("{name}: {value}"))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_read_from_the_path() {
        let route = Route::of(&Method::POST, "/repos/o/r/issues/7/comments");
        let Route::Comments(issue) = route else {
            panic!("{route:?}");
        };
        assert_eq!(
            (issue.owner.as_str(), issue.repo.as_str(), issue.number),
            ("o", "r", 7)
        );
    }

    #[test]
    fn another_method_or_a_number_that_is_none_is_another_place() {
        assert_eq!(
            Route::of(&Method::GET, "/v1/chat/completions"),
            Route::Other
        );
        assert_eq!(Route::of(&Method::GET, "/repos/o/r/issues/x"), Route::Other);
    }

    #[test]
    fn an_id_that_is_too_long_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert("x-job", "a".repeat(LONGEST_ID).parse().unwrap());
        assert!(id(&headers, "x-job").is_some());
        headers.insert("x-job", "a".repeat(LONGEST_ID + 1).parse().unwrap());
        assert_eq!(id(&headers, "x-job"), None);
    }
}
