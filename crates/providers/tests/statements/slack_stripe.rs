use buttress_providers::{slack, stripe};

use crate::mean;

fn said(error: &str) -> String {
    format!(r#"{{"ok":false,"error":"{error}"}}"#)
}

#[test]
fn slack_says_in_a_200_what_others_say_in_statuses() {
    for (error, meant) in [
        ("rate_limited", "rate_limited again - account"),
        ("internal_error", "server_error again - request"),
        ("request_timeout", "timeout again - request"),
        ("not_authed", "auth never - account"),
        ("token_revoked", "auth never - account"),
        ("account_inactive", "auth never - account"),
        ("missing_scope", "auth never - account"),
        ("no_permission", "auth never - account"),
        ("channel_not_found", "client_error never - request"),
    ] {
        mean(slack::PROFILE, &[(200, "", &said(error), meant)]);
    }
}

#[test]
fn slacks_wait_stands_in_the_head_then_in_the_body() {
    let both = r#"{"retry_after":4,"ok":false,"error":"rate_limited"}"#;
    mean(
        slack::PROFILE,
        &[
            (
                429,
                "",
                &said("ratelimited"),
                "rate_limited again - account",
            ),
            (
                429,
                "retry-after: 30",
                both,
                "rate_limited again 30000 retry_after account",
            ),
            (
                429,
                "retry-after: 0",
                both,
                "rate_limited again 4000 body_field account",
            ),
            (200, "", both, "rate_limited again 4000 body_field account"),
            (429, "", "", "rate_limited again - account"),
            (500, "", "", "server_error again - request"),
            (503, "", "", "unavailable again - request"),
        ],
    );
}

fn error(kind: &str, code: &str) -> String {
    format!(r#"{{"error":{{"type":"{kind}","code":"{code}","message":"x"}}}}"#)
}

#[test]
fn a_lock_of_stripes_is_of_one_object_and_cools_nobody_down() {
    mean(
        stripe::PROFILE,
        &[
            (
                429,
                "",
                &error("invalid_request_error", "lock_timeout"),
                "conflict again - request",
            ),
            (
                409,
                "",
                &error("idempotency_error", "idempotency_key_in_use"),
                "conflict again - request",
            ),
        ],
    );
}

#[test]
fn a_limit_of_stripes_is_decided_by_status_and_code_whatever_its_type() {
    for reason in ["endpoint-rate", "endpoint-concurrency", "resource-specific"] {
        let head = format!("stripe-rate-limited-reason: {reason}");
        mean(
            stripe::PROFILE,
            &[
                (
                    429,
                    &head,
                    &error("invalid_request_error", "rate_limit"),
                    "rate_limited again - account",
                ),
                (
                    429,
                    &head,
                    r#"{"error":{"type":"invalid_request_error"}}"#,
                    "rate_limited again - account",
                ),
            ],
        );
    }
    mean(
        stripe::PROFILE,
        &[(
            400,
            "",
            &error("invalid_request_error", "rate_limit"),
            "rate_limited again - account",
        )],
    );
}

#[test]
fn stripes_word_on_repeating_is_obeyed_first() {
    mean(
        stripe::PROFILE,
        &[
            (
                429,
                "stripe-should-retry: false",
                &error("rate_limit_error", "rate_limit"),
                "rate_limited never - account",
            ),
            (
                500,
                "stripe-should-retry: false",
                &error("api_error", ""),
                "server_error never - request",
            ),
            (
                409,
                "stripe-should-retry: true",
                &error("x", "x"),
                "conflict again - request",
            ),
            (
                500,
                "Stripe-Should-Retry: TRUE",
                &error("api_error", ""),
                "server_error again - request",
            ),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_payment_stays_so() {
    mean(
        stripe::PROFILE,
        &[
            (
                400,
                "",
                &error("idempotency_error", ""),
                "client_error never - request",
            ),
            (
                402,
                "retry-after: 1",
                &error("card_error", "card_declined"),
                "client_error never - request",
            ),
            (
                400,
                "",
                &error("invalid_request_error", "parameter_missing"),
                "client_error never - request",
            ),
            (
                401,
                "",
                &error("invalid_request_error", ""),
                "auth never - account",
            ),
            (409, "", &error("x", "x"), "conflict never - request"),
            (502, "", "", "unavailable again - request"),
            (504, "", "", "timeout again - request"),
        ],
    );
}
