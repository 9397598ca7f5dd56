use buttress_providers::{generic, ietf};

use crate::mean;

fn field(value: &str, meant: &str) {
    let head = format!("RateLimit: {value}");
    mean(
        ietf::PROFILE,
        &[(
            429,
            &head,
            "",
            &format!("rate_limited again {meant} account"),
        )],
    );
}

#[test]
fn of_several_items_the_latest_that_is_exhausted_counts() {
    field(
        r#""burst";r=0;t=3, "daily";r=0;t=50, "hour";r=9;t=999"#,
        "50000 ratelimit_field",
    );
    field(
        r#""burst";r=0;t=3;x=1;y, "daily";r=7;t=50"#,
        "3000 ratelimit_field",
    );
    let lines = "RateLimit: \"a\";r=0;t=3\nRateLimit: \"b\";r=0;t=8";
    mean(
        ietf::PROFILE,
        &[(
            429,
            lines,
            "",
            "rate_limited again 8000 ratelimit_field account",
        )],
    );
}

#[test]
fn a_field_that_is_malformed_anywhere_is_not_there() {
    for value in [
        "",
        r#""a";r=-1;t=5"#,
        r#""a";r=0;t=-5"#,
        r#""a";r=0.0;t=5"#,
        r#""a";r="0";t=5"#,
        r#""a";r=0;t=5.5"#,
        r#"("a" "b");r=0;t=5"#,
        r#""a";r=0;t=5, "b""#,
        r#""a";r=0;t=5,"#,
        r#""a";r=0;t=9999999999999999"#,
        "5;r=0;t=5",
        "limit=100, reset=5",
    ] {
        field(value, "-");
    }
}

#[test]
fn the_field_is_preferred_over_the_triplet_and_the_triplet_counts_where_it_is_malformed() {
    let both = "RateLimit: \"a\";r=0;t=7\nRateLimit-Remaining: 0\nRateLimit-Reset: 90";
    let broken = "RateLimit: \"a\nRateLimit-Limit: 100, 100;w=60\nRateLimit-Remaining: 0\nRateLimit-Reset: 90";
    mean(
        ietf::PROFILE,
        &[
            (
                429,
                both,
                "",
                "rate_limited again 7000 ratelimit_field account",
            ),
            (
                429,
                broken,
                "",
                "rate_limited again 90000 reset_header account",
            ),
            (
                429,
                "RateLimit-Remaining: 5\nRateLimit-Reset: 90",
                "",
                "rate_limited again - account",
            ),
            (
                429,
                "RateLimit-Remaining: 0\nRateLimit-Reset: -5",
                "",
                "rate_limited again - account",
            ),
            (
                429,
                "RateLimit: limit=100, remaining=3, reset=5",
                "",
                "rate_limited again - account",
            ),
        ],
    );
}

#[test]
fn what_comes_from_a_cache_tells_of_another_time() {
    for head in [
        "Age: 30\nRateLimit: \"a\";r=0;t=7",
        "Age: 30\nRateLimit-Remaining: 0\nRateLimit-Reset: 90",
    ] {
        mean(
            ietf::PROFILE,
            &[(429, head, "", "rate_limited again - account")],
        );
        mean(
            generic::PROFILE,
            &[(429, head, "", "rate_limited again - account")],
        );
    }
    mean(
        ietf::PROFILE,
        &[(
            429,
            "Age: 30\nRetry-After: 4",
            "",
            "rate_limited again 4000 retry_after account",
        )],
    );
}

#[test]
fn problem_types_are_known() {
    let problem = |kind: &str| {
        format!(
            r#"{{"type":"https://iana.org/assignments/http-problem-types#{kind}","violated-policies":["daily"]}}"#
        )
    };
    let head = "content-type: application/problem+json";
    let told = "content-type: application/problem+json\nretry-after: 20";
    mean(
        ietf::PROFILE,
        &[
            (
                429,
                head,
                &problem("quota-exceeded"),
                "rate_limited again - account",
            ),
            (
                503,
                told,
                &problem("temporary-reduced-capacity"),
                "unavailable again 20000 retry_after account",
            ),
            (
                429,
                head,
                &problem("abnormal-usage-detected"),
                "rate_limited again - account",
            ),
        ],
    );
}

#[test]
fn a_reset_of_no_standard_is_read_by_its_form() {
    for (value, meant) in [
        ("30", "30000 reset_header"),
        ("0", "0 reset_header"),
        ("2.5", "2500 reset_header"),
        ("2026-10-20T12:00:30Z", "30000 reset_header"),
        ("2026-10-20T14:00:30+02:00", "30000 reset_header"),
        ("Tuesday, 20-Oct-26 12:00:30 GMT", "30000 reset_header"),
        ("Tue Oct 20 12:00:30 2026", "30000 reset_header"),
        ("8.64s", "8640 reset_header"),
        ("-30", "-"),
        ("soon", "-"),
        ("", "-"),
        ("NaN", "-"),
        ("1e3", "-"),
    ] {
        let head = format!("X-RateLimit-Remaining: 0\nX-RateLimit-Reset: {value}");
        let meant = format!("rate_limited again {meant} account");
        mean(generic::PROFILE, &[(429, &head, "", &meant)]);
    }
    mean(
        generic::PROFILE,
        &[
            (
                429,
                "X-RateLimit-Reset: 30",
                "",
                "rate_limited again 30000 reset_header account",
            ),
            (
                429,
                "X-RateLimit-Remaining: -1\nX-RateLimit-Reset: 30",
                "",
                "rate_limited again - account",
            ),
            (
                503,
                "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 30",
                "",
                "unavailable again - request",
            ),
        ],
    );
}
