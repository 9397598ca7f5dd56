use std::io::Cursor;

use buttress_core::UnixTime;
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{ALL, claude_cli, generic, github_rest, openai};

const NOW: UnixTime = UnixTime::from_secs(1_792_497_600); // Tue, 20 Oct 2026 12:00:00 GMT

fn explain(profile: Profile) -> Explain {
    Explain::new(profile, NOW)
}

fn json_of(profile: Profile, input: &str) -> Value {
    let mut out = Vec::new();
    explain(profile).json(input.as_bytes(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn words_of(profile: Profile, input: &str) -> String {
    let mut out = Vec::new();
    explain(profile).words(input.as_bytes(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn bad(input: &str) -> String {
    let fault = explain(generic::PROFILE).json(input.as_bytes(), Vec::new());
    fault.unwrap_err().to_string()
}

/// The answers, the complaints and the number of bad lines.
fn many(input: &str) -> (Vec<Value>, String, u64) {
    let (mut out, mut complaints) = (Vec::new(), Vec::new());
    let bad = explain(generic::PROFILE)
        .ndjson(input.as_bytes(), &mut out, &mut complaints)
        .unwrap();
    let rows = out
        .split(|byte| *byte == b'\n')
        .filter(|row| !row.is_empty());
    (
        rows.map(|row| serde_json::from_slice(row).unwrap())
            .collect(),
        String::from_utf8(complaints).unwrap(),
        bad,
    )
}

const LIMITED: &str = "HTTP/1.1 429 Too Many Requests\r\n\
    Content-Type: application/json\r\n\
    retry-after: 1\r\n\
    retry-after-ms: 576\r\n\
    x-ratelimit-remaining-tokens: 460\r\n\
    \r\n\
    {\"error\":{\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}";

#[test]
fn an_answer_as_curl_prints_it_is_explained() {
    let said = json_of(openai::PROFILE, LIMITED);
    assert_eq!(
        said,
        json!({
            "profile": "openai",
            "status": 429,
            "class": "rate_limited",
            "retryable": true,
            "wait_ms": 576,
            "wait_source": "retry_after_ms",
            "scope": "model",
            "rule": "openai limit",
            "limits": {"x-ratelimit-remaining-tokens": "460"},
            "layers": {
                "retry": "repeats it, after 576ms and up to a tenth more",
                "cooldown": "holds the model for 576ms",
                "breaker": "counts nothing",
            },
        })
    );
}

#[test]
fn in_words_the_same_is_said() {
    let said = words_of(openai::PROFILE, LIMITED);
    for line in [
        "429 Too Many Requests, as OpenAI means it\n",
        "  class     rate_limited\n",
        "  wait      576ms (retry_after_ms)\n",
        "  told      x-ratelimit-remaining-tokens: 460\n",
        "  cooldown  holds the model for 576ms\n",
    ] {
        assert!(said.contains(line), "{line:?} in\n{said}");
    }
}

#[test]
fn of_several_heads_the_last_one_counts() {
    let proxy = "HTTP/1.1 200 Connection established\r\n\r\n";
    let redirect = "HTTP/1.1 302 Found\nlocation: /b\nretry-after: 9\n\n";
    let going_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let input = format!("{proxy}{redirect}{going_on}{LIMITED}");
    assert_eq!(
        json_of(openai::PROFILE, &input),
        json_of(openai::PROFILE, LIMITED)
    );
}

#[test]
fn the_body_may_be_missing_and_may_begin_with_any_line() {
    let head = "HTTP/2 403 \nx-ratelimit-remaining: 4290\n";
    assert_eq!(json_of(github_rest::PROFILE, head)["class"], "auth");
    let body = "{\n  \"message\": \"You have exceeded a secondary rate limit\"\n}\n";
    let said = json_of(github_rest::PROFILE, &format!("{head}\n{body}"));
    assert_eq!(
        (&said["class"], &said["wait_ms"]),
        (&json!("rate_limited"), &json!(60_000))
    );
}

#[test]
fn a_header_may_go_on_in_the_next_line() {
    let input = "HTTP/1.1 429 Too Many Requests\nretry-after: Tue,\n 20 Oct 2026 12:00:30 GMT\n\n";
    assert_eq!(json_of(generic::PROFILE, input)["wait_ms"], 30_000);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (input, told) in [
        ("", "line 1: nothing is there"),
        ("{\"error\":1}\n", "line 1: not a status line"),
        ("HTTP/1.1 2x0 OK\n\n", "line 1: not a status line"),
        ("HTTP/1.1 429\nretry after: 3\n\n", "line 2: not a header"),
        ("HTTP/1.1 429\n folded\n\n", "line 2: goes on a header"),
        (
            "HTTP/1.1 100 Continue\n\nHTTP/2 429\nx\n",
            "line 4: not a header",
        ),
    ] {
        let said = bad(input);
        assert!(said.starts_with(told), "{input:?}: {said}");
    }
}

#[test]
fn a_stream_is_explained_by_its_error() {
    let input = "HTTP/2 200\ncontent-type: text/event-stream\n\n\
        data: {\"choices\":[]}\n\n\
        data: {\"error\":{\"type\":\"server_error\"}}\n\n";
    let said = json_of(openai::PROFILE, input);
    assert_eq!(
        (&said["class"], &said["status"]),
        (&json!("server_error"), &json!(200))
    );
}

#[test]
fn of_what_a_program_printed_the_last_notice_counts() {
    let input =
        "You've hit your limit\nsome output\nClaude AI usage limit reached|1792497660\nmore\n";
    let said = json_of(claude_cli::PROFILE, input);
    assert_eq!(
        (&said["class"], &said["wait_ms"]),
        (&json!("quota_exhausted"), &json!(60_000))
    );
}

#[test]
fn each_line_is_answered_in_turn_under_its_own_profile() {
    let (rows, complaints, bad) = many(
        r#"{"id":"a","provider":"openai","status":429,"headers":{"Retry-After":["5","30"]},"expect":{"class":"?"}}

{"id":7,"status":503,"headers":{"retry-after":2},"now":"2026-10-20T12:00:00Z"}
{"status":200}"#,
    );
    assert_eq!((&*complaints, bad), ("", 0));
    assert_eq!(
        rows[0],
        json!({"id": "a", "class": "rate_limited", "retryable": true, "wait_ms": 30_000,
            "wait_source": "retry_after", "scope": "model", "rule": "rate_limited"})
    );
    assert_eq!(
        (&rows[1]["id"], &rows[1]["wait_ms"]),
        (&json!(7), &json!(2_000))
    );
    assert_eq!((rows[2].get("id"), &rows[2]["class"]), (None, &json!("ok")));
}

#[test]
fn a_bad_line_is_told_and_the_others_are_answered() {
    let input = [
        r#"{"id":1,"status":429}"#,
        "not json",
        r#"{"status":99}"#,
        r#"{"provider":"acme"}"#,
        r#"{"status":429,"now":"yesterday"}"#,
        r#"{"status":429,"headers":{"a b":"c"}}"#,
        r#"{"status":429,"headers":{"a":"b\nc"}}"#,
        r#"{"status":429,"headers":{"a":{}}}"#,
        r#"{"status":429,"body_b64":"!"}"#,
        r#"{"status":429,"local_tz":"Mars/Phobos"}"#,
        r#"{"id":2,"status":500}"#,
    ];
    let (rows, complaints, bad) = many(&input.join("\n"));
    assert_eq!((rows.len(), bad), (2, 9));
    let told: Vec<_> = complaints.lines().collect();
    for (line, words) in [
        (0, "line 2: column"),
        (1, "line 3: 99 is no status"),
        (2, "line 4: no profile `acme`"),
        (3, "line 5: `yesterday`"),
        (4, "line 6: `a b`"),
        (5, "line 7: header `a`"),
        (6, "line 8: header `a`"),
        (7, "line 9: body_b64"),
        (8, "line 10: no time zone"),
    ] {
        assert!(told[line].starts_with(words), "{}", told[line]);
    }
}

#[test]
fn a_method_narrows_what_may_be_repeated() {
    let (rows, ..) = many(
        "{\"status\":500}\n{\"status\":500,\"method\":\"POST\"}\n{\"status\":500,\"method\":\"GET\"}\n{\"status\":429,\"method\":\"POST\"}",
    );
    let retryable: Vec<_> = rows.iter().map(|row| row["retryable"] == true).collect();
    assert_eq!(retryable, [true, false, true, true]);
    let mut out = Vec::new();
    let posted = explain(generic::PROFILE).with_method(Method::POST);
    posted
        .json(&b"HTTP/1.1 500 Oops\n\n"[..], &mut out)
        .unwrap();
    assert!(
        String::from_utf8(out)
            .unwrap()
            .contains("\"retryable\":false")
    );
}

#[test]
fn a_line_too_long_is_passed_over_and_not_held() {
    let long = format!("{{\"body\":\"{}\"}}", "x".repeat(LONGEST_LINE));
    let (rows, complaints, bad) = many(&format!("{long}\n{{\"status\":429}}\n"));
    assert_eq!((rows.len(), bad), (1, 1));
    assert_eq!(complaints, "line 1: longer than 8 MiB\n");
}

#[test]
fn a_generated_body_is_bounded() {
    let line = r#"{"status":429,"provider":"openai","body_gen":{"prefix":"{\"x\":\"","repeat":"ab","times":18446744073709551615,"suffix":"\"}"}}"#;
    let (rows, ..) = many(line);
    assert_eq!(rows[0]["class"], "rate_limited");
}

#[test]
fn every_profile_is_listed_once() {
    let mut out = Vec::new();
    list(&mut out).unwrap();
    let listed = String::from_utf8(out).unwrap();
    for profile in ALL {
        let begins = |line: &&str| line.split_whitespace().next() == Some(profile.name());
        assert_eq!(
            listed.lines().filter(begins).count(),
            1,
            "{}",
            profile.name()
        );
    }
}

proptest! {
    #[test]
    fn no_input_makes_it_panic(input: Vec<u8>, text in "(HTTP/1.1 (200|429) x\r?\n)?([a-z-]{1,12}: ?[ -~]{0,12}\r?\n){0,3}\r?\n?[ -~]{0,40}") {
        for profile in ALL {
            let explain = explain(profile);
            let _ = explain.json(Cursor::new(&input), Vec::new());
            let _ = explain.words(text.as_bytes(), Vec::new());
            let _ = explain.ndjson(Cursor::new(&input), Vec::new(), Vec::new());
        }
    }
}
