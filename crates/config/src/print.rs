//! Policies as files.
//!
//! All that a policy says is written, so that what is read again does not hang on what the defaults are then.

use std::fmt::{self, Write as _};

use buttress_core::policy::{Policy, Upstream, UpstreamName};

use crate::build::{self, Shown};
use crate::config::{Config, Document};
use crate::table::{self, Key};
use crate::tree::Format;
use crate::value::Value;

/// What cannot be written to a file: a policy with a setting that can only be made in Rust, such as the smoothing of a
/// concurrency limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprintable {
    upstream: UpstreamName,
}

impl Unprintable {
    /// The upstream whose policy it is.
    pub const fn upstream(&self) -> &UpstreamName {
        &self.upstream
    }
}

impl fmt::Display for Unprintable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.upstream.as_str();
        write!(
            f,
            "the policy of `{name}` has a setting that can only be made in Rust"
        )
    }
}

impl std::error::Error for Unprintable {}

/// Upstreams as a TOML file, which says the same when it is read.
///
/// ```
/// use buttress_core::policy::{Policy, Upstream, UpstreamName};
///
/// let name = UpstreamName::new("api")?;
/// let text = buttress_config::to_toml([(&name, &Upstream::new(Policy::default()))])?;
/// assert!(text.starts_with("[upstream.api]\nprofile = \"generic\"\n"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If one of them has a setting that only Rust can make.
pub fn to_toml<'u>(
    upstreams: impl IntoIterator<Item = (&'u UpstreamName, &'u Upstream)>,
) -> Result<String, Unprintable> {
    let mut text = String::new();
    for (name, upstream) in upstreams {
        let written = toml(name, &values(upstream, None));
        said(name, upstream, &written, Format::Toml)?;
        text.push_str(&written);
    }
    Ok(text)
}

/// Upstreams as a JSON file, which says the same when it is read.
///
/// # Errors
///
/// If one of them has a setting that only Rust can make.
pub fn to_json<'u>(
    upstreams: impl IntoIterator<Item = (&'u UpstreamName, &'u Upstream)>,
) -> Result<String, Unprintable> {
    let mut all = serde_json::Map::new();
    for (name, upstream) in upstreams {
        let object = object("", &values(upstream, None));
        let alone = [(name.as_str().to_owned(), object.clone())];
        let written = json(&alone.into_iter().collect());
        said(name, upstream, &written, Format::Json)?;
        all.insert(name.as_str().to_owned(), object);
    }
    Ok(json(&all))
}

impl Config {
    /// All that it declares, as TOML.
    pub fn to_toml(&self) -> String {
        let upstreams = self.upstreams();
        upstreams
            .map(|(name, declared)| {
                let values = values(declared.upstream(), declared.credential_env());
                toml(name, &values)
            })
            .collect()
    }

    /// All that it declares, as JSON.
    pub fn to_json(&self) -> String {
        let upstreams = self.upstreams().map(|(name, declared)| {
            let values = values(declared.upstream(), declared.credential_env());
            (name.as_str().to_owned(), object("", &values))
        });
        json(&upstreams.collect())
    }
}

/// Whether what is written says the same.
fn said(
    name: &UpstreamName,
    upstream: &Upstream,
    written: &str,
    format: Format,
) -> Result<(), Unprintable> {
    let document = match format {
        Format::Toml => Document::toml("", written),
        Format::Json => Document::json("", written),
    };
    let config = document.read().ok();
    let declared = config
        .as_ref()
        .and_then(|config| config.upstream(name.as_str()));
    match declared.is_some_and(|declared| declared.upstream() == upstream) {
        true => Ok(()),
        false => Err(Unprintable {
            upstream: name.clone(),
        }),
    }
}

/// All values, with `false` for what is left out and would be there if nothing were said.
fn values(upstream: &Upstream, credential_env: Option<&str>) -> Shown {
    let mut values = build::show(upstream.policy());
    let own = upstream.base_url().map(ToString::to_string);
    values.maybe("base_url", own.map(Value::Text));
    let base = upstream
        .base_url()
        .and_then(buttress_core::policy::Host::of);
    let hosts = upstream.hosts().iter();
    let hosts: Vec<_> = hosts
        .filter(|host| Some(*host) != base.as_ref())
        .cloned()
        .collect();
    if !hosts.is_empty() {
        values.put("hosts", Value::Hosts(hosts));
    }
    values.maybe(
        "credential_env",
        credential_env.map(|name| Value::Text(name.to_owned())),
    );
    let unsaid = build::show(&Policy::new(upstream.policy().profile().clone()));
    for key in table::KEYS.iter().filter(|key| key.may_be_off) {
        if values.get(key.path).is_none() && unsaid.get(key.path).is_some() {
            values.put(key.path, Value::Flag(false));
        }
    }
    values
}

/// What is written of a part: its values, and the parts within it that are there.
fn of_part<'v>(
    part: &'static str,
    values: &'v Shown,
) -> impl Iterator<Item = (&'static Key, &'v Value)> {
    table::within(part).filter_map(|key| Some((key, values.get(key.path)?)))
}

fn is_table(key: &Key, value: &Value) -> bool {
    key.is_part() && *value == Value::Flag(true)
}

fn toml(name: &UpstreamName, values: &Shown) -> String {
    let mut text = String::new();
    toml_part(
        &format!("upstream.{}", name.as_str()),
        "",
        values,
        &mut text,
    );
    text
}

/// A table, then those within it: TOML has no way back to the outer one.
fn toml_part(header: &str, part: &'static str, values: &Shown, text: &mut String) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "[{header}]");
    for (key, value) in of_part(part, values).filter(|(key, value)| !is_table(key, value)) {
        let _ = writeln!(text, "{} = {value}", key.name());
    }
    text.push('\n');
    for (key, _) in of_part(part, values).filter(|(key, value)| is_table(key, value)) {
        toml_part(&format!("{header}.{}", key.name()), key.path, values, text);
    }
}

fn json(upstreams: &serde_json::Map<String, serde_json::Value>) -> String {
    let document = serde_json::json!({ "upstream": upstreams });
    format!("{document:#}\n")
}

fn object(part: &'static str, values: &Shown) -> serde_json::Value {
    let entries = of_part(part, values).map(|(key, value)| {
        let value = match is_table(key, value) {
            true => object(key.path, values),
            false => value.to_json(),
        };
        (key.name().to_owned(), value)
    });
    serde_json::Value::Object(entries.collect())
}
