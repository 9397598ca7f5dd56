//! The program, as a shell sees it.

use std::process::{Command, Output};

use serde_json::Value;

fn buttress(arguments: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_buttress");
    let arguments = arguments.split_whitespace();
    Command::new(program)
        .args(arguments)
        .output()
        .expect("it starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it prints text")
}

#[test]
fn json_is_one_object_and_nothing_else() {
    let output = buttress("demo --json --workers 2 --jobs 4 --outage 0");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["calls"], 8);
    for side in ["bare", "buttress"] {
        for key in ["succeeded", "failed", "attempts", "rate_limited"] {
            assert!(report[side][key].is_u64(), "{side} {key}");
        }
        assert!(report[side]["seconds"].is_f64());
        for key in ["attempts", "circuits_opened", "put_back"] {
            assert!(report[side]["outage"][key].is_u64(), "{side} {key}");
        }
    }
}

#[test]
fn the_table_comes_after_what_was_run() {
    let output = buttress("demo --workers 2 --jobs 4 --seed 9 --outage 0");
    assert_eq!(output.status.code(), Some(0));
    let table = text(&output.stdout);
    assert!(table.starts_with("Jobs: 4, "));
    assert!(table.contains("Workers: 2. Seed: 9."));
    let succeeded = table.lines().find(|line| line.starts_with("succeeded"));
    assert!(succeeded.unwrap().ends_with(" 8"));
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let output = buttress("demo --workers 201");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("201 is not in 1..=200"));
}
