//! The routes of GitHub's API, as the tables of its clients know them.
//!
//! Both are of 22 November 2026: octokit/plugin-throttling.js at 1a64804, `src/wrap-request.ts` and
//! `src/generated/triggers-notification-paths.ts`; google/go-github `github/github.go`, `GetRateLimitCategory`.

/// Whether a request that changes something there sends mail to people.
pub fn triggers_notification(path: &str) -> bool {
    let path = of_api(path);
    NOTIFYING.iter().any(|route| is_on(route, path))
}

/// The path as api.github.com has it: a GitHub Enterprise Server puts its own before it.
pub(crate) fn of_api(path: &str) -> &str {
    match path.strip_prefix("/api") {
        Some(rest) if rest.starts_with("/graphql") => rest,
        Some(rest) => rest
            .strip_prefix("/v3")
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(path),
        None => path,
    }
}

pub(crate) fn is_auth(method: &str, path: &str) -> bool {
    let routes: &[&str] = match method {
        "PATCH" => &["/applications/{}/token/scoped"],
        "POST" => &[
            "/applications/{}/token",
            "/app/installations/{}/access_tokens",
            "/login/oauth/access_token",
        ],
        _ => &[],
    };
    routes.iter().any(|route| is_on(route, path))
}

/// Whether a path is on a route, in which `{}` stands for any one segment. Routes are alike in capitals.
fn is_on(route: &str, path: &str) -> bool {
    let (mut route, mut path) = (route.split('/'), path.split('/'));
    loop {
        match (route.next(), path.next()) {
            (None, None) => return true,
            (Some("{}"), Some(segment)) if !segment.is_empty() => {}
            (Some(name), Some(segment)) if name.eq_ignore_ascii_case(segment) => {}
            _ => return false,
        }
    }
}

/// Octokit's table.
const NOTIFYING: [&str; 19] = [
    "/orgs/{}/invitations",
    "/orgs/{}/invitations/{}",
    "/orgs/{}/teams/{}/discussions",
    "/orgs/{}/teams/{}/discussions/{}/comments",
    "/repos/{}/{}/collaborators/{}",
    "/repos/{}/{}/commits/{}/comments",
    "/repos/{}/{}/issues",
    "/repos/{}/{}/issues/{}/comments",
    "/repos/{}/{}/issues/{}/sub_issue",
    "/repos/{}/{}/issues/{}/sub_issues/priority",
    "/repos/{}/{}/pulls",
    "/repos/{}/{}/pulls/{}/comments",
    "/repos/{}/{}/pulls/{}/comments/{}/replies",
    "/repos/{}/{}/pulls/{}/merge",
    "/repos/{}/{}/pulls/{}/requested_reviewers",
    "/repos/{}/{}/pulls/{}/reviews",
    "/repos/{}/{}/releases",
    "/teams/{}/discussions",
    "/teams/{}/discussions/{}/comments",
];

/// The bucket that a request is counted in, as `x-ratelimit-resource` names it, by go-github's table.
pub fn resource(method: &str, path: &str) -> &'static str {
    let path = of_api(path.split('?').next().unwrap_or(path));
    let is_of_repository = path.starts_with("/repos/");
    let ends = |end| path.ends_with(end);
    match method {
        "GET" if path.starts_with("/search/code") => "code_search",
        _ if path.starts_with("/search/") => "search",
        _ if path == "/graphql" => "graphql",
        "POST" if path.starts_with("/app-manifests/") && ends("/conversions") => {
            "integration_manifest"
        }
        "PUT" if is_of_repository && ends("/import") => "source_import",
        _ if ends("/code-scanning/sarifs") => "code_scanning_upload",
        _ if path.starts_with("/scim/") => "scim",
        "POST" if is_of_repository && ends("/dependency-graph/snapshots") => "dependency_snapshots",
        _ if ends("/audit-log") => "audit_log",
        _ if is_of_repository && ends("/dependency-graph/sbom") => "dependency_sbom",
        _ => "core",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enterprise_server_counts_the_same_routes_in_the_same_buckets() {
        for (own, path, bucket) in [
            ("/api/v3", "/search/code?q=x", "code_search"),
            ("/api/v3", "/search/issues", "search"),
            ("/api", "/graphql", "graphql"),
            (
                "/api/v3",
                "/repos/o/r/dependency-graph/sbom",
                "dependency_sbom",
            ),
            ("/api/v3", "/scim/v2/Users", "scim"),
            ("/api/v3", "/user", "core"),
        ] {
            assert_eq!(resource("GET", path), bucket);
            assert_eq!(resource("GET", &format!("{own}{path}")), bucket, "{path}");
        }
    }

    #[test]
    fn every_route_that_sends_mail_is_found_with_any_names_and_none_beside_it() {
        for route in NOTIFYING {
            let path = route.replace("{}", "x-1");
            assert!(triggers_notification(&path), "{path}");
            assert!(triggers_notification(&path.to_uppercase()), "{path}");
            assert!(!triggers_notification(&format!("{path}/")), "{path}");
            assert!(!triggers_notification(&route.replace("{}", "")), "{route}");
        }
    }
}
