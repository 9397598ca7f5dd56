use std::fmt;

use buttress_core::policy::{Policy, Upstream};

use crate::build::Draft;
use crate::settings::By;
use crate::source::{Place, Source};
use crate::table::{KEYS, Key};
use crate::value::Value;

/// One upstream as it was declared: what came out, and where each value came from.
#[derive(Clone, Debug)]
pub struct Declared {
    upstream: Upstream,
    credential_env: Option<String>,
    shown: Vec<Shown>,
}

/// One value that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    path: &'static str,
    value: Value,
    written: Option<String>,
    origin: Origin,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// Nobody set it, and the preset of this name has it.
    Preset(&'static str),
    /// The file sets it, there.
    File(Place),
    /// This variable sets it.
    Environment(String),
}

impl Declared {
    pub(super) fn new(upstream: Upstream, draft: &Draft<'_>, source: &Source) -> Self {
        let credential_env = match draft.value("credential_env") {
            Some(Value::Text(name)) => Some(name.clone()),
            _ => None,
        };
        let shown = KEYS.iter().filter(|key| is_there(draft, key));
        let shown = shown.filter_map(|key| {
            Some(Shown {
                path: key.path,
                value: draft.value(key.path)?.clone(),
                written: written(draft, key, source),
                origin: origin(draft, key, source),
            })
        });
        Self {
            shown: shown.collect(),
            upstream,
            credential_env,
        }
    }

    /// Its policy.
    pub const fn policy(&self) -> &Policy {
        self.upstream.policy()
    }

    /// Its policy, and which requests go there.
    pub const fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// The environment's variable that holds its credential.
    pub fn credential_env(&self) -> Option<&str> {
        self.credential_env.as_deref()
    }

    /// Every value that counts, in the order of the layers.
    pub fn shown(&self) -> impl ExactSizeIterator<Item = &Shown> {
        self.shown.iter()
    }

    /// The variables that were laid over the file, each with the path that it set.
    pub fn overrides(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.shown.iter().filter_map(|shown| match &shown.origin {
            Origin::Environment(name) => Some((name.as_str(), shown.path)),
            _ => None,
        })
    }
}

/// Whether a value has a say: one within a part that is left out has none.
fn is_there(draft: &Draft<'_>, key: &Key) -> bool {
    let mut part = key.part();
    while !part.is_empty() {
        if !draft.is_on(part) {
            return false;
        }
        part = part.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
    true
}

/// What the file says of a profile that it calls by another name than its own.
fn written(draft: &Draft<'_>, key: &Key, source: &Source) -> Option<String> {
    let setting = draft.setting(key.path)?;
    let (By::File { value, .. }, Value::Word(own), "profile") =
        (&setting.by, &setting.value, key.path)
    else {
        return None;
    };
    let written = source.text().get(value.clone())?;
    let written = written.trim_matches(['"', '\'']);
    let is_name = buttress_providers::named(written).is_some() && written != *own;
    is_name.then(|| written.to_owned())
}

fn origin(draft: &Draft<'_>, key: &Key, source: &Source) -> Origin {
    match draft.setting(key.path).map(|setting| &setting.by) {
        Some(By::File { name, .. }) => Origin::File(source.place(name.start)),
        Some(By::Variable(name)) => Origin::Environment(name.clone()),
        None => match draft.word("breaker.preset") {
            Some(preset) if key.part() == "breaker" => Origin::Preset(preset),
            _ => Origin::Default,
        },
    }
}

impl Shown {
    /// The path within the upstream, such as `retry.max_attempts`.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The value as TOML writes it.
    pub fn value(&self) -> String {
        self.value.to_string()
    }

    /// The value as JSON writes it.
    pub fn json(&self) -> serde_json::Value {
        self.value.to_json()
    }

    /// What the file says, where that is another name for the value: `github`, of the profile `github_rest`.
    pub fn written(&self) -> Option<&str> {
        self.written.as_deref()
    }

    /// Where it came from.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset(name) => write!(f, "preset {name}"),
            Self::File(place) => write!(f, "line {}", place.line),
            Self::Environment(name) => f.write_str(name),
        }
    }
}
