//! Logs, an answer a line.

use super::*;

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
