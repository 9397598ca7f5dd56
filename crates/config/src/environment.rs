//! Settings from the environment: `BUTTRESS_OPENAI__RETRY__MAX_ATTEMPTS=3`.
//!
//! A name is `BUTTRESS_`, the upstream (or `DEFAULTS`), and the path of the setting, in capitals, with two underscores
//! between the steps. A name with no two underscores is not ours: `BUTTRESS_CONFIG` may be the program's own. Two
//! underscores and a word that is not known are a slip, and an error, or else the setting would silently not apply.
//!
//! What a variable holds is never shown: it is not for this module to know what may be a secret.

use std::collections::BTreeMap;

use crate::nearest::nearest;
use crate::problem::Problem;
use crate::read::{Document, short, unknown};
use crate::settings::{By, Setting, Settings};
use crate::table::{self, Key};
use crate::value::{Value, Written};

const PREFIX: &str = "BUTTRESS_";
const BETWEEN: &str = "__";
const DEFAULTS: &str = "DEFAULTS";

/// The name by which variables call an upstream.
pub(crate) fn name_of(upstream: &str) -> String {
    upstream.to_ascii_uppercase().replace('-', "_")
}

/// The variable that sets `path` of an upstream.
pub(crate) fn variable(upstream: &str, path: &str) -> String {
    let path = path.to_ascii_uppercase().replace('.', BETWEEN);
    format!("{PREFIX}{}{BETWEEN}{path}", name_of(upstream))
}

/// Lays what the environment says over what the file says.
pub(crate) fn overlay(
    document: &mut Document,
    variables: impl IntoIterator<Item = (String, String)>,
) {
    // In the order of their names: an environment has none.
    let variables: BTreeMap<_, _> = variables.into_iter().collect();
    let mut defaults = Settings::default();
    let mut own: BTreeMap<String, Settings> = BTreeMap::new();
    for (name, text) in &variables {
        let Some((upstream, path)) = split(name) else {
            continue;
        };
        let target = if upstream == DEFAULTS {
            &mut defaults
        } else if is_known(document, upstream) {
            own.entry(upstream.to_owned()).or_default()
        } else {
            let problem = unknown_upstream(document, upstream);
            document.problems.push(problem.in_variable(short(name)));
            continue;
        };
        match setting(path, text) {
            Ok((key, value)) => {
                let by = By::Variable(name.clone());
                target.switch_on(key, &by);
                target.insert(key, Setting { value, by });
            }
            Err(problem) => document.problems.push(problem.in_variable(short(name))),
        }
    }
    document.defaults.overlay(defaults);
    for section in &mut document.upstreams {
        if let Some(upper) = own.remove(&name_of(section.name.as_str())) {
            section.settings.overlay(upper);
        }
    }
}

/// The upstream and the path, if it is one of ours.
fn split(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PREFIX)?.split_once(BETWEEN)
}

fn is_known(document: &Document, upstream: &str) -> bool {
    let mut sections = document.upstreams.iter();
    sections.any(|section| name_of(section.name.as_str()) == upstream)
}

fn unknown_upstream(document: &Document, upstream: &str) -> Problem {
    let names: Vec<_> = document
        .upstreams
        .iter()
        .map(|section| name_of(section.name.as_str()))
        .chain([DEFAULTS.to_owned()])
        .collect();
    let problem = Problem::error("there is no upstream of this name")
        .expecting("an upstream of the file, or DEFAULTS, after BUTTRESS_");
    match nearest(upstream, names.iter().map(String::as_str)) {
        Some(known) => problem.with_help(format!("did you mean `{PREFIX}{known}{BETWEEN}…`?")),
        None => problem,
    }
}

fn setting(path: &str, text: &str) -> Result<(&'static Key, Value), Problem> {
    let path = path.to_ascii_lowercase().replace(BETWEEN, ".");
    let key = table::named(&path).ok_or_else(|| unknown_path(&path))?;
    let value = match text {
        "false" if key.may_be_off => Value::Flag(false),
        _ => {
            let read = key.kind.read(Written::Plain(text));
            read.map_err(|refusal| Problem::from(refusal).of(key.path))?
        }
    };
    Ok((key, value))
}

fn unknown_path(path: &str) -> Problem {
    let (part, name) = path.rsplit_once('.').unwrap_or(("", path));
    let problem = Problem::error("there is no setting of this name");
    let is_part = part.is_empty() || table::named(part).is_some_and(Key::is_part);
    let help = if is_part {
        unknown::help(part, name)
    } else {
        let known = nearest(path, table::KEYS.iter().map(|key| key.path));
        known.map(|known| format!("did you mean `{known}`?"))
    };
    match help {
        Some(help) => problem.with_help(help),
        None => problem.expecting("the path of a setting, with two underscores between its steps"),
    }
}
