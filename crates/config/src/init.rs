//! A file to begin with.

use std::fmt::Write as _;

use buttress_core::policy::{Policy, UpstreamName};

use crate::build::{self, Shown};
use crate::environment;
use crate::table::{self, Key};
use crate::value::Value;

const HEAD: &str = "\
#:schema buttress.schema.json
# Upstreams and their policies. `buttress check FILE` shows what comes of it; `buttress schema` writes the schema that
# an editor completes by. A setting behind a `#` is as it is by default, or an example: take the `#` away and change it.
";

const DEFAULTS: &str = "
# What holds for every upstream that does not say otherwise.
[defaults]
";

/// Where the APIs of these profiles are, by their documentation.
const ADDRESSES: [(&str, &str); 12] = [
    ("openai", "https://api.openai.com/v1"),
    ("anthropic", "https://api.anthropic.com"),
    ("groq", "https://api.groq.com/openai/v1"),
    ("gemini", "https://generativelanguage.googleapis.com"),
    ("mistral", "https://api.mistral.ai/v1"),
    ("cohere", "https://api.cohere.com"),
    ("openrouter", "https://openrouter.ai/api/v1"),
    ("github_rest", "https://api.github.com"),
    ("github_graphql", "https://api.github.com/graphql"),
    ("gitlab", "https://gitlab.com/api/v4"),
    ("slack", "https://slack.com/api"),
    ("stripe", "https://api.stripe.com/v1"),
];

/// Lines are no longer than this.
const WIDTH: usize = 120;

/// A file with an upstream for each of `profiles`, in which every setting stands with what it does.
///
/// Names that are no profile are left out; without any, there is one upstream of the profile `generic`.
pub fn init<'p>(profiles: impl IntoIterator<Item = &'p str>) -> String {
    let mut upstreams: Vec<(&str, &str)> = Vec::new();
    for name in profiles {
        let is_new = upstreams.iter().all(|(other, _)| *other != name);
        let profile = buttress_providers::named(name).filter(|_| is_new);
        if let (Some(profile), Ok(_)) = (profile, UpstreamName::new(name.to_owned())) {
            upstreams.push((name, profile.name()));
        }
    }
    if upstreams.is_empty() {
        upstreams.push(("api", "generic"));
    }
    let mut text = HEAD.to_owned();
    for (name, profile) in upstreams {
        upstream(name, profile, &mut text);
    }
    text.push_str(DEFAULTS);
    let defaults = build::show(&Policy::default());
    part("defaults", "", &defaults, &mut text);
    text
}

/// Writing to a string does not fail: the results are dropped.
fn upstream(name: &str, profile: &str, text: &mut String) {
    let variable = match profile {
        "generic" => "API_KEY".to_owned(),
        _ => format!("{}_API_KEY", environment::name_of(name)),
    };
    let known = ADDRESSES.iter().find(|(known, _)| *known == profile);
    let address = known.map_or("https://api.example.com/v1", |(_, address)| address);
    let attempts = environment::variable(name, "retry.max_attempts");
    let _ = write!(
        text,
        "\n[upstream.{name}]\n\
         profile = \"{profile}\"\n\
         #base_url = \"{address}\"\n\
         #credential_env = \"{variable}\"\n\
         #rate_limit = {{ requests_per_minute = 500, learn = true }}\n\
         #retry = {{ max_attempts = 3 }} # or in the environment: {attempts}=3\n"
    );
}

fn part(header: &str, path: &'static str, defaults: &Shown, text: &mut String) {
    let keys = || table::within(path).filter(|key| !key.is_own && key.path != "profile");
    for key in keys().filter(|key| !key.is_part()) {
        setting(key, defaults, text);
    }
    for key in keys().filter(|key| key.is_part()) {
        let header = format!("{header}.{}", key.name());
        let is_on = defaults.get(key.path) == Some(&Value::Flag(true));
        let state = if is_on { "" } else { " Not there by default." };
        text.push('\n');
        comment(&format!("{}{state}", key.doc), text);
        let _ = writeln!(text, "#[{header}]");
        part(&header, key.path, defaults, text);
    }
}

/// One that has neither a value by default nor an example has its place beside another one, and is in the guide.
fn setting(key: &Key, defaults: &Shown, text: &mut String) {
    let value = defaults.get(key.path).map(ToString::to_string);
    if let Some(value) = value.or_else(|| key.example.map(str::to_owned)) {
        comment(key.doc, text);
        let _ = writeln!(text, "#{} = {value}", key.name());
    }
}

fn comment(sentence: &str, text: &mut String) {
    let mut line = String::from("#");
    for word in sentence.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
