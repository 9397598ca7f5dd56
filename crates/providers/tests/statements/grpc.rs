use buttress_providers::grpc::PROFILE;

use crate::mean;

fn status(code: &str, more: &str, meant: &str) {
    let head = format!("content-type: application/grpc\ngrpc-status: {code}\n{more}");
    mean(PROFILE, &[(200, &head, "", meant)]);
}

#[test]
fn every_code_has_its_class() {
    for (code, meant) in [
        ("0", "ok never - request"),
        ("2", "server_error never - request"),
        ("3", "client_error never - request"),
        ("4", "timeout never - request"),
        ("5", "client_error never - request"),
        ("6", "conflict never - request"),
        ("7", "auth never - account"),
        ("8", "rate_limited again - account"),
        ("14", "unavailable again - request"),
        ("16", "auth never - account"),
        ("17", "server_error never - request"),
        ("x", "server_error never - request"),
        ("", "server_error never - request"),
    ] {
        status(code, "", meant);
    }
}

#[test]
fn a_head_without_a_status_is_judged_by_its_media_type_in_any_letters() {
    for kind in [
        "application/grpc",
        "application/grpc+proto",
        "Application/gRPC",
    ] {
        let head = format!("content-type: {kind}");
        mean(PROFILE, &[(200, &head, "", "ok never - request")]);
    }
    let html = "content-type: text/html";
    mean(PROFILE, &[(200, html, "", "server_error never - request")]);
}

#[test]
fn a_message_that_is_too_large_never_fits() {
    for text in [
        "gRPC message exceeds maximum size 4194304: 5000000",
        "grpc%3A received message larger than max %2810248653 vs. 4194304%29",
        "SERVER: Sent message larger than max (5 vs. 4)",
        "Message exceeds the maximum configured message size.",
        "Received message exceeds the maximum configured message size.",
    ] {
        status(
            "8",
            &format!("grpc-message: {text}"),
            "client_error never - request",
        );
    }
    status(
        "8",
        "grpc-message: Quota%20exceeded",
        "rate_limited again - account",
    );
}

#[test]
fn a_pushback_is_waited_to_the_millisecond_or_forbids() {
    for (value, meant) in [
        ("0", "unavailable again 0 grpc_pushback request"),
        (
            "2147483647",
            "unavailable again 2147483647 grpc_pushback request",
        ),
        ("1.5", "unavailable never - request"),
        ("", "unavailable never - request"),
        ("0x10", "unavailable never - request"),
        ("-2147483649", "unavailable never - request"),
    ] {
        status("14", &format!("grpc-retry-pushback-ms: {value}"), meant);
    }
    status(
        "8",
        "grpc-retry-pushback-ms: -1",
        "rate_limited never - account",
    );
}

#[test]
fn details_are_read_where_there_is_no_pushback() {
    let details = "grpc-status-details-bin: CAgSDlF1b3RhIGV4Y2VlZGVkGjYKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8SCgoICBEQgMq17gE=";
    status("8", details, "rate_limited again 17500 retry_info account");
    status(
        "8",
        &format!("{details}\ngrpc-retry-pushback-ms: 1500"),
        "rate_limited again 1500 grpc_pushback account",
    );
    status(
        "8",
        "grpc-status-details-bin: !!",
        "rate_limited again - account",
    );
}

#[test]
fn without_a_grpc_status_the_http_status_is_mapped() {
    for (status, meant) in [
        (400, "server_error never - request"),
        (401, "auth never - account"),
        (403, "auth never - account"),
        (404, "client_error never - request"),
        (429, "unavailable again - request"),
        (502, "unavailable again - request"),
        (503, "unavailable again - request"),
        (504, "unavailable again - request"),
        (500, "server_error never - request"),
        (418, "server_error never - request"),
    ] {
        mean(PROFILE, &[(status, "content-type: text/html", "", meant)]);
    }
}
