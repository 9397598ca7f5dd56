use buttress_providers::azure_openai::PROFILE;

use crate::mean;

const TOKENS: &str = r#"{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 37 seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit."}}"#;

#[test]
fn the_deployments_limit_is_told_in_milliseconds_seconds_or_a_sentence() {
    mean(
        PROFILE,
        &[
            (
                429,
                "retry-after: 37\nretry-after-ms: 36412",
                TOKENS,
                "rate_limited again 36412 retry_after_ms model",
            ),
            (
                429,
                "retry-after: 38",
                TOKENS,
                "rate_limited again 38000 retry_after model",
            ),
            (429, "", TOKENS, "rate_limited again 37000 body_text model"),
            (
                429,
                "retry-after: -43",
                TOKENS,
                "rate_limited again 37000 body_text model",
            ),
        ],
    );
}

#[test]
fn resets_are_whole_seconds_also_under_the_odd_spelling() {
    let mute = r#"{"error":{"code":"429","message":"Too many requests"}}"#;
    let requests = "x-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 10\n\
        x-ratelimit-remaining-tokens: 9000\nx-ratelimit-reset-tokens: 300";
    mean(
        PROFILE,
        &[
            (
                429,
                requests,
                mute,
                "rate_limited again 10000 reset_header model",
            ),
            (
                429,
                "x-rate-limit-reset-tokens: 55",
                mute,
                "rate_limited again 55000 reset_header model",
            ),
            (
                429,
                "x-ratelimit-remaining-tokens: -1\nx-ratelimit-reset-tokens: 60",
                mute,
                "rate_limited again - model",
            ),
            (
                429,
                "x-ratelimit-reset-tokens: 1m0s",
                mute,
                "rate_limited again - model",
            ),
        ],
    );
}

#[test]
fn shared_capacity_is_overload_and_no_limit() {
    for text in [
        "The system is currently experiencing high demand and cannot process your request.",
        "The service is temporarily unable to process your request. Please try again later.",
        "Your request exceeds the maximum usage size allowed during peak load.",
    ] {
        let body = format!(r#"{{"error":{{"code":"429","message":"{text}"}}}}"#);
        mean(PROFILE, &[(429, "", &body, "overloaded again - model")]);
    }
}

#[test]
fn the_gateway_has_limits_and_quotas_of_its_own() {
    mean(
        PROFILE,
        &[
            (
                429,
                "",
                r#"{"statusCode":429,"message":"Rate limit is exceeded. Try again in 50 seconds."}"#,
                "rate_limited again 50000 body_text account",
            ),
            (
                403,
                "",
                r#"{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 03:23:11."}"#,
                "quota_exhausted never 12191000 body_text account",
            ),
            (
                403,
                "",
                r#"{"statusCode":403,"message":"Out of bandwidth quota. Quota will be replenished in 6.01:02:03."}"#,
                "quota_exhausted never 522123000 body_text account",
            ),
            (
                403,
                "",
                r#"{"statusCode":403,"message":"Token quota is exceeded. Try again in 1.00:00:00."}"#,
                "quota_exhausted never 86400000 body_text account",
            ),
            (
                403,
                "",
                r#"{"statusCode":403,"message":"Out of call volume quota."}"#,
                "quota_exhausted never - account",
            ),
            (
                403,
                "",
                r#"{"statusCode":403,"message":"Forbidden"}"#,
                "auth never - account",
            ),
        ],
    );
}

#[test]
fn what_is_no_limit_is_judged_by_its_status() {
    mean(
        PROFILE,
        &[
            (
                401,
                "",
                r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}"#,
                "auth never - account",
            ),
            (
                403,
                "",
                r#"{"error":{"code":"403","message":"x"}}"#,
                "auth never - account",
            ),
            (
                400,
                "",
                r#"{"error":{"code":"content_filter","message":"The response was filtered"}}"#,
                "client_error never - request",
            ),
            (
                404,
                "",
                r#"{"error":{"code":"404","message":"Resource not found"}}"#,
                "client_error never - model",
            ),
            (408, "", "", "timeout again - request"),
            (500, "", "", "server_error again - request"),
            (503, "", "", "unavailable again - request"),
            (
                429,
                "",
                r#"{"error":{"code":"insufficient_quota","message":"x"}}"#,
                "quota_exhausted never - org",
            ),
        ],
    );
}
