use buttress_providers::openai::PROFILE;

use crate::{events, mean};

/// `{"error":{…}}` with a message, a type and a code.
fn error(message: &str, kind: &str, code: &str) -> String {
    format!(r#"{{"error":{{"message":"{message}","type":"{kind}","param":null,"code":"{code}"}}}}"#)
}

fn limit(message: &str) -> String {
    error(message, "tokens", "rate_limit_exceeded")
}

#[test]
fn every_code_of_money_is_a_quota_and_no_retry_after_lifts_it() {
    for code in [
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_not_active",
    ] {
        let of_type = error("Please try again in 3s.", "insufficient_quota", code);
        let of_other = error("x", "invalid_request_error", code);
        mean(
            PROFILE,
            &[
                (
                    429,
                    "retry-after: 56",
                    &of_type,
                    "quota_exhausted never - org",
                ),
                (
                    429,
                    "x-should-retry: true",
                    &of_type,
                    "quota_exhausted never - org",
                ),
                (
                    429,
                    "x-ratelimit-reset-tokens: 6s",
                    &of_other,
                    "quota_exhausted never - org",
                ),
            ],
        );
    }
    let cap = error("x", "invalid_request_error", "billing_hard_limit_reached");
    mean(PROFILE, &[(400, "", &cap, "quota_exhausted never - org")]);
}

#[test]
fn the_sentence_is_read_in_every_form_that_was_seen() {
    for (told, wait) in [
        ("579ms", 579),
        ("18.642s", 18_642),
        ("1m9.696s", 69_696),
        ("7m12s", 432_000),
        ("28m48s", 1_728_000),
        ("6h12m", 22_320_000),
        ("8.64s", 8_640),
    ] {
        let body = limit(&format!(
            "Limit 3. Please try again in {told}. Visit https://x"
        ));
        let meant = format!("rate_limited again {wait} body_text model");
        mean(PROFILE, &[(429, "", &body, &meant)]);
    }
}

#[test]
fn the_sentence_stands_before_the_reset_which_is_an_upper_bound() {
    let body = limit("Please try again in 576ms.");
    let head = "x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 59.08s";
    mean(
        PROFILE,
        &[(429, head, &body, "rate_limited again 576 body_text model")],
    );
}

#[test]
fn of_exhausted_buckets_the_latest_reset_counts_and_of_others_none() {
    let both = "x-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 1m0s\n\
        x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 16m17.764s";
    let absent = "x-ratelimit-reset-requests: 12ms";
    let left = "x-ratelimit-remaining-requests: 499\nx-ratelimit-reset-requests: 120ms\n\
        x-ratelimit-remaining-tokens: 460\nx-ratelimit-reset-tokens: 59.08s";
    let body = limit("Rate limit reached");
    mean(
        PROFILE,
        &[
            (
                429,
                both,
                &body,
                "rate_limited again 977764 reset_header model",
            ),
            (
                429,
                absent,
                &body,
                "rate_limited again 12 reset_header model",
            ),
            (429, left, &body, "rate_limited again - model"),
            (429, "", &body, "rate_limited again - model"),
        ],
    );
}

#[test]
fn a_request_larger_than_its_bucket_never_fits() {
    let body = limit(
        "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 38324.",
    );
    mean(
        PROFILE,
        &[(429, "retry-after: 3", &body, "client_error never - request")],
    );
}

#[test]
fn slow_down_is_a_limit_under_429_and_overload_under_503() {
    let typed = error("Slow down", "rate_limit_error", "slow_down");
    let bare = error("Slow down", "invalid_request_error", "slow_down");
    mean(
        PROFILE,
        &[
            (429, "", &typed, "rate_limited again - model"),
            (429, "", &bare, "rate_limited again - model"),
            (503, "", &bare, "overloaded again - model"),
        ],
    );
}

#[test]
fn a_503_is_overload_where_it_says_so() {
    mean(
        PROFILE,
        &[
            (
                503,
                "retry-after: 4",
                &error("x", "service_unavailable_error", "server_is_overloaded"),
                "overloaded again 4000 retry_after model",
            ),
            (
                503,
                "",
                &error("x", "service_unavailable_error", ""),
                "overloaded again - model",
            ),
            (
                503,
                "",
                &error(
                    "That model is currently overloaded with other requests.",
                    "server_error",
                    "",
                ),
                "overloaded again - model",
            ),
            (
                503,
                "content-type: text/html",
                "<html>",
                "unavailable again - request",
            ),
            (
                503,
                "retry-after: 7",
                "",
                "unavailable again 7000 retry_after request",
            ),
        ],
    );
}

#[test]
fn the_edge_answers_in_pages() {
    let page = "<html><title>504 Gateway Time-out</title></html>";
    mean(
        PROFILE,
        &[
            (
                429,
                "content-type: text/html",
                page,
                "rate_limited again - account",
            ),
            (
                502,
                "content-type: text/html",
                page,
                "unavailable again - request",
            ),
            (
                504,
                "content-type: text/html",
                page,
                "timeout again - request",
            ),
        ],
    );
}

#[test]
fn what_is_wrong_with_the_request_or_the_key_stays_so() {
    mean(
        PROFILE,
        &[
            (
                401,
                "",
                &error(
                    "Incorrect API key",
                    "invalid_request_error",
                    "invalid_api_key",
                ),
                "auth never - account",
            ),
            (
                400,
                "",
                &error(
                    "too long",
                    "invalid_request_error",
                    "context_length_exceeded",
                ),
                "client_error never - request",
            ),
            (
                404,
                "",
                &error("no", "invalid_request_error", "model_not_found"),
                "client_error never - model",
            ),
            (422, "retry-after: 1", "", "client_error never - request"),
        ],
    );
}

#[test]
fn the_clients_repeat_faults_timeouts_and_locks() {
    mean(
        PROFILE,
        &[
            (
                500,
                "",
                &error("oops", "server_error", ""),
                "server_error again - request",
            ),
            (408, "", "", "timeout again - request"),
            (
                409,
                "",
                &error("locked", "x", "x"),
                "conflict again - request",
            ),
            (
                500,
                "x-should-retry: false",
                "",
                "server_error never - request",
            ),
            (409, "x-should-retry: false", "", "conflict never - request"),
            (
                404,
                "x-should-retry: true\nretry-after: 2",
                "",
                "client_error again 2000 retry_after model",
            ),
            (401, "x-should-retry: true", "", "auth never - account"),
        ],
    );
}

#[test]
fn a_plans_window_ends_where_the_body_or_the_headers_say() {
    let told =
        r#"{"error":{"type":"usage_limit_reached","plan_type":"pro","resets_at":1792503000}}"#;
    let mute = r#"{"error":{"type":"usage_limit_reached","plan_type":"pro"}}"#;
    let never = r#"{"error":{"type":"usage_not_included","message":"x"}}"#;
    let second = "x-codex-primary-used-percent: 41\nx-codex-primary-reset-at: 1792498000\n\
        x-codex-secondary-used-percent: 100.0\nx-codex-secondary-reset-at: 1792584000";
    mean(
        PROFILE,
        &[
            (
                429,
                "",
                told,
                "quota_exhausted never 5400000 body_field account",
            ),
            (
                429,
                second,
                mute,
                "quota_exhausted never 86400000 reset_header account",
            ),
            (429, "", never, "quota_exhausted never - account"),
        ],
    );
}

#[test]
fn a_failure_in_a_stream_has_its_class_and_its_hint() {
    let failed = |code: &str, message: &str| {
        format!(
            "event: response.failed\ndata: {{\"type\":\"response.failed\",\"response\":{{\"status\":\"failed\",\"error\":{{\"code\":\"{code}\",\"message\":\"{message}\"}}}}}}\n\n"
        )
    };
    let chat = r#"data: {"error": {"message": "The server had an error while processing your request. Sorry about that!", "type": "server_error"}}"#;
    events(
        PROFILE,
        &[
            (
                &failed("rate_limit_exceeded", "Please try again in 11.054s."),
                "rate_limited again 11054 body_text model",
            ),
            (&failed("server_error", "x"), "server_error again - model"),
            (
                &failed("server_is_overloaded", "x"),
                "overloaded again - model",
            ),
            (&failed("slow_down", "x"), "overloaded again - model"),
            (
                &failed("usage_not_included", "x"),
                "quota_exhausted never - account",
            ),
            (
                &failed("context_length_exceeded", "x"),
                "client_error never - request",
            ),
            (chat, "server_error again - model"),
        ],
    );
}

#[test]
fn a_stream_that_speaks_of_limits_is_not_limited() {
    let prose = "data: {\"choices\":[{\"delta\":{\"content\":\"{\\\"error\\\":{\\\"code\\\":\\\"insufficient_quota\\\"}}\"}}]}\n\ndata: [DONE]\n\n";
    let created = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"status\":\"in_progress\",\"error\":null}}\n\n";
    events(
        PROFILE,
        &[(prose, "ok never - model"), (created, "ok never - model")],
    );
}
