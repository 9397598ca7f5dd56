//! `buttress explain`, as a shell sees it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs it with `input` on its standard input.
fn explain(arguments: &str, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_buttress"))
        .arg("explain")
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("it was asked for");
    stdin.write_all(input).expect("it reads all of it");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it prints text")
}

const LIMITED: &[u8] =
    b"HTTP/2 429 \r\nretry-after-ms: 576\r\n\r\n{\"error\":{\"code\":\"rate_limit_exceeded\"}}";

#[test]
fn an_answer_on_standard_input_is_explained() {
    let output = explain("--profile openai --json", LIMITED);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&said["class"], &said["wait_ms"]),
        (&"rate_limited".into(), &576.into())
    );
    let output = explain("--profile openai", LIMITED);
    assert!(text(&output.stdout).starts_with("429 Too Many Requests, as OpenAI means it\n"));
}

#[test]
fn a_bad_line_of_a_log_is_named_and_the_others_are_answered() {
    let log = b"{\"id\":1,\"status\":429}\nnot json\n\n{\"id\":2,\"status\":500,\"provider\":\"acme\"}\n{\"id\":3,\"status\":200}";
    let output = explain("--ndjson", log);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 2);
    let told: Vec<_> = text(&output.stderr).lines().collect();
    assert!(
        told[0].contains("line 2:") && told[1].contains("line 4:"),
        "{told:?}"
    );
    assert_eq!(told.len(), 2);
}

#[test]
fn what_is_no_answer_is_refused_with_its_line() {
    for (arguments, input) in [
        ("", &b""[..]),
        ("--json", b"hello\n"),
        ("--json", b"HTTP/1.1 429 x\nno header\n\n"),
    ] {
        let output = explain(arguments, input);
        assert_eq!(output.status.code(), Some(1), "{input:?}");
        assert_eq!(text(&output.stdout), "");
        assert!(
            text(&output.stderr).contains("line "),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_profile_that_is_not_there_is_refused_with_those_that_are() {
    let output = explain("--profile acme", b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("anthropic"));
    let output = explain("--list", b"");
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stdout)
            .lines()
            .any(|line| line.starts_with("anthropic "))
    );
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let output = explain("/nowhere/at/all", b"");
    assert_ne!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("/nowhere/at/all"));
}
