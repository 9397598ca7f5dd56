//! A configuration for programs.

use buttress::config::{Config, Declared, Origin, Place, Problem, Problems, Severity, Shown};
use serde_json::{Map, Value, json};

use super::is_set;

pub(super) fn report(config: Option<&Config>, problems: &Problems) -> Value {
    let upstreams: Map<_, _> = config
        .into_iter()
        .flat_map(Config::upstreams)
        .map(|(name, declared)| (name.as_str().to_owned(), upstream(declared)))
        .collect();
    let told = problems.iter().map(|told| problem(told, problems));
    json!({
        "file": problems.source().name(),
        "usable": config.is_some(),
        "problems": told.collect::<Vec<_>>(),
        "problems_left_out": problems.left_out(),
        "upstreams": upstreams,
    })
}

fn problem(problem: &Problem, problems: &Problems) -> Value {
    let place = problems.place(problem);
    json!({
        "severity": match problem.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": problem.message(),
        "setting": problem.path(),
        "expected": problem.expected(),
        "help": problem.help(),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "variable": problem.variable(),
    })
}

fn upstream(declared: &Declared) -> Value {
    let figures = declared.policy().figures();
    json!({
        "credential_is_set": declared.credential_env().map(is_set),
        "settings": declared.shown().map(setting).collect::<Vec<_>>(),
        "figures": {
            "longest_call_seconds": figures.longest_call().map(|longest| longest.as_secs_f64()),
            "max_attempts": figures.max_attempts().get(),
            "load_millionths": figures.load_millionths(),
            "retries_per_second_besides": figures.floor(),
        },
    })
}

fn setting(shown: &Shown) -> Value {
    json!({
        "setting": shown.path(),
        "value": shown.json(),
        "written": shown.written(),
        "from": from(shown.origin()),
    })
}

fn from(origin: &Origin) -> Value {
    match origin {
        Origin::File(Place { line, column }) => json!({ "line": line, "column": column }),
        Origin::Environment(name) => json!({ "variable": name }),
        Origin::Preset(name) => json!({ "preset": name }),
        _ => json!("default"),
    }
}
