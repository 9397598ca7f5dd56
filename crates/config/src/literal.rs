//! Values as they are written in a file.

use std::fmt;

use buttress_core::policy::Limit;
use buttress_core::quota::Shape;
use serde_json::json;

use crate::unit::{Rate, show_duration, show_percent, show_rate};
use crate::value::Value;

/// As TOML writes it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Hosts(hosts) => {
                let hosts: Vec<_> = hosts.iter().map(|host| quoted(&host.to_string())).collect();
                write!(f, "[{}]", hosts.join(", "))
            }
            Self::Limits(limits) => {
                let limits: Vec<_> = limits.iter().map(limit).collect();
                write!(f, "[{}]", limits.join(", "))
            }
            other => f.write_str(&quoted(&other.text())),
        }
    }
}

impl Value {
    /// As JSON writes it.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Flag(flag) => json!(flag),
            Self::Count(count) => json!(count),
            Self::Hosts(hosts) => hosts.iter().map(ToString::to_string).collect(),
            Self::Limits(limits) => limits.iter().map(json_limit).collect(),
            other => json!(other.text()),
        }
    }

    /// Of what is written as text, that text.
    fn text(&self) -> String {
        match self {
            Self::Duration(duration) => show_duration(*duration),
            Self::Share(millionths) => show_percent(*millionths),
            Self::Rate(rate) => show_rate(*rate),
            Self::Word(word) => (*word).to_owned(),
            Self::Text(text) => text.clone(),
            Self::Key(key) => key.to_string(),
            Self::Idempotency(key) => key.to_string(),
            Self::Header(name) => name.to_string(),
            Self::Flag(_) | Self::Count(_) | Self::Hosts(_) | Self::Limits(_) | Self::Refused => {
                String::new()
            }
        }
    }
}

/// A basic string of TOML, which has the escapes of JSON.
pub(crate) fn quoted(text: &str) -> String {
    json!(text).to_string().replace('\u{7f}', "\\u007F")
}

fn limit(limit: &Limit) -> String {
    let entries: Vec<_> = entries(limit)
        .into_iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    format!("{{ {} }}", entries.join(", "))
}

fn json_limit(limit: &Limit) -> serde_json::Value {
    let entries = entries(limit).into_iter();
    serde_json::Value::Object(
        entries
            .map(|(name, value)| (name.to_owned(), value.to_json()))
            .collect(),
    )
}

/// What has to be said of a limit: a bucket that holds what comes in a period goes without saying.
fn entries(limit: &Limit) -> Vec<(&'static str, Value)> {
    let quota = limit.quota();
    let rate = Rate {
        units: quota.units(),
        period: quota.period(),
    };
    let mut entries = vec![(limit.unit().name(), Value::Rate(rate))];
    if quota.burst() != quota.units() {
        entries.push(("burst", Value::Count(quota.burst())));
    }
    let word = match quota.shape() {
        Shape::Log => "log",
        Shape::Counter => "counter",
        Shape::Fixed => "fixed",
        _ => return entries,
    };
    entries.push(("algorithm", Value::Word(word)));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_so_that_toml_reads_it() {
        for text in [
            "plain",
            "a \"b\" \\ c",
            "line\nend",
            "tab\t",
            "\u{7f}\u{1}é",
        ] {
            let document = format!("a = {}", quoted(text));
            let table = toml::de::DeTable::parse(&document).unwrap();
            let (_, value) = table.get_ref().iter().next().unwrap();
            assert_eq!(value.get_ref().as_str(), Some(text));
        }
    }
}
