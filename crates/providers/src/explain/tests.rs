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
    x-ratelimit-limit-tokens: 30000\r\n\
    x-ratelimit-remaining-tokens: 460\r\n\
    x-ratelimit-reset-tokens: 59.08s\r\n\
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
            "learned": [{
                "name": "tokens",
                "unit": "tokens",
                "limit": 30_000,
                "remaining": 460,
                "reset_ms": 59_080,
                "window_s": null,
                "returns": "gradually",
            }],
            "limits": {
                "x-ratelimit-limit-tokens": "30000",
                "x-ratelimit-remaining-tokens": "460",
                "x-ratelimit-reset-tokens": "59.08s",
            },
            "layers": {
                "retry": "repeats it, after 576ms and up to a tenth more",
                "cooldown": "holds the model for 576ms",
                "rate_limit": "lets no more go than are left, if it learns: 460 of 30000 tokens",
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
        "  learned   460 of 30000 tokens left, full again in 59.08s\n",
        "  cooldown  holds the model for 576ms\n",
        "  limit     lets no more go than are left, if it learns: 460 of 30000 tokens\n",
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

#[test]
fn the_layers_see_a_stream_that_fails_after_its_head() {
    let input = "HTTP/2 200\ncontent-type: text/event-stream\n\n\
        data: {\"error\":{\"type\":\"server_error\"}}\n\n";
    let layers = &json_of(openai::PROFILE, input)["layers"];
    assert_eq!(
        *layers,
        json!({
            "retry": "does not repeat it: parts of the answer are delivered",
            "cooldown": "does nothing: the head was good",
            "rate_limit": "learns nothing",
            "breaker": "counts a failure more, after the success of the head",
        })
    );
}

#[test]
fn the_method_decides_what_retry_does_with_a_fault() {
    let said = |method: Option<Method>| {
        let explain = explain(generic::PROFILE);
        let explain = match method {
            Some(method) => explain.with_method(method),
            None => explain,
        };
        let mut out = Vec::new();
        explain
            .json(&b"HTTP/1.1 500 Oops\n\n"[..], &mut out)
            .unwrap();
        let said: Value = serde_json::from_slice(&out).unwrap();
        said["layers"]["retry"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        said(Some(Method::POST)),
        "does not repeat it: a POST may have been done"
    );
    assert_eq!(said(Some(Method::GET)), "repeats it, after its backoff");
    assert_eq!(
        said(None),
        "repeats it if the request may be sent twice, after its backoff"
    );
}

#[test]
fn each_layer_says_what_it_does() {
    let head = |status: &str, fields: &str| format!("HTTP/1.1 {status}\r\n{fields}\r\n");
    for (input, retry, cooldown, breaker) in [
        (
            head("429 x", "retry-after: 3600\r\n"),
            "returns at once and says when: 3600s is longer than 120s",
            "holds the account for 3600s",
            "counts nothing",
        ),
        (
            head("429 x", ""),
            "repeats it, after its backoff",
            "holds the account for a default that grows",
            "counts nothing",
        ),
        (
            head("402 x", ""),
            "does not repeat it",
            "parks the account: calls are rejected, not held",
            "counts nothing",
        ),
        (
            head("503 x", "retry-after: 4\r\n"),
            "repeats it, after 4s and up to a tenth more",
            "holds the request for 4s",
            "counts a failure",
        ),
        (
            head("503 x", ""),
            "repeats it if the request may be sent twice, after its backoff",
            "does nothing",
            "counts a failure",
        ),
        (
            head("404 x", ""),
            "does not repeat it",
            "does nothing, or lets more go where a pause is released",
            "counts a success",
        ),
        (
            head("200 x", ""),
            "has nothing to do",
            "does nothing, or lets more go where a pause is released",
            "counts a success",
        ),
    ] {
        let layers = &json_of(generic::PROFILE, &input)["layers"];
        assert_eq!(
            (&layers["retry"], &layers["cooldown"], &layers["breaker"]),
            (&json!(retry), &json!(cooldown), &json!(breaker)),
            "{input}"
        );
    }
}

#[test]
fn what_is_learned_is_told_per_bucket() {
    let input = "HTTP/2 200\nx-ratelimit-limit: 30\nx-ratelimit-remaining: 14\n\
        x-ratelimit-reset: 1792497631\nx-ratelimit-resource: search\n\n{}";
    let said = words_of(github_rest::PROFILE, input);
    assert!(
        said.contains("  learned   14 of 30 search left, anew in 31s\n"),
        "{said}"
    );
    let input = "HTTP/2 403\nx-ratelimit-limit: 30\nx-ratelimit-remaining: 0\n\
        x-ratelimit-reset: 1792497631\nx-ratelimit-resource: search\n\n{}";
    let said = words_of(github_rest::PROFILE, input);
    assert!(
        said.contains("  scope     account, of it the resource search\n"),
        "{said}"
    );
    let said = json_of(github_rest::PROFILE, input);
    assert_eq!(
        (&said["scope"], &said["resource"]),
        (&json!("account"), &json!("search"))
    );
}

#[test]
fn every_form_of_a_capture_is_read() {
    let json = r#"{"error":{"type":"insufficient_quota"}}"#;
    for input in [
        format!("HTTP/2 429 \r\ncontent-type: application/json\r\n\r\n{json}"),
        format!("HTTP/2 429 \ncontent-type: application/json\n\n{json}\n"),
        format!("HTTP/3 429\n\n\u{feff}{json}"),
        format!("HTTP/1.0 429 Too Many\r\n\n{json}"),
        format!(
            "HTTP/1.1 301 Moved\nlocation: /b\n\nHTTP/1.1 302 Found\n\nHTTP/1.1 429 x\n\n{json}"
        ),
        format!(
            "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 429 x\r\n\r\n{json}"
        ),
    ] {
        assert_eq!(
            json_of(openai::PROFILE, &input)["class"],
            "quota_exhausted",
            "{input:?}"
        );
    }
}

#[test]
fn a_body_may_be_of_any_bytes_or_none() {
    for body in [&b""[..], b"\0\x1f\x8b\xff\xfe", b"\r\n\r\n", b"HTTP", b"\n"] {
        for head in [
            &b"HTTP/2 429\r\n\r\n"[..],
            b"HTTP/1.1 429 x\nretry-after: \xff\n\n",
        ] {
            let input = [head, body].concat();
            let mut out = Vec::new();
            explain(openai::PROFILE).json(&input[..], &mut out).unwrap();
            let said: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(said["class"], "rate_limited", "{input:?}");
        }
    }
    let unended = json_of(openai::PROFILE, "HTTP/2 429\r\nretry-after: 5");
    assert_eq!(unended["wait_ms"], 5_000);
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
