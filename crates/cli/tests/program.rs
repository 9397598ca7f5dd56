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

/// A file that is gone when the test ends.
struct Temporary(std::path::PathBuf);

impl Temporary {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("buttress-{name}-{}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("it is written");
        Self(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn the_demo_goes_by_the_file_that_it_is_given_whatever_its_options() {
    let file = Temporary::new(
        "by-file",
        "[defaults]\nattempt_timeout = \"5s\"\nretry = false\ncooldown = false\nbreaker = false\nfail_fast = false\n\
         [upstream.completions]\nprofile = \"openai\"\n[upstream.comments]\nprofile = \"github\"\n",
    );
    // Nothing but a timeout: it fares no better than the bare client, which meets a limit of one.
    let path = file.0.display();
    let output = buttress(&format!(
        "demo --json --workers 4 --jobs 8 --outage 0 --rate 1 --config {path}"
    ));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["buttress"]["attempts"], 16);
    assert!(report["buttress"]["rate_limited"].as_u64() > Some(0));
}

#[test]
fn a_file_that_the_demo_cannot_use_is_told_as_a_check_tells_it() {
    let file = format!("{BAD}/minimum_over_window.toml");
    let (demo, check) = (
        buttress(&format!("demo --config {file}")),
        buttress(&format!("check {file}")),
    );
    assert_eq!(demo.status.code(), Some(1));
    assert_eq!(demo, check);
    let demo = buttress(&format!("demo --config {OPENAI}"));
    assert_eq!(demo.status.code(), Some(1));
    assert_eq!(text(&demo.stdout), "");
    assert!(text(&demo.stderr).contains("needs the upstreams `completions` and `comments`"));
    let demo = buttress("demo --config /nowhere/buttress.toml");
    assert_eq!(demo.status.code(), Some(2));
    assert!(text(&demo.stderr).contains("/nowhere/buttress.toml: "));
}

#[test]
fn the_environment_has_a_say_over_a_file_that_is_given_and_none_over_the_demos_own() {
    let demo = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_buttress"))
            .args([
                "demo",
                "--json",
                "--workers",
                "2",
                "--jobs",
                "2",
                "--outage",
                "0",
            ])
            .args(arguments)
            .env("BUTTRESS_ELSEWHERE__RETRY__MAX_ATTEMPTS", "3")
            .output()
            .expect("it starts")
    };
    assert_eq!(demo(&[]).status.code(), Some(0));
    let given = demo(&["--config", DEMO]);
    assert_eq!(given.status.code(), Some(1));
    assert!(text(&given.stderr).contains("there is no upstream of this name"));
}

const DEMO: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/config/demo.toml"
);
const OPENAI: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/config/openai.toml"
);
const BAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/tests/bad");

#[test]
fn a_file_that_can_be_used_is_shown_value_by_value() {
    let output = buttress(&format!("check {OPENAI}"));
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
    let table = text(&output.stdout);
    let row = |name: &str| {
        table
            .lines()
            .find(|line| line.trim_start().starts_with(name))
            .unwrap()
    };
    assert!(row("max_attempts").ends_with("openai.toml:11"), "{table}");
    assert!(row("patience").ends_with("default"), "{table}");
    assert!(row("longest call").contains("2m"), "{table}");
    let lines: Vec<_> = table.lines().collect();
    let place = |name: &str| {
        lines
            .iter()
            .position(|line| line.starts_with(name))
            .unwrap()
    };
    let layers = [
        "deadline",
        "retry",
        "fail_fast",
        "cooldown",
        "concurrency",
        "rate_limit",
        "breaker",
        "attempt_timeout",
        "isolation",
    ];
    assert!(layers.map(place).is_sorted(), "{table}");
}

