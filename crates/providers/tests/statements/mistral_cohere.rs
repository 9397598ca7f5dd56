use buttress_providers::{cohere, mistral};

use crate::mean;

const LIMITED: &str = r#"{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}"#;

#[test]
fn mistrals_minute_is_the_wall_clocks() {
    let spent = "x-ratelimit-limit-req-minute: 23\nx-ratelimit-remaining-req-minute: 0\n\
        x-ratelimit-limit-tokens-minute: 356250\nx-ratelimit-tokens-query-cost: 1204";
    let dated = format!("{spent}\ndate: Tue, 20 Oct 2026 12:00:42 GMT");
    mean(
        mistral::PROFILE,
        &[
            (
                429,
                spent,
                LIMITED,
                "rate_limited again 60000 documented_default model",
            ),
            (
                429,
                &dated,
                LIMITED,
                "rate_limited again 18000 documented_default model",
            ),
            (
                429,
                "x-ratelimit-limit-req-minute: 23",
                LIMITED,
                "rate_limited again 60000 documented_default model",
            ),
            (
                429,
                "x-ratelimit-limit-req-minute: 23\nx-ratelimit-remaining-req-minute: 4",
                LIMITED,
                "rate_limited again - model",
            ),
        ],
    );
}

#[test]
fn mistral_says_by_code_that_it_has_no_room() {
    let full = r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505"}"#;
    mean(
        mistral::PROFILE,
        &[(
            429,
            "x-ratelimit-remaining-req-minute: 0",
            full,
            "overloaded again - model",
        )],
    );
}

#[test]
fn mistrals_quotas_stand_in_headers_and_in_402() {
    mean(
        mistral::PROFILE,
        &[
            (
                429,
                "x-ratelimitbysize-remaining-month: 0",
                LIMITED,
                "quota_exhausted never - account",
            ),
            (402, "", "{}", "quota_exhausted never - account"),
            (
                401,
                "",
                r#"{"detail":"Unauthorized"}"#,
                "auth never - account",
            ),
            (500, "", "", "server_error again - request"),
            (502, "", "", "unavailable again - request"),
            (504, "", "", "timeout again - request"),
            (
                429,
                "retry-after: 1e3",
                LIMITED,
                "rate_limited again - model",
            ),
        ],
    );
}

fn told(message: &str) -> String {
    format!(r#"{{"id":"7d1d","message":"{message}"}}"#)
}

#[test]
fn coheres_minute_is_a_limit_and_its_month_a_quota() {
    mean(
        cohere::PROFILE,
        &[
            (
                429,
                "",
                &told(
                    "You are using a Trial key, which is limited to 20 API calls / minute. You can continue to use the Trial key for free",
                ),
                "rate_limited again - account",
            ),
            (
                429,
                "",
                &told("You are using a Trial key, which is limited to 1000 API calls / month. x"),
                "quota_exhausted never - account",
            ),
            (
                429,
                "",
                &told("trial token rate limit exceeded, limit is 100000 tokens per minute"),
                "rate_limited again - account",
            ),
            (
                429,
                "",
                r#"{"message":"Please wait and try again later"}"#,
                "rate_limited again - account",
            ),
            (
                429,
                "x-ratelimit-reset: 1792497630",
                &told("x"),
                "rate_limited again 30000 reset_header account",
            ),
        ],
    );
}

#[test]
fn cohere_computes_no_month_from_a_sentence_without_a_zone() {
    mean(
        cohere::PROFILE,
        &[
            (
                402,
                "",
                &told("Please add or update your payment method at x"),
                "quota_exhausted never - account",
            ),
            (
                402,
                "",
                &told(
                    "Maximum billing reached for this API key. It will reset at the beginning of next month.",
                ),
                "quota_exhausted never - account",
            ),
        ],
    );
}

#[test]
fn coheres_other_statuses_are_known() {
    mean(
        cohere::PROFILE,
        &[
            (401, "", &told("invalid api token"), "auth never - account"),
            (498, "", &told("x"), "client_error never - request"),
            (500, "", &told("x"), "server_error again - request"),
            (409, "", &told("x"), "conflict again - request"),
            (
                404,
                "",
                &told("model 'x' not found"),
                "client_error never - model",
            ),
        ],
    );
}
