use buttress_providers::{gemini, vertex};

use crate::{events, mean};

fn error(code: u16, status: &str, message: &str, details: &str) -> String {
    format!(
        r#"{{"error":{{"code":{code},"message":"{message}","status":"{status}","details":[{details}]}}}}"#
    )
}

fn exhausted(message: &str, details: &str) -> String {
    error(429, "RESOURCE_EXHAUSTED", message, details)
}

fn violated(id: &str) -> String {
    format!(
        r#"{{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{"quotaId":"{id}"}}]}}"#
    )
}

fn after(delay: &str) -> String {
    format!(r#"{{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{delay}"}}"#)
}

fn because(reason: &str, metadata: &str) -> String {
    format!(
        r#"{{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{reason}","domain":"cloudcode-pa.googleapis.com","metadata":{{{metadata}}}}}"#
    )
}

const BILLING: &str =
    "You exceeded your current quota, please check your plan and billing details.";

#[test]
fn a_limit_of_the_minute_says_when_though_it_speaks_of_billing() {
    let minute = violated("GenerateRequestsPerMinutePerProjectPerModel-FreeTier");
    for (details, message, meant) in [
        (
            format!("{minute},{}", after("17s")),
            BILLING,
            "rate_limited again 17000 retry_info model",
        ),
        (
            after("68940s"),
            BILLING,
            "rate_limited again 68940000 retry_info model",
        ),
        (
            minute.clone(),
            "Please retry in 56.185908122s.",
            "rate_limited again 56186 body_text model",
        ),
        (
            minute,
            "Please retry in 900ms",
            "rate_limited again 900 body_text model",
        ),
        (
            after("0s"),
            "Please retry in 5s.",
            "rate_limited again 5000 body_text model",
        ),
        (after("0s"), "x", "rate_limited again - model"),
        (
            violated("GenerateContentInputTokensPerModelPerMinute-FreeTier"),
            "x",
            "rate_limited again - model",
        ),
    ] {
        mean(
            gemini::PROFILE,
            &[(429, "", &exhausted(message, &details), meant)],
        );
    }
}

#[test]
fn a_quota_of_the_day_ends_at_midnight_in_california_whatever_stands_beside_it() {
    let day = violated("GenerateRequestsPerDayPerProjectPerModel-FreeTier");
    let both = format!("{day},{}", after("17s"));
    let meant = "quota_exhausted never 68400000 daily_reset model";
    for body in [
        exhausted("Please retry in 17s.", &both),
        exhausted("x", &day),
    ] {
        mean(
            gemini::PROFILE,
            &[
                (429, "", &body, meant),
                (429, "retry-after: 9", &body, meant),
            ],
        );
    }
}

#[test]
fn a_limit_of_zero_is_a_model_that_is_not_in_the_plan() {
    for told in [
        "limit: 0",
        "limit:0",
        "limit: 0, model: x",
        "limit: 0\\nPlease retry in 3s.",
    ] {
        let body = exhausted(
            &format!("Quota exceeded for metric: x, {told}"),
            &after("3s"),
        );
        mean(
            gemini::PROFILE,
            &[(429, "", &body, "quota_exhausted never - model")],
        );
    }
    for told in ["limit: 05", "limit: 0.5", "limit: 10"] {
        let body = exhausted(
            &format!("Quota exceeded for metric: x, {told}"),
            &after("3s"),
        );
        mean(
            gemini::PROFILE,
            &[(429, "", &body, "rate_limited again 3000 retry_info model")],
        );
    }
}

#[test]
fn the_reason_decides_in_cloud_code_assist() {
    let stamp = r#""quotaResetTimeStamp":"2026-10-20T12:30:00Z""#;
    let delay = r#""quotaResetDelay":"539.477544ms""#;
    for (details, meant) in [
        (
            because("QUOTA_EXHAUSTED", stamp),
            "quota_exhausted never 1800000 body_field account",
        ),
        (
            because("QUOTA_EXHAUSTED", delay),
            "quota_exhausted never 540 body_field account",
        ),
        (
            format!("{},{}", because("QUOTA_EXHAUSTED", stamp), after("60s")),
            "quota_exhausted never 60000 retry_info account",
        ),
        (
            because("INSUFFICIENT_G1_CREDITS_BALANCE", ""),
            "quota_exhausted never - account",
        ),
        (
            because("RATE_LIMIT_EXCEEDED", ""),
            "rate_limited again - account",
        ),
        (
            because("MODEL_CAPACITY_EXCEEDED", ""),
            "overloaded again - model",
        ),
    ] {
        mean(
            gemini::PROFILE,
            &[(429, "", &exhausted("x", &details), meant)],
        );
    }
    let full = error(
        503,
        "UNAVAILABLE",
        "x",
        &because("MODEL_CAPACITY_EXHAUSTED", ""),
    );
    mean(
        gemini::PROFILE,
        &[(503, "", &full, "overloaded again - model")],
    );
}

#[test]
fn an_error_may_stand_in_an_array_or_as_text_in_the_message_of_another() {
    let plain = exhausted("x", &after("7s"));
    let array = format!("[{plain}]");
    let nested = |text: &str| exhausted(&text.replace('"', "\\\""), "");
    let meant = "rate_limited again 7000 retry_info model";
    mean(
        gemini::PROFILE,
        &[
            (429, "", &array, meant),
            (429, "", &nested(&plain), meant),
            (429, "", &nested(&array), meant),
        ],
    );
}

#[test]
fn keys_regions_and_money_are_for_a_person() {
    let key = r#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}"#;
    mean(
        gemini::PROFILE,
        &[
            (
                400,
                "",
                &error(400, "INVALID_ARGUMENT", "API key not valid.", key),
                "auth never - account",
            ),
            (
                400,
                "",
                &error(
                    400,
                    "FAILED_PRECONDITION",
                    "User location is not supported",
                    "",
                ),
                "auth never - account",
            ),
            (
                401,
                "",
                &error(401, "UNAUTHENTICATED", "x", ""),
                "auth never - account",
            ),
            (
                403,
                "",
                &error(403, "PERMISSION_DENIED", "x", ""),
                "auth never - account",
            ),
            (
                404,
                "",
                &error(404, "NOT_FOUND", "models/x is not found", ""),
                "client_error never - model",
            ),
            (402, "", "{}", "quota_exhausted never - org"),
        ],
    );
}

#[test]
fn faults_pass() {
    mean(
        gemini::PROFILE,
        &[
            (
                500,
                "",
                &error(500, "INTERNAL", "x", ""),
                "server_error again - request",
            ),
            (
                504,
                "",
                &error(504, "DEADLINE_EXCEEDED", "x", ""),
                "timeout again - request",
            ),
            (
                502,
                "content-type: text/html",
                "<html>",
                "unavailable again - request",
            ),
            (
                409,
                "",
                &error(409, "ABORTED", "x", ""),
                "conflict again - request",
            ),
            (
                409,
                "",
                &error(409, "ALREADY_EXISTS", "x", ""),
                "conflict never - request",
            ),
        ],
    );
}

#[test]
fn the_interactions_api_says_it_in_words() {
    for (status, code, meant) in [
        (429, "rate_limit_exceeded", "rate_limited again - model"),
        (402, "payment_required", "quota_exhausted never - org"),
        (503, "service_unavailable", "unavailable again - request"),
        (504, "deadline_exceeded", "timeout again - request"),
        (500, "api_error", "server_error again - request"),
        (409, "aborted", "conflict again - request"),
        (409, "already_exists", "conflict never - request"),
        (499, "cancelled", "client_error never - request"),
    ] {
        let body = format!(r#"{{"error":{{"code":"{code}","message":"see code"}}}}"#);
        mean(gemini::PROFILE, &[(status, "", &body, meant)]);
    }
}

#[test]
fn a_failure_in_a_stream_has_its_class() {
    let event = |code: &str| {
        format!(
            "data: {{\"event_type\":\"error\",\"error\":{{\"code\":\"{code}\",\"message\":\"x\"}}}}\n\n"
        )
    };
    let full = format!(
        "data: {}\n\n",
        error(503, "UNAVAILABLE", "The model is overloaded.", "")
    );
    events(
        gemini::PROFILE,
        &[
            (
                &event("quota_exceeded"),
                "quota_exhausted never 68400000 daily_reset model",
            ),
            (&event("service_unavailable"), "unavailable again - request"),
            (&full, "overloaded again - model"),
            (
                "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"error\"}]}}]}\n\n",
                "ok never - model",
            ),
        ],
    );
}

#[test]
fn vertex_has_no_room_or_a_limit_and_says_which() {
    let key =
        r#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ACCESS_TOKEN_EXPIRED"}"#;
    mean(
        vertex::PROFILE,
        &[
            (
                429,
                "",
                &exhausted("Resource exhausted, please try again later.", ""),
                "overloaded again - model",
            ),
            (
                429,
                "",
                &exhausted(
                    "Quota exceeded for aiplatform.googleapis.com/generate_content_requests_per_minute_per_project_per_base_model with base model: gemini.",
                    "",
                ),
                "rate_limited again - model",
            ),
            (
                429,
                "",
                &exhausted("x", &violated("RequestsPerDay")),
                "quota_exhausted never 68400000 daily_reset model",
            ),
            (
                503,
                "",
                &error(503, "UNAVAILABLE", "x", ""),
                "unavailable again - request",
            ),
            (
                500,
                "",
                &error(500, "INTERNAL", "x", ""),
                "server_error again - request",
            ),
            (
                401,
                "",
                &error(401, "UNAUTHENTICATED", "x", key),
                "auth never - account",
            ),
        ],
    );
}