#[test]
fn a_file_that_cannot_be_used_is_told_with_carets() {
    let output = buttress(&format!("check {BAD}/minimum_over_window.toml"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    assert!(
        text(&output.stderr).contains("^^ expected"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_warning_fails_nothing_unless_it_is_to() {
    let file = format!("{BAD}/warning_no_budget.toml");
    let output = buttress(&format!("check {file}"));
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).starts_with("warning: "));
    assert_eq!(
        buttress(&format!("check --strict {file}")).status.code(),
        Some(1)
    );
}

#[test]
fn a_file_that_is_not_there_or_too_large_cannot_be_checked() {
    assert_eq!(
        buttress("check /nowhere/buttress.toml").status.code(),
        Some(2)
    );
    let output = buttress(&format!("check {}", env!("CARGO_BIN_EXE_buttress")));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("larger than 256 KiB"));
}

#[test]
fn a_check_in_json_has_the_same_figures() {
    let output = buttress(&format!("check --json {OPENAI}"));
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let upstream = &report["upstreams"]["openai"];
    assert_eq!(upstream["figures"]["max_attempts"], 5);
    assert_eq!(upstream["figures"]["longest_call_seconds"], 120.0);
    let settings = upstream["settings"].as_array().unwrap();
    let attempts = settings
        .iter()
        .find(|setting| setting["setting"] == "retry.max_attempts");
    assert_eq!(attempts.unwrap()["from"]["line"], 11);
    let output = buttress(&format!("check --json {BAD}/key_misspelt.toml"));
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["problems"].as_array().unwrap().len(), 3);
    assert_eq!(report["problems"][0]["line"], 3);
    assert_eq!(report["usable"], false);
}

#[test]
fn a_variable_that_applies_is_shown() {
    let output = Command::new(env!("CARGO_BIN_EXE_buttress"))
        .args(["check", OPENAI])
        .env("BUTTRESS_OPENAI__RETRY__MAX_ATTEMPTS", "3")
        .output()
        .expect("it starts");
    let table = text(&output.stdout);
    let row = table
        .lines()
        .find(|line| line.contains("max_attempts"))
        .unwrap();
    assert!(
        row.contains(" 3 ") && row.ends_with("BUTTRESS_OPENAI__RETRY__MAX_ATTEMPTS"),
        "{row}"
    );
}

#[test]
fn a_profile_is_shown_as_the_file_calls_it_with_its_own_name() {
    let name = "upstream";
    let text = "[upstream.a]\nprofile = \"github\"\n[upstream.b]\nprofile = 'github_rest'\n";
    let file = Temporary::new(name, text);
    let output = buttress(&format!("check {}", file.0.display()));
    let rows = text_of(&output, "profile");
    assert!(
        rows[0].contains("\"github\", which is \"github_rest\" "),
        "{rows:?}"
    );
    assert!(!rows[1].contains("which is"), "{rows:?}");
    let output = buttress(&format!("check --json {}", file.0.display()));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let shown = |upstream: &str| report["upstreams"][upstream]["settings"][0].clone();
    assert_eq!(
        (&shown("a")["value"], &shown("a")["written"]),
        (&"github_rest".into(), &"github".into())
    );
    assert_eq!(shown("b")["written"], Value::Null);
}

fn text_of(output: &Output, row: &str) -> Vec<String> {
    let lines = text(&output.stdout).lines();
    lines
        .filter(|line| line.starts_with(row))
        .map(str::to_owned)
        .collect()
}

#[test]
fn it_is_said_whether_there_is_a_credential_and_not_what_it_is() {
    let check = |credential: Option<&str>, arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_buttress"));
        program.args(["check", "--strict", OPENAI]).args(arguments);
        match credential {
            Some(credential) => program.env("OPENAI_API_KEY", credential),
            None => program.env_remove("OPENAI_API_KEY"),
        };
        program.output().expect("it starts")
    };
    for (credential, is_set) in [(Some("sk-secret"), true), (Some(""), false), (None, false)] {
        let output = check(credential, &[]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "a file is as good without its secrets"
        );
        assert!(!text(&output.stdout).contains("sk-secret"));
        let rows = text_of(&output, "credential ");
        assert!(rows[0].ends_with("OPENAI_API_KEY"), "{rows:?}");
        assert_eq!(rows[0].contains(" not set "), !is_set, "{rows:?}");
        let output = check(credential, &["--json"]);
        assert!(!text(&output.stdout).contains("sk-secret"));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["upstreams"]["openai"]["credential_is_set"], is_set);
    }
}

#[test]
fn init_writes_what_can_be_checked_and_overwrites_nothing() {
    let path = std::env::temp_dir().join(format!("buttress-init-{}.toml", std::process::id()));
    let path = path.to_str().unwrap();
    let output = buttress(&format!(
        "init --profile openai,github --profile anthropic {path}"
    ));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        buttress(&format!("check --strict {path}")).status.code(),
        Some(0)
    );
    assert_eq!(buttress(&format!("init {path}")).status.code(), Some(2));
    std::fs::remove_file(path).unwrap();
    assert_eq!(buttress("init --profile weather").status.code(), Some(2));
}

#[test]
fn the_schema_is_the_one_in_the_repository() {
    let kept = include_str!("../../../docs/buttress.schema.json");
    assert_eq!(text(&buttress("schema").stdout), kept);
}
