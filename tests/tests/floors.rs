//! Who may depend on whom: imports go downward only, and nothing imports its neighbour.

use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

enum Allowed {
    Any,
    Only(&'static [&'static str]),
}

/// The crates of this workspace that a crate may need for what it ships, or `None` for a crate that has no floor yet.
fn allowed(name: &str) -> Option<Allowed> {
    Some(match name {
        "buttress-core" | "buttress-testkit" => Allowed::Only(&[]),
        "buttress-live" | "buttress-providers" | "buttress-reqwest" => {
            Allowed::Only(&["buttress-core"])
        }
        "buttress-config" => Allowed::Only(&["buttress-core", "buttress-providers"]),
        "buttress" => Allowed::Only(&[
            "buttress-config",
            "buttress-core",
            "buttress-live",
            "buttress-providers",
            "buttress-reqwest",
        ]),
        "buttress-cli" => Allowed::Only(&["buttress", "buttress-testkit"]),
        "buttress-bench" | "buttress-examples" | "buttress-tests" => Allowed::Any,
        _ => return None,
    })
}

/// The crate that cannot open a socket, and the crates that could do it for it.
const DECISIONS: &str = "buttress-core";
const IO: [&str; 10] = [
    "async-io",
    "async-std",
    "h2",
    "hyper",
    "hyper-util",
    "mio",
    "reqwest",
    "smol",
    "socket2",
    "tokio",
];

#[derive(Deserialize)]
struct Workspace {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

impl Package {
    /// Normal and build dependencies: those for tests go where they like.
    fn needs(&self) -> impl Iterator<Item = &str> {
        let is_for_tests = |dependency: &&Dependency| dependency.kind.as_deref() == Some("dev");
        self.dependencies
            .iter()
            .filter(move |dependency| !is_for_tests(dependency))
            .map(|dependency| &*dependency.name)
    }
}

impl Workspace {
    fn faults(&self) -> Vec<String> {
        let faults = self
            .packages
            .iter()
            .flat_map(|package| self.faults_of(package));
        faults.collect()
    }

    fn faults_of(&self, package: &Package) -> Vec<String> {
        let name = &package.name;
        let allowed = match allowed(name) {
            Some(Allowed::Any) => return Vec::new(),
            Some(Allowed::Only(allowed)) => allowed,
            None => {
                return vec![format!(
                    "{name} has no floor: add it to the table in floors.rs"
                )];
            }
        };
        let is_ours = |need: &str| self.packages.iter().any(|package| package.name == need);
        let is_fault = |need: &&str| {
            let opens_sockets = name == DECISIONS && IO.contains(need);
            opens_sockets || (is_ours(need) && !allowed.contains(need))
        };
        let faults = package.needs().filter(is_fault);
        faults
            .map(|need| format!("{name} may not depend on {need}"))
            .collect()
    }
}

#[test]
fn no_crate_depends_on_its_own_floor_or_one_above() {
    let faults = this_workspace().faults();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn this_workspace() -> Workspace {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .args(["--manifest-path", manifest])
        .output()
        .expect("cargo can be run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo writes what it documents")
}

#[test]
fn the_workspace_is_seen_at_all() {
    let workspace = this_workspace();
    let core = workspace
        .packages
        .iter()
        .find(|package| package.name == DECISIONS);
    assert!(core.is_some_and(|core| core.needs().any(|need| need == "http")));
}

#[test]
fn an_edge_upward_and_a_socket_in_core_are_faults() {
    let faults = faults(&json!([
        {"name": "buttress-core", "dependencies": [
            {"name": "http", "kind": null},
            {"name": "tokio", "kind": "build"},
            {"name": "buttress", "kind": null},
        ]},
        {"name": "buttress", "dependencies": [{"name": "buttress-core", "kind": null}]},
    ]));
    let expected = [
        "buttress-core may not depend on tokio",
        "buttress-core may not depend on buttress",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn what_only_tests_need_is_not_held_to_the_table() {
    let faults = faults(&json!([
        {"name": "buttress-core", "dependencies": [{"name": "buttress", "kind": "dev"}]},
        {"name": "buttress", "dependencies": []},
        {"name": "buttress-tests", "dependencies": [{"name": "buttress", "kind": null}]},
    ]));
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn a_crate_that_nobody_has_placed_is_a_fault() {
    let faults = faults(&json!([{"name": "buttress-redis", "dependencies": []}]));
    assert_eq!(
        faults,
        ["buttress-redis has no floor: add it to the table in floors.rs"]
    );
}

fn faults(packages: &Value) -> Vec<String> {
    let workspace: Workspace =
        serde_json::from_value(json!({"packages": packages})).expect("a workspace");
    workspace.faults()
}
