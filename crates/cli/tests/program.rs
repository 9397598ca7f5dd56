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

#[test]
fn who_watches_is_told_where_and_it_is_the_loopback_interface() {
    let output = buttress("demo --json --workers 2 --jobs 4 --dashboard 0 --metrics 0");
    assert_eq!(output.status.code(), Some(0));
    let told: Vec<_> = text(&output.stderr).lines().collect();
    let [page, metrics] = told[..] else {
        panic!("{told:?}");
    };
    assert!(page.starts_with("live page at http://127.0.0.1:") && page.ends_with("/buttress"));
    assert!(metrics.starts_with("metrics at http://127.0.0.1:") && metrics.ends_with("/metrics"));
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok());
}

#[test]
fn an_address_that_is_taken_is_said_before_anything_is_run() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let output = buttress(&format!("demo --dashboard {addr}"));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    assert!(text(&output.stderr).contains("in use"), "{output:?}");
}
