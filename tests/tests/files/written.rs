//! Files that say anything of an upstream `a`: by its defaults, by itself, and by the environment.

use buttress::config::{Config, Document, Format};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// A part of a policy: its name, whether it is there by default, and what may be said to have it.
type Part = (&'static str, bool, &'static [&'static str]);

const RETRY: &[&str] = &[
    "true",
    "{}",
    "{ max_attempts = 1 }",
    "{ max_attempts = 2, backoff = \"no-jitter\", base = \"1s\", cap = \"1s\" }",
    "{ max_attempts = 7, base = \"1ms\", cap = \"3s\", budget = false }",
    "{ max_attempts = 4, max_wait = \"90s\", long_hint = \"cut\", hint_use = \"lengthen\" }",
    "{ max_attempts = 6, budget = { percent = \"0%\", per_second = 1, memory = \"1s\" } }",
    "{ max_attempts = 3, budget = { percent = \"100%\", per_second = 50 } }",
];
const COOLDOWN: &[&str] = &[
    "true",
    "{}",
    "{ max_wait = \"0s\" }",
    "{ max_wait = \"100s\", key = \"host\" }",
];
const CONCURRENCY: &[&str] = &[
    "true",
    "{}",
    "{ algorithm = \"fixed\", initial = 1, max_wait = \"20s\" }",
    "{ algorithm = \"vegas\", queue = 0 }",
];
// `true` alone is not among them: with no limit to keep and none to learn there is no layer.
const RATE_LIMIT: &[&str] = &[
    "{ requests_per_minute = 3, max_wait = \"70s\" }",
    "{ requests_per_second = 100 }",
    "{ tokens_per_minute = 100_000 }",
    "{ limits = [{ requests = \"5/10s\" }], max_wait = \"0s\" }",
    "{ adaptive = true }",
];
const BREAKER: &[&str] = &[
    "true",
    "{}",
    "{ consecutive = 2 }",
    "{ preset = \"hystrix\" }",
    "{ mode = \"metrics-only\" }",
];
// No deadline is under an attempt timeout: that is no policy.
const DEADLINE: &[&str] = &["\"20s\"", "\"100s\"", "\"1h\""];
const ATTEMPT_TIMEOUT: &[&str] = &["\"1ms\"", "\"3s\"", "\"20s\""];

/// In the one order, from the outermost in; classification, which is always there, is not among them.
pub(crate) const PARTS: [Part; 9] = [
    ("deadline", true, DEADLINE),
    ("retry", true, RETRY),
    ("fail_fast", true, &["true"]),
    ("cooldown", true, COOLDOWN),
    ("concurrency", false, CONCURRENCY),
    ("rate_limit", false, RATE_LIMIT),
    ("breaker", true, BREAKER),
    ("attempt_timeout", false, ATTEMPT_TIMEOUT),
    ("isolation", true, &["true"]),
];

/// What one of the three says of each part, if it says anything.
type Says = Vec<Option<&'static str>>;

#[derive(Clone, Debug)]
pub(crate) struct Written {
    profile: &'static str,
    defaults: Says,
    own: Says,
    environment: Says,
}

pub(crate) fn written() -> impl Strategy<Value = Written> {
    let profile = select(vec!["generic", "openai", "github", "anthropic", "stripe"]);
    (profile, says(), says(), environment()).prop_map(|(profile, defaults, own, environment)| {
        Written {
            profile,
            defaults,
            own,
            environment,
        }
    })
}

fn says() -> impl Strategy<Value = Says> {
    let part = |(_, _, ways): Part| option::of(prop_oneof![1 => Just("false"), 2 => select(ways)]);
    PARTS.map(part).into_iter().collect::<Vec<_>>()
}

/// A variable holds no table, and is rarer than what is in a file.
fn environment() -> impl Strategy<Value = Says> {
    let part = |(_, _, ways): Part| {
        let plain = ways.iter().copied().filter(|way| !way.starts_with('{'));
        let said = plain.chain(["false"]).collect::<Vec<_>>();
        option::weighted(0.1, select(said))
    };
    PARTS.map(part).into_iter().collect::<Vec<_>>()
}

impl Written {
    pub(crate) fn document(&self) -> Document {
        let variables = PARTS.iter().zip(&self.environment);
        let variables = variables.filter_map(|((name, ..), value)| {
            let name = format!("BUTTRESS_A__{}", name.to_uppercase());
            Some((name, (*value)?.trim_matches('"').to_owned()))
        });
        Document::toml("a.toml", self.text()).with_environment(variables)
    }

    pub(crate) fn text(&self) -> String {
        let lines = |says: &Says| -> String {
            let said = PARTS.iter().zip(says);
            said.filter_map(|((name, ..), value)| Some(format!("{name} = {}\n", (*value)?)))
                .collect()
        };
        format!(
            "[defaults]\n{}[upstream.a]\nprofile = \"{}\"\n{}",
            lines(&self.defaults),
            self.profile,
            lines(&self.own)
        )
    }

    /// What is said of a part, whoever counts most first.
    fn said(&self, part: usize) -> impl Iterator<Item = &'static str> {
        let all = [&self.environment, &self.own, &self.defaults];
        all.map(|says| says[part]).into_iter().flatten()
    }

    /// The layers that it switches on: whoever counts most says whether, and what all say of how stands beside each other.
    pub(crate) fn layers(&self) -> Vec<&'static str> {
        let mut layers = Vec::new();
        for (part, (name, by_default, _)) in PARTS.into_iter().enumerate() {
            if !self
                .said(part)
                .next()
                .map_or(by_default, |is| is != "false")
            {
                continue;
            }
            if name == "rate_limit" && self.said(part).any(|said| said.contains("tokens")) {
                layers.push("usage");
            }
            layers.push(name);
        }
        layers.push("classify");
        layers
    }
}

/// The same configuration as it is printed in a language, and read again.
pub(crate) fn again(config: &Config, format: Format) -> Config {
    let printed = match format {
        Format::Toml => Document::toml("b.toml", config.to_toml()),
        Format::Json => Document::json("b.json", config.to_json()),
    };
    printed.read().unwrap()
}
