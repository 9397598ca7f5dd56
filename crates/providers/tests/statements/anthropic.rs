use buttress_providers::anthropic::PROFILE;

use crate::{events, mean};

fn error(kind: &str, message: &str) -> String {
    format!(
        r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}},"request_id":"req_1"}}"#
    )
}

fn limit() -> String {
    error(
        "rate_limit_error",
        "Number of requests has exceeded your per-minute rate limit",
    )
}

#[test]
fn the_exhausted_bucket_says_when_by_the_servers_own_clock() {
    let head = "anthropic-ratelimit-requests-limit: 5\nanthropic-ratelimit-requests-remaining: 0\n\
        anthropic-ratelimit-requests-reset: 2024-03-26T20:00:00Z\nanthropic-ratelimit-tokens-remaining: 16000\n\
        anthropic-ratelimit-tokens-reset: 2024-03-26T20:00:30Z\ndate: Tue, 26 Mar 2024 19:59:59 GMT\nx-should-retry: true";
    let two = "anthropic-ratelimit-input-tokens-remaining: 0\nanthropic-ratelimit-input-tokens-reset: 2026-10-20T12:00:05Z\n\
        anthropic-ratelimit-output-tokens-remaining: 0\nanthropic-ratelimit-output-tokens-reset: 2026-10-20T12:00:41Z";
    mean(
        PROFILE,
        &[
            (
                429,
                head,
                &limit(),
                "rate_limited again 1000 reset_header model",
            ),
            (
                429,
                two,
                &limit(),
                "rate_limited again 41000 reset_header model",
            ),
            (429, "", &limit(), "rate_limited again - model"),
            (
                429,
                "retry-after: 23\nanthropic-ratelimit-tokens-remaining: 0\nanthropic-ratelimit-tokens-reset: 2026-10-20T13:00:00Z",
                &limit(),
                "rate_limited again 23000 retry_after model",
            ),
            (
                429,
                "anthropic-priority-input-tokens-remaining: 0\nanthropic-priority-input-tokens-reset: 2026-10-20T12:00:09Z",
                &limit(),
                "rate_limited again 9000 reset_header model",
            ),
        ],
    );
}

#[test]
fn a_monthly_cap_ends_on_the_day_in_its_sentence_under_400_and_429() {
    let said = "You have reached your specified workspace API usage limits. You will regain access on 2026-11-01 at 00:00 UTC.";
    let plain = "You have reached your specified API usage limits. You will regain access on 2026-11-01 at 00:00 UTC.";
    let meant = "quota_exhausted never 993600000 body_text org";
    mean(
        PROFILE,
        &[
            (400, "", &error("invalid_request_error", said), meant),
            (
                400,
                "x-should-retry: true",
                &error("invalid_request_error", plain),
                meant,
            ),
            (
                429,
                "retry-after: 5",
                &error("rate_limit_error", plain),
                meant,
            ),
            (
                400,
                "",
                &error(
                    "invalid_request_error",
                    "You have reached your specified API usage limits.",
                ),
                "quota_exhausted never - org",
            ),
        ],
    );
}

#[test]
fn money_is_a_quota() {
    mean(
        PROFILE,
        &[
            (
                402,
                "",
                &error("billing_error", "x"),
                "quota_exhausted never - org",
            ),
            (
                400,
                "",
                &error(
                    "invalid_request_error",
                    "Your credit balance is too low to access the Anthropic API.",
                ),
                "quota_exhausted never - org",
            ),
        ],
    );
}

#[test]
fn a_subscriptions_window_is_used_up_when_the_header_says_rejected() {
    let sub = error(
        "rate_limit_error",
        "This request would exceed your account's rate limit. Please try again later.",
    );
    let window = "anthropic-ratelimit-unified-status: rejected\nanthropic-ratelimit-unified-5h-status: allowed\n\
        anthropic-ratelimit-unified-5h-reset: 1792500000\nanthropic-ratelimit-unified-7d_sonnet-status: rejected\n\
        anthropic-ratelimit-unified-7d_sonnet-reset: 1792584000\nanthropic-ratelimit-unified-representative-claim: seven_day_sonnet";
    mean(
        PROFILE,
        &[
            (
                429,
                "retry-after: 121180\nanthropic-ratelimit-unified-status: rejected",
                &sub,
                "quota_exhausted never 121180000 retry_after account",
            ),
            (
                429,
                "anthropic-ratelimit-unified-status: rejected\nanthropic-ratelimit-unified-reset: 1792504800\nx-should-retry: true",
                &sub,
                "quota_exhausted never 7200000 reset_header account",
            ),
            (
                429,
                window,
                &sub,
                "quota_exhausted never 86400000 reset_header account",
            ),
            (
                429,
                "anthropic-ratelimit-unified-status: allowed_warning\nretry-after: 2",
                &sub,
                "rate_limited again 2000 retry_after model",
            ),
            (
                429,
                "anthropic-ratelimit-unified-status: rejected",
                &sub,
                "quota_exhausted never - account",
            ),
        ],
    );
}

#[test]
fn the_type_beats_the_status() {
    for status in [429, 500, 503, 529] {
        let body = error("overloaded_error", "Overloaded");
        mean(PROFILE, &[(status, "", &body, "overloaded again - model")]);
    }
    mean(
        PROFILE,
        &[
            (529, "", "", "overloaded again - model"),
            (
                504,
                "",
                &error("timeout_error", "x"),
                "timeout again - request",
            ),
            (
                429,
                "",
                &error(
                    "rate_limit_error",
                    "Server is temporarily limiting requests (not your usage limit)",
                ),
                "overloaded again - model",
            ),
        ],
    );
}

#[test]
fn an_acceleration_limit_is_the_organisations() {
    let body = error(
        "rate_limit_error",
        "This request would exceed your organization's maximum usage increase rate for input tokens per minute.",
    );
    mean(
        PROFILE,
        &[(
            429,
            "retry-after: 3",
            &body,
            "rate_limited again 3000 retry_after org",
        )],
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
                &error("authentication_error", "invalid x-api-key"),
                "auth never - account",
            ),
            (
                413,
                "content-type: text/html",
                "<html>413 Request Entity Too Large</html>",
                "client_error never - request",
            ),
            (
                413,
                "",
                &error("request_too_large", "x"),
                "client_error never - request",
            ),
            (
                502,
                "content-type: text/html",
                "<html>",
                "unavailable again - request",
            ),
            (408, "", "", "timeout again - request"),
            (
                500,
                "x-should-retry: false",
                &error("api_error", "x"),
                "server_error never - request",
            ),
        ],
    );
}

#[test]
fn a_failure_in_a_stream_has_its_class() {
    let event = |kind: &str| format!("event: error\ndata: {}\n\n", error(kind, "x"));
    events(
        PROFILE,
        &[
            (&event("overloaded_error"), "overloaded again - model"),
            (&event("api_error"), "server_error again - model"),
            (&event("timeout_error"), "timeout again - request"),
            (&event("authentication_error"), "auth never - account"),
            (
                &event("invalid_request_error"),
                "client_error never - request",
            ),
            (
                "event: ping\ndata: {\"type\": \"ping\"}\n\n",
                "ok never - model",
            ),
        ],
    );
}

#[test]
fn a_success_that_spends_the_last_of_a_limit_concerns_the_model() {
    let spent = "anthropic-ratelimit-requests-remaining: 0";
    mean(
        PROFILE,
        &[
            (200, spent, "{}", "ok never - model"),
            (200, "", r#"{"data":[]}"#, "ok never - request"),
        ],
    );
}
