use buttress_providers::gitlab::PROFILE;

use crate::mean;

#[test]
fn an_applications_limit_shows_another_buckets_headers() {
    let body = r#"{"message":{"error":"This endpoint has been requested too many times. Try again later."}}"#;
    let head = "ratelimit-limit: 600\nratelimit-remaining: 595\nratelimit-reset: 1792497660\nratelimit-resettime: Tue, 20 Oct 2026 12:01:00 GMT";
    mean(
        PROFILE,
        &[
            (429, head, body, "rate_limited again - account"),
            (429, "", body, "rate_limited again - account"),
        ],
    );
}

#[test]
fn the_reset_is_a_time_since_1970_and_stands_before_the_date() {
    let spent = "ratelimit-remaining: 0\nratelimit-reset: 1792497630\nratelimit-resettime: Tue, 20 Oct 2026 12:01:00 GMT";
    mean(
        PROFILE,
        &[
            (
                429,
                spent,
                "Retry later\n",
                "rate_limited again 30000 reset_header account",
            ),
            (
                429,
                &format!("{spent}\nretry-after: 9"),
                "Retry later\n",
                "rate_limited again 9000 retry_after account",
            ),
        ],
    );
}

#[test]
fn a_page_says_nothing_of_when() {
    let head = "content-type: text/html\nratelimit-remaining: 1999\nratelimit-reset: 1792497630";
    mean(
        PROFILE,
        &[(429, head, "<html>", "rate_limited again - account")],
    );
}

#[test]
fn a_lock_passes_and_another_conflict_stays() {
    mean(
        PROFILE,
        &[
            (
                409,
                "",
                r#"{"message":"409 Conflict: Resource lock"}"#,
                "conflict again - request",
            ),
            (
                409,
                "content-type: text/plain",
                "409 Resource lock",
                "conflict again - request",
            ),
            (
                409,
                "",
                r#"{"message":"Branch already exists"}"#,
                "conflict never - request",
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
                403,
                "",
                r#"{"message":"403 Forbidden"}"#,
                "auth never - account",
            ),
            (
                401,
                "",
                r#"{"message":"401 Unauthorized"}"#,
                "auth never - account",
            ),
            (
                404,
                "",
                r#"{"message":"404 Project Not Found"}"#,
                "client_error never - request",
            ),
            (500, "", "", "server_error again - request"),
            (
                502,
                "",
                "GitLab is not responding",
                "unavailable again - request",
            ),
            (503, "", "", "unavailable again - request"),
            (504, "", "", "timeout again - request"),
            (520, "", "", "unavailable again - request"),
            (521, "", "", "unavailable again - request"),
            (522, "", "", "timeout again - request"),
            (530, "", "", "unavailable again - request"),
        ],
    );
}
