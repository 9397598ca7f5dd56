//! Answers as `curl -i` prints them, and what programs print.

use super::*;

fn bad(input: &str) -> String {
    let fault = explain(generic::PROFILE).json(input.as_bytes(), Vec::new());
    fault.unwrap_err().to_string()
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
                "cooldown": "holds all calls for 576ms; keyed by model, those for this one",
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
        "  cooldown  holds all calls for 576ms; keyed by model, those for this one\n",
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
