use buttress_providers::openrouter::PROFILE;

use crate::{events, mean};

fn error(code: u16, message: &str, metadata: &str) -> String {
    format!(
        r#"{{"error":{{"message":"{message}","code":{code},"metadata":{{{metadata}}}}},"user_id":"user_2x"}}"#
    )
}

#[test]
fn an_upstreams_limit_is_the_models() {
    let shared = r#""limit_source":"upstream_provider_shared_pool","retry_after_seconds":29,"retry_after_seconds_raw":28.181,"headers":{"Retry-After":"31"}"#;
    mean(
        PROFILE,
        &[
            (
                429,
                "",
                &error(429, "Provider returned error", shared),
                "rate_limited again 29000 body_field model",
            ),
            (
                429,
                "retry-after: 30",
                &error(429, "Provider returned error", shared),
                "rate_limited again 30000 retry_after model",
            ),
            (
                429,
                "",
                &error(429, "x", r#""headers":{"Retry-After":"31"}"#),
                "rate_limited again 31000 body_field model",
            ),
            (429, "", &error(429, "x", ""), "rate_limited again - model"),
        ],
    );
}

#[test]
fn the_limits_of_free_models_end_at_a_time_in_milliseconds_in_the_body_or_the_head() {
    let told = r#""headers":{"X-RateLimit-Reset":"1792497641000"}"#;
    let head = "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1792497641000";
    let minute = |metadata| error(429, "Rate limit exceeded: free-models-per-min. ", metadata);
    let day = |metadata| {
        error(
            429,
            "Rate limit exceeded: free-models-per-day. Add 10 credits",
            metadata,
        )
    };
    mean(
        PROFILE,
        &[
            (
                429,
                "",
                &minute(told),
                "rate_limited again 41000 body_field account",
            ),
            (
                429,
                head,
                &minute(""),
                "rate_limited again 41000 reset_header account",
            ),
            (
                429,
                "",
                &day(told),
                "quota_exhausted never 41000 body_field account",
            ),
            (
                429,
                head,
                &day(""),
                "quota_exhausted never 41000 reset_header account",
            ),
        ],
    );
}

#[test]
fn a_402_is_a_wait_only_where_it_is_held_in_flight_and_says_when() {
    let flight = error(402, "x", r#""limit_source":"openrouter_in_flight_budget""#);
    let other = error(
        402,
        "This request requires more credits, or fewer max_tokens.",
        "",
    );
    mean(
        PROFILE,
        &[
            (
                402,
                "retry-after: 3",
                &flight,
                "rate_limited again 3000 retry_after account",
            ),
            (402, "", &flight, "quota_exhausted never - account"),
            (
                402,
                "retry-after: 3",
                &other,
                "quota_exhausted never - account",
            ),
        ],
    );
}

#[test]
fn a_403_is_a_budget_a_moderation_or_a_refusal() {
    let budget = error(
        403,
        "Key limit exceeded",
        r#""resets_at":"2026-10-21T00:00:00Z""#,
    );
    let flagged = error(
        403,
        "Your input was flagged",
        r#""reasons":["violence"],"flagged_input":"rate limit exceeded","provider_name":"x""#,
    );
    mean(
        PROFILE,
        &[
            (
                403,
                "",
                &budget,
                "quota_exhausted never 43200000 body_field account",
            ),
            (403, "", &flagged, "client_error never - request"),
            (403, "", &error(403, "x", ""), "auth never - account"),
            (
                401,
                "",
                &error(401, "No auth credentials found", ""),
                "auth never - account",
            ),
        ],
    );
}

#[test]
fn the_errors_code_counts_whatever_the_status_is() {
    for (code, kind, meant) in [
        (408, "timeout", "timeout again - request"),
        (524, "timeout", "timeout again - request"),
        (502, "provider_unavailable", "unavailable again - model"),
        (529, "provider_overloaded", "overloaded again - model"),
        (402, "payment_required", "quota_exhausted never - account"),
        (429, "rate_limit_exceeded", "rate_limited again - model"),
        (400, "invalid_request", "client_error never - request"),
    ] {
        let body = error(code, "x", &format!(r#""error_type":"{kind}""#));
        mean(
            PROFILE,
            &[(code, "", &body, meant), (200, "", &body, meant)],
        );
    }
    mean(
        PROFILE,
        &[
            (
                503,
                "retry-after: 12",
                &error(503, "x", ""),
                "unavailable again 12000 retry_after model",
            ),
            (
                502,
                "content-type: text/html",
                "<html>",
                "unavailable again - model",
            ),
            (
                500,
                "",
                &error(500, "x", ""),
                "server_error again - request",
            ),
            (
                200,
                "",
                r#"{"id":"gen-1","choices":[{"message":{"content":"\"error\": 429"}}],"error":null}"#,
                "ok never - request",
            ),
        ],
    );
}

#[test]
fn a_stream_has_comments_and_errors_with_numbers() {
    let chunk = |code: &str| {
        format!(
            ": OPENROUTER PROCESSING\n\ndata: {{\"id\":\"gen-1\",\"error\":{{\"code\":{code},\"message\":\"x\"}},\"choices\":[{{\"finish_reason\":\"error\"}}]}}\n\n"
        )
    };
    events(
        PROFILE,
        &[
            (&chunk("429"), "rate_limited again - model"),
            (&chunk("502"), "unavailable again - model"),
            (
                &chunk("\"rate_limit_exceeded\""),
                "rate_limited again - model",
            ),
            (&chunk("402"), "quota_exhausted never - account"),
            (
                ": OPENROUTER PROCESSING\n\n: {\"error\":{\"code\":429}}\n\ndata: [DONE]\n\n",
                "ok never - model",
            ),
        ],
    );
}
