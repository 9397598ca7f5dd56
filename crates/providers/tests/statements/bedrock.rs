use buttress_providers::bedrock::PROFILE;

use crate::{mean, meaning};

fn typed(exception: &str) -> String {
    format!("x-amzn-ErrorType: {exception}:http://internal.amazon.com/coral/com.amazon.bedrock/")
}

const TEXT: &str = r#"{"message":"x"}"#;

#[test]
fn the_exception_decides_under_the_status_it_has() {
    for (status, exception, meant) in [
        (429, "ThrottlingException", "rate_limited again - model"),
        (429, "ModelNotReadyException", "overloaded again - model"),
        (
            503,
            "ServiceUnavailableException",
            "unavailable again - model",
        ),
        (
            500,
            "InternalServerException",
            "server_error again - request",
        ),
        (500, "InternalFailure", "server_error again - request"),
        (408, "ModelTimeoutException", "timeout again - request"),
        (424, "ModelErrorException", "server_error never - request"),
        (
            400,
            "ServiceQuotaExceededException",
            "quota_exhausted never - account",
        ),
        (403, "AccessDeniedException", "auth never - account"),
        (403, "ExpiredTokenException", "auth never - account"),
        (400, "ValidationException", "client_error never - request"),
        (
            404,
            "ResourceNotFoundException",
            "client_error never - model",
        ),
        (400, "ConflictException", "conflict never - request"),
        (400, "RequestTimeout", "timeout again - request"),
        (400, "RequestTimeoutException", "timeout again - request"),
    ] {
        mean(PROFILE, &[(status, &typed(exception), TEXT, meant)]);
    }
}

#[test]
fn throttling_has_many_names_and_comes_under_400_too() {
    for exception in [
        "Throttling",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    ] {
        let meant = "rate_limited again - account";
        mean(
            PROFILE,
            &[
                (400, &typed(exception), TEXT, meant),
                (503, &typed(exception), TEXT, meant),
            ],
        );
    }
}

#[test]
fn the_name_may_stand_in_the_body_with_its_namespace() {
    mean(
        PROFILE,
        &[
            (
                400,
                "",
                r#"{"__type":"com.amazonaws.bedrock#ThrottlingException","message":"x"}"#,
                "rate_limited again - model",
            ),
            (
                400,
                "",
                r#"{"code":"SlowDown","message":"x"}"#,
                "rate_limited again - account",
            ),
            (
                429,
                "",
                r#"{"__type":"ThrottlingException","message":"Too many tokens per day, please wait before trying again."}"#,
                "quota_exhausted never - account",
            ),
            (429, "", TEXT, "rate_limited again - model"),
        ],
    );
}

#[test]
fn without_a_name_the_status_decides() {
    mean(
        PROFILE,
        &[
            (500, "", "", "server_error again - request"),
            (502, "", "", "unavailable again - request"),
            (504, "", "", "timeout again - request"),
            (403, "", "", "auth never - account"),
        ],
    );
}

#[test]
fn the_hint_is_whole_milliseconds_or_none() {
    for (value, wait) in [
        ("5000", "5000 x_amz_retry_after"),
        (" 250 ", "250 x_amz_retry_after"),
        ("1.5", "-"),
        ("soon", "-"),
        ("+5", "-"),
        ("", "-"),
    ] {
        let head = format!(
            "{}\nx-amz-retry-after: {value}",
            typed("ThrottlingException")
        );
        mean(
            PROFILE,
            &[(
                429,
                &head,
                TEXT,
                &format!("rate_limited again {wait} model"),
            )],
        );
    }
}

const EVENTS: &str = "content-type: application/vnd.amazon.eventstream";

#[test]
fn an_exception_in_a_stream_has_its_class() {
    for (name, meant) in [
        ("throttlingException", "rate_limited again - model"),
        ("modelStreamErrorException", "server_error again - model"),
        ("internalServerException", "server_error again - request"),
        ("serviceUnavailableException", "unavailable again - model"),
        ("modelTimeoutException", "timeout again - request"),
        ("validationException", "client_error never - request"),
    ] {
        let event = format!(r#"{{"{name}":{{"message":"x"}}}}"#);
        mean(PROFILE, &[(200, EVENTS, &event, meant)]);
        let stream = [
            frame("event", "chunk", r#"{"bytes":"eyJhIjoxfQ=="}"#),
            frame("exception", name, TEXT),
        ]
        .concat();
        assert_eq!(meaning(PROFILE, 200, EVENTS, &stream), meant, "{name}");
    }
}

#[test]
fn a_stream_of_chunks_is_none() {
    let stream = frame(
        "event",
        "chunk",
        r#"{"throttlingException":{"message":"x"}}"#,
    );
    assert_eq!(meaning(PROFILE, 200, EVENTS, &stream), "ok never - model");
}

/// A message in the form of `application/vnd.amazon.eventstream`; its checksums are not looked at.
fn frame(kind: &str, name: &str, payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    let of_type = format!(":{kind}-type");
    for (key, value) in [(":message-type", kind), (of_type.as_str(), name)] {
        headers.push(u8::try_from(key.len()).unwrap());
        headers.extend_from_slice(key.as_bytes());
        headers.push(7);
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let total = 16 + headers.len() + payload.len();
    let mut frame = u32::try_from(total).unwrap().to_be_bytes().to_vec();
    frame.extend_from_slice(&u32::try_from(headers.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(&headers);
    frame.extend_from_slice(payload.as_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame
}
