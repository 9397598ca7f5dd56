use std::time::Duration;

use buttress_core::UnixTime;
use buttress_providers::{github_graphql, github_rest};
use http::{HeaderMap, HeaderValue};

use crate::mean;

const SECONDARY: &str = r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest"}"#;

fn head(remaining: u32) -> String {
    format!(
        "x-ratelimit-limit: 5000\nx-ratelimit-remaining: {remaining}\nx-ratelimit-reset: 1792499430\nx-ratelimit-resource: core"
    )
}

fn told(message: &str) -> String {
    format!(r#"{{"message":"{message}","status":"403"}}"#)
}

#[test]
fn nothing_left_is_the_primary_limit_until_its_reset() {
    let body = told("API rate limit exceeded for user ID 9919.");
    let retry = format!("{}\nretry-after: 12", head(0));
    let past = "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1792497000";
    let ahead = format!("{}\ndate: Tue, 20 Oct 2026 12:30:00 GMT", head(0));
    mean(
        github_rest::PROFILE,
        &[
            (
                403,
                &head(0),
                &body,
                "rate_limited again 1830000 reset_header account",
            ),
            (
                429,
                &retry,
                &body,
                "rate_limited again 12000 retry_after account",
            ),
            (
                403,
                past,
                &body,
                "rate_limited again 0 reset_header account",
            ),
            (
                403,
                &ahead,
                &body,
                "rate_limited again 30000 reset_header account",
            ),
            (
                403,
                "x-ratelimit-remaining: 0",
                &body,
                "rate_limited again 60000 documented_default account",
            ),
        ],
    );
}

#[test]
fn the_secondary_limit_is_known_by_its_message_or_its_link_and_lasts_a_minute_at_least() {
    let minute = "rate_limited again 60000 documented_default account";
    let linked = |end: &str| {
        format!(
            r#"{{"message":"m","documentation_url":"https://docs.github.com/rest/overview/resources-in-the-rest-api{end}"}}"#
        )
    };
    mean(
        github_rest::PROFILE,
        &[
            (403, &head(4290), SECONDARY, minute),
            (429, "", SECONDARY, minute),
            (403, "retry-after:", SECONDARY, minute),
            (403, "retry-after: 0", SECONDARY, minute),
            (403, &head(3), &linked("#secondary-rate-limits"), minute),
            (403, &head(3), &linked("#abuse-rate-limits"), minute),
            (
                403,
                "",
                &told(
                    "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.",
                ),
                minute,
            ),
            (
                403,
                &head(0),
                SECONDARY,
                "rate_limited again 1830000 reset_header account",
            ),
        ],
    );
}

#[test]
fn a_422_may_be_a_limit_in_disguise() {
    mean(
        github_rest::PROFILE,
        &[
            (
                422,
                &head(4456),
                r#"{"message":"Validation Failed","errors":[{"resource":"Issue","code":"abuse","field":"base"}]}"#,
                "rate_limited again 60000 documented_default account",
            ),
            (
                422,
                "",
                r#"{"message":"was submitted too quickly after another"}"#,
                "rate_limited again 60000 documented_default account",
            ),
            (
                422,
                "retry-after: 90",
                r#"{"message":"Validation Failed","errors":["was submitted too quickly"]}"#,
                "rate_limited again 90000 retry_after account",
            ),
            (
                422,
                &head(4456),
                r#"{"message":"Validation Failed","errors":[{"resource":"Issue","code":"missing_field","field":"title"}]}"#,
                "client_error never - request",
            ),
            (
                422,
                "",
                r#"{"message":"Validation Failed","errors":[{"code":"custom","message":"abuse is not a valid label"}]}"#,
                "client_error never - request",
            ),
        ],
    );
}

#[test]
fn a_permission_is_none_whatever_remains() {
    for message in [
        "Resource not accessible by integration",
        "Resource not accessible by personal access token",
        "Resource protected by organization SAML enforcement. You must grant your token access.",
        "Must have admin rights to Repository.",
        "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        "Maximum number of login attempts exceeded. Please try again later.",
    ] {
        for remaining in [0, 4999] {
            mean(
                github_rest::PROFILE,
                &[(
                    403,
                    &head(remaining),
                    &told(message),
                    "auth never - account",
                )],
            );
        }
    }
    mean(
        github_rest::PROFILE,
        &[
            (401, "", &told("Bad credentials"), "auth never - account"),
            (403, "", &told("Forbidden"), "auth never - account"),
        ],
    );
}

#[test]
fn what_no_table_holds_is_judged_by_its_status() {
    mean(
        github_rest::PROFILE,
        &[
            (
                429,
                "content-type: text/plain",
                "429: Too Many Requests",
                "rate_limited again - account",
            ),
            (
                502,
                "",
                r#"{"message":"Server Error"}"#,
                "unavailable again - request",
            ),
            (504, "", "", "timeout again - request"),
            (
                409,
                "",
                r#"{"message":"Git Repository is empty."}"#,
                "conflict never - request",
            ),
            (410, "", "", "client_error never - request"),
            (404, "retry-after: 3", "", "client_error never - request"),
            (202, "", "{}", "ok never - request"),
        ],
    );
}

#[test]
fn an_answer_out_of_a_cache_is_no_limit_of_now() {
    let cached = format!("{}\nx-from-cache: 1", head(0));
    let aged = format!("{}\nage: 30", head(0));
    let body = told("API rate limit exceeded for user ID 9919.");
    mean(
        github_rest::PROFILE,
        &[
            (403, &cached, &body, "auth never - account"),
            (429, &aged, &body, "rate_limited again - account"),
            (
                403,
                &cached,
                SECONDARY,
                "rate_limited again 60000 documented_default account",
            ),
        ],
    );
}

fn errors(kind: &str, message: &str) -> String {
    format!(r#"{{"errors":[{{"type":"{kind}","message":"{message}"}}]}}"#)
}

#[test]
fn graphqls_limit_hides_in_a_200_under_two_names() {
    let coded = r#"{"errors":[{"type":"RATE_LIMIT","code":"graphql_rate_limit","message":"API rate limit already exceeded for user ID 9000800."}]}"#;
    let meant = "rate_limited again 1830000 reset_header account";
    mean(
        github_graphql::PROFILE,
        &[
            (200, &head(0), coded, meant),
            (200, &head(4), coded, meant),
            (200, &head(0), &errors("RATE_LIMITED", "x"), meant),
            (403, &head(0), &told("API rate limit exceeded"), meant),
            (
                200,
                &head(0),
                r#"{"data":{"viewer":{"login":"x"}}}"#,
                "ok never - account",
            ),
            (
                200,
                &head(9),
                r#"{"data":{},"errors":[]}"#,
                "ok never - request",
            ),
        ],
    );
}

#[test]
fn graphqls_other_errors_have_their_class() {
    let minute = "rate_limited again 60000 documented_default account";
    mean(
        github_graphql::PROFILE,
        &[
            (
                200,
                &head(9),
                &errors("UNPROCESSABLE", "was submitted too quickly"),
                minute,
            ),
            (
                200,
                &head(9),
                r#"{"errors":[{"message":"You have exceeded a secondary rate limit. Please wait"}]}"#,
                minute,
            ),
            (
                200,
                &head(9),
                &errors("RESOURCE_LIMITS_EXCEEDED", "x"),
                "client_error never - request",
            ),
            (
                200,
                &head(9),
                &errors("MAX_NODE_LIMIT_EXCEEDED", "x"),
                "client_error never - request",
            ),
            (
                200,
                &head(9),
                &errors("INSUFFICIENT_SCOPES", "x"),
                "auth never - account",
            ),
            (
                200,
                &head(9),
                &errors("FORBIDDEN", "x"),
                "auth never - account",
            ),
            (
                502,
                "",
                r#"{"data":null,"errors":[{"message":"Something went wrong while executing your query."}]}"#,
                "unavailable again - request",
            ),
            (504, "", "", "timeout again - request"),
            (401, "", &told("Bad credentials"), "auth never - account"),
        ],
    );
}

#[test]
fn a_look_before_a_batch_finds_the_end_of_the_window_where_nothing_is_left() {
    let wait = |remaining| {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-remaining", HeaderValue::from_static(remaining));
        headers.insert("x-ratelimit-reset", HeaderValue::from_static("1792497630"));
        github_rest::PROFILE.preflight_wait(&headers, UnixTime::from_secs(1_792_497_600))
    };
    assert_eq!(github_rest::PROFILE.preflight(), Some("/rate_limit"));
    assert_eq!(wait("0"), Some(Duration::from_secs(30)));
    assert_eq!(wait("1"), None);
}

#[test]
fn a_403_that_says_when_to_come_back_is_a_limit_and_one_that_does_not_is_none() {
    let body = told("Forbidden");
    let retry = format!("{}\nretry-after: 12", head(4_290));
    mean(
        github_rest::PROFILE,
        &[
            (
                403,
                &retry,
                &body,
                "rate_limited again 12000 retry_after account",
            ),
            (403, &head(4_290), &body, "auth never - account"),
        ],
    );
}
