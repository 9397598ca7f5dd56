use buttress_providers::cloudflare::PROFILE;

use crate::mean;

fn error(code: u32) -> String {
    format!(
        r#"{{"success":false,"errors":[{{"code":{code},"message":"Please wait and consider throttling your request speed"}}],"messages":[],"result":null}}"#
    )
}

#[test]
fn the_apis_limit_is_told_by_header_field_date_or_blocks_for_five_minutes() {
    mean(
        PROFILE,
        &[
            (
                429,
                "ratelimit: \"default\";r=0;t=30",
                &error(971),
                "rate_limited again 30000 ratelimit_field account",
            ),
            (
                429,
                "ratelimit: \"default\";r=50;t=30",
                &error(971),
                "rate_limited again 300000 documented_default account",
            ),
            (
                429,
                "x-ratelimit-reset: Tue, 20 Oct 2026 12:00:30 GMT",
                &error(971),
                "rate_limited again 30000 reset_header account",
            ),
            (
                500,
                "",
                &error(971),
                "rate_limited again 300000 documented_default account",
            ),
            (
                200,
                "",
                &error(10429),
                "rate_limited again 300000 documented_default account",
            ),
            (
                429,
                "retry-after: 0",
                &error(971),
                "rate_limited again 300000 documented_default account",
            ),
        ],
    );
}

#[test]
fn the_edges_limit_is_of_an_address_and_its_body_knows_when() {
    let json = r#"{"title":"Error 1015: You are being rate limited","status":429,"error_code":1015,"error_name":"rate_limited","retryable":true,"retry_after":30}"#;
    mean(
        PROFILE,
        &[
            (
                429,
                "retry-after: 0",
                json,
                "rate_limited again 30000 body_field account",
            ),
            (
                429,
                "retry-after: 12",
                json,
                "rate_limited again 12000 retry_after account",
            ),
            (
                429,
                "content-type: text/plain\nretry-after: 30",
                "error code: 1015",
                "rate_limited again 30000 retry_after account",
            ),
            (
                429,
                "content-type: text/html",
                "<h1>Error 1015</h1>",
                "rate_limited again - account",
            ),
        ],
    );
}

#[test]
fn a_challenge_and_a_firewall_are_no_limits() {
    mean(
        PROFILE,
        &[
            (
                403,
                "cf-mitigated: challenge\ncontent-type: text/html",
                "<html>",
                "auth never - account",
            ),
            (
                403,
                "content-type: text/plain",
                "error code: 1020",
                "auth never - account",
            ),
            (
                403,
                "",
                r#"{"error_code":1020,"retryable":false}"#,
                "auth never - account",
            ),
            (401, "", &error(10000), "auth never - account"),
        ],
    );
}

#[test]
fn the_edges_statuses_are_known_and_say_when() {
    mean(
        PROFILE,
        &[
            (520, "", "", "unavailable again - request"),
            (521, "", "", "unavailable again - request"),
            (523, "", "", "unavailable again - request"),
            (
                530,
                "retry-after: 120",
                r#"{"error_code":1033,"retryable":true}"#,
                "unavailable again 120000 retry_after request",
            ),
            (522, "", "", "timeout again - request"),
            (524, "", "", "timeout again - request"),
            (
                500,
                "",
                r#"{"error_code":1101,"retryable":false}"#,
                "server_error never - request",
            ),
            (
                503,
                "retry-after: 60",
                r#"{"error_code":1200,"retryable":true}"#,
                "unavailable again 60000 retry_after request",
            ),
        ],
    );
}

#[test]
fn a_success_is_one_where_it_says_so() {
    mean(
        PROFILE,
        &[
            (
                200,
                "",
                r#"{"success":true,"errors":[],"result":{"errors":[{"code":971}]}}"#,
                "ok never - request",
            ),
            (
                200,
                "",
                r#"{"success":false,"errors":[{"code":7003,"message":"x"}]}"#,
                "client_error never - request",
            ),
            (
                200,
                "ratelimit: \"default\";r=0;t=30",
                r#"{"success":true,"errors":[]}"#,
                "ok never - account",
            ),
        ],
    );
}
