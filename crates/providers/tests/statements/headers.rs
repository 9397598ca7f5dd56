use buttress_providers::generic::PROFILE;

use crate::mean;

fn limited(head: &str, meant: &str) {
    mean(
        PROFILE,
        &[(
            429,
            head,
            "",
            &format!("rate_limited again {meant} account"),
        )],
    );
}

#[test]
fn numbers_of_retry_after_are_digits_and_perhaps_a_fraction() {
    for (value, meant) in [
        ("120", "120000 retry_after"),
        ("0", "0 retry_after"),
        ("5.5", "5500 retry_after"),
        ("0.0004", "1 retry_after"),
        ("5, 30", "30000 retry_after"),
        ("5,30", "30000 retry_after"),
        ("-1, 5", "5000 retry_after"),
        ("+5", "-"),
        ("-43", "-"),
        ("inf", "-"),
        ("NaN", "-"),
        ("1_000", "-"),
        ("5 seconds", "-"),
        ("5.", "-"),
        (".5", "-"),
        ("1,5s", "-"),
        ("\u{665}", "-"),
        ("5 5", "-"),
        ("\"5\"", "-"),
        ("PT5S", "-"),
        ("2026-10-20T12:00:30Z", "-"),
    ] {
        limited(&format!("retry-after: {value}"), meant);
    }
}

#[test]
fn numbers_too_large_are_long_and_never_short() {
    for value in [
        "99999999999999999999",
        "18446744073709551615",
        "9223372036854775808",
        "1e309",
    ] {
        let long = if value.contains('e') {
            "-"
        } else {
            "18446744073710 retry_after"
        };
        limited(&format!("retry-after: {value}"), long);
    }
    limited(
        "retry-after-ms: 99999999999999999999999",
        "18446744073710 retry_after_ms",
    );
}

#[test]
fn dates_come_in_three_forms_and_in_no_other() {
    for (value, meant) in [
        ("Tue, 20 Oct 2026 12:00:30 GMT", "30000 retry_after_date"),
        ("Tuesday, 20-Oct-26 12:00:30 GMT", "30000 retry_after_date"),
        ("Tue Oct 20 12:00:30 2026", "30000 retry_after_date"),
        ("Mon Nov  2 12:00:00 2026", "1123200000 retry_after_date"),
        ("Tue, 20 Oct 2026 11:59:00 GMT", "0 retry_after_date"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "0 retry_after_date"),
        ("Tue, 20 Oct 2026 12:00:30 UTC", "-"),
        ("Tue, 20 Oct 2026 12:00:30 +0000", "-"),
        ("Tue, 20 Oct 2026 12:00:30", "-"),
        ("Tue, 32 Oct 2026 12:00:30 GMT", "-"),
        ("tue, 20 oct 2026 12:00:30 gmt", "-"),
    ] {
        limited(&format!("retry-after: {value}"), meant);
    }
}

#[test]
fn waits_are_measured_by_the_servers_clock() {
    limited(
        "date: Tue, 20 Oct 2026 11:55:00 GMT\nretry-after: Tue, 20 Oct 2026 11:55:30 GMT",
        "30000 retry_after_date",
    );
    limited(
        "date: Tue, 20 Oct 2026 12:05:00 GMT\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 1792497960",
        "60000 reset_header",
    );
    limited(
        "date: Tue, 20 Oct 2026 12:05:00 GMT\nretry-after: 7",
        "7000 retry_after",
    );
}

#[test]
fn milliseconds_stand_first_unless_they_say_nothing() {
    limited("retry-after-ms: 576\nretry-after: 1", "576 retry_after_ms");
    limited("retry-after-ms: 0\nretry-after: 0", "0 retry_after_ms");
    limited("retry-after-ms:\nretry-after: 2", "2000 retry_after");
    limited("retry-after-ms: nan\nretry-after: 2", "2000 retry_after");
    limited(
        "retry-after: 0\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 30",
        "30000 reset_header",
    );
}

#[test]
fn every_status_has_its_class() {
    for (status, meant) in [
        (401, "auth never - request"),
        (408, "timeout again - request"),
        (409, "conflict never - request"),
        (410, "client_error never - request"),
        (413, "client_error never - request"),
        (425, "client_error never - request"),
        (429, "rate_limited again - account"),
        (451, "client_error never - request"),
        (501, "server_error again - request"),
        (503, "unavailable again - request"),
        (504, "timeout again - request"),
        (507, "server_error again - request"),
        (521, "unavailable again - request"),
        (523, "unavailable again - request"),
        (530, "unavailable again - request"),
        (304, "ok never - request"),
    ] {
        mean(PROFILE, &[(status, "", "", meant)]);
    }
    mean(
        PROFILE,
        &[(
            500,
            "retry-after: 5",
            "",
            "server_error again 5000 retry_after request",
        )],
    );
}
