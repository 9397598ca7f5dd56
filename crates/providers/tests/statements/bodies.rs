//! Bodies that are cut, large, of another kind than they say, or not to be read at all.

use buttress_providers::{ALL, Profile, anthropic, gemini, generic, openai};

use crate::{mean, meaning};

const WHOLE: &str = r#"{"error":{"message":"Limit reached. Please try again in 1m20s. Visit https://platform.openai.com/account/rate-limits to learn more.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#;

fn cut_after(text: &str) -> &'static str {
    &WHOLE[..WHOLE.find(text).unwrap() + text.len()]
}

#[test]
fn a_cut_body_says_what_stands_before_the_cut() {
    for (last, meant) in [
        ("Limit rea", "rate_limited again - model"),
        ("again in 1", "rate_limited again - model"),
        ("again in 1m", "rate_limited again - model"),
        ("again in 1m2", "rate_limited again - model"),
        ("again in 1m20s", "rate_limited again - model"),
        ("1m20s. Vi", "rate_limited again 80000 body_text model"),
        (
            "\"type\":\"insuffi",
            "rate_limited again 80000 body_text model",
        ),
        (
            "\"insufficient_quota\",\"par",
            "quota_exhausted never - org",
        ),
    ] {
        mean(openai::PROFILE, &[(429, "", cut_after(last), meant)]);
    }
}

#[test]
fn of_a_large_body_the_first_64_kib_count() {
    let long = "x".repeat(1 << 20);
    let late = format!(r#"{{"error":{{"message":"{long}","code":"insufficient_quota"}}}}"#);
    let early = format!(r#"{{"error":{{"code":"insufficient_quota","message":"{long}"}}}}"#);
    let edge = |before: usize| {
        let padding = "x".repeat((64 << 10) - before);
        format!(r#"{{"error":{{"message":"{padding} Please try again in 59.5s. Visit"}}}}"#)
    };
    mean(
        openai::PROFILE,
        &[
            (429, "", &late, "rate_limited again - model"),
            (429, "", &early, "quota_exhausted never - org"),
            (429, "", &edge(43), "rate_limited again - model"),
            (429, "", &edge(46), "rate_limited again - model"),
            (429, "", &edge(47), "rate_limited again - model"),
            (
                429,
                "",
                &edge(90),
                "rate_limited again 59500 body_text model",
            ),
        ],
    );
}

#[test]
fn nesting_without_end_hides_nothing_before_it() {
    let arrays = "[".repeat(100_000);
    let objects = r#"{"a":"#.repeat(100_000);
    let beside = format!(r#"{{"error":{{"code":"insufficient_quota","details":{arrays}"#);
    for profile in ALL {
        for body in [&arrays, &objects] {
            let _ = meaning(profile, 429, "", body.as_bytes());
        }
    }
    mean(
        openai::PROFILE,
        &[
            (429, "", &beside, "quota_exhausted never - org"),
            (429, "", &arrays, "rate_limited again - model"),
        ],
    );
}

#[test]
fn what_is_no_json_is_judged_by_its_status_whatever_it_says_it_is() {
    for body in [
        &b"\x1f\x8b\x08\0\0\0"[..],
        b"\0\0\0",
        b"<html>insufficient_quota</html>",
        b"null",
        b"\"insufficient_quota\"",
        b"insufficient_quota",
        b"[]",
        b"{}",
    ] {
        for head in ["", "content-type: text/plain", "content-encoding: gzip"] {
            assert_eq!(
                meaning(openai::PROFILE, 429, head, body),
                "rate_limited again - model"
            );
        }
    }
}

#[test]
fn a_mark_before_the_json_and_bytes_that_are_no_text_hide_nothing() {
    for body in [
        &b"\xef\xbb\xbf{\"error\":{\"code\":\"insufficient_quota\"}}"[..],
        b"  \n{\"error\":{\"code\":\"insufficient_quota\"}}\n\n",
        b"{\"error\":{\"message\":\"\xff\",\"code\":\"insufficient_quota\"}} trailing",
    ] {
        assert_eq!(
            meaning(openai::PROFILE, 429, "", body),
            "quota_exhausted never - org"
        );
        assert_eq!(
            meaning(openai::PROFILE, 429, "content-type: text/plain", body),
            "quota_exhausted never - org"
        );
    }
}

#[test]
fn members_of_another_type_than_expected_say_nothing() {
    for body in [
        r#"{"error":"insufficient_quota"}"#,
        r#"{"error":{"code":["insufficient_quota"],"type":{"a":1},"message":17}}"#,
        r#"{"error":[{"code":"insufficient_quota"}]}"#,
        r#"{"errors":{"code":"insufficient_quota"}}"#,
        r#"{"error":{"code":true}}"#,
    ] {
        mean(
            openai::PROFILE,
            &[(429, "", body, "rate_limited again - model")],
        );
    }
    mean(
        gemini::PROFILE,
        &[(
            429,
            "",
            r#"{"error":{"details":"PerDay","status":17,"message":["limit: 0"]}}"#,
            "rate_limited again - model",
        )],
    );
}

#[test]
fn words_that_are_echoed_or_written_by_a_model_are_not_matched() {
    let prose = r#"{"content":[{"type":"text","text":"insufficient_quota rate_limit_error overloaded_error limit: 0 secondary rate limit"}]}"#;
    let is_http = |profile: &Profile| !profile.is_text() && profile.name() != "grpc";
    for profile in ALL.into_iter().filter(is_http) {
        let found = meaning(profile, 200, "", prose.as_bytes());
        assert!(
            found.starts_with("ok never -"),
            "{}: {found}",
            profile.name()
        );
    }
    let echoed = r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages: overloaded_error rate_limit_error"}}"#;
    mean(
        anthropic::PROFILE,
        &[(400, "", echoed, "client_error never - request")],
    );
}

#[test]
fn headers_that_are_no_text_are_not_there() {
    let head = "retry-after: \u{fc}\nx-ratelimit-remaining: \u{fc}\nx-ratelimit-reset: \u{fc}";
    mean(
        generic::PROFILE,
        &[(429, head, "", "rate_limited again - account")],
    );
}
