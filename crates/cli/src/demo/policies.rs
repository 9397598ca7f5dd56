//! By what policies the stacks of the demo go: those of a file.

use std::path::Path;

use buttress::config::{Config, Document, environment};
use buttress::core::BoxError;
use buttress::stack::policy::Policy;

use super::Options;
use crate::check;

/// What the demo runs by, unless it is told another file.
const OWN: &str = include_str!("../../../../examples/config/demo.toml");
const OWN_NAME: &str = "examples/config/demo.toml";

pub(crate) const COMPLETIONS: &str = "completions";
pub(crate) const COMMENTS: &str = "comments";

/// One for each upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policies {
    pub(crate) completions: Policy,
    pub(crate) comments: Policy,
}

impl Policies {
    /// Those that `options` ask for; `None` if they cannot be used, which has then been told.
    pub(crate) fn read(options: &Options) -> Result<Option<Self>, BoxError> {
        let document = match &options.config {
            Some(file) => given(file)?,
            None => own(options.rate),
        };
        let read = document.read();
        check::tell(
            read.as_ref()
                .map_or_else(|problems| problems, Config::warnings),
        )?;
        let Ok(config) = read else { return Ok(None) };
        let policies = Self::of(&config);
        if policies.is_none() {
            let name = document.source().name();
            eprintln!(
                "error: the demo needs the upstreams `{COMPLETIONS}` and `{COMMENTS}` of {name}"
            );
        }
        Ok(policies)
    }

    /// Those of `config`, if it has both upstreams.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let policy = |name| Some(config.upstream(name)?.policy().clone());
        Some(Self {
            completions: policy(COMPLETIONS)?,
            comments: policy(COMMENTS)?,
        })
    }
}

/// As `buttress check` reads it.
fn given(file: &Path) -> Result<Document, String> {
    let document = Document::file(file);
    let document = document.map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(document.with_environment(environment()))
}

/// The demo's own, with the limit that the server then has. Of the environment, nothing: the demo is the same for all.
fn own(rate: u16) -> Document {
    let limit = [("REQUESTS_PER_SECOND", rate), ("BURST", (rate / 2).max(1))];
    let variable = |(name, value): (&str, u16)| {
        let name = format!("BUTTRESS_COMPLETIONS__RATE_LIMIT__{name}");
        (name, value.to_string())
    };
    Document::toml(OWN_NAME, OWN).with_environment(limit.map(variable))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies(document: &Document) -> Policies {
        Policies::of(&document.read().unwrap()).unwrap()
    }

    fn per_second(policy: &Policy) -> (u64, u64) {
        let quota = policy.rate_limit().unwrap().limits()[0].quota();
        assert_eq!(quota.period().as_secs(), 1);
        (quota.units(), quota.largest())
    }

    #[test]
    fn the_file_says_what_the_demo_does_without_options() {
        let file = policies(&Document::toml(OWN_NAME, OWN));
        assert_eq!(policies(&own(60)), file);
    }

    #[test]
    fn another_rate_is_that_of_the_completions_alone() {
        let (usual, other) = (policies(&own(60)), policies(&own(7)));
        assert_eq!(per_second(&other.completions), (7, 3));
        assert_eq!(other.comments, usual.comments);
        assert_eq!(per_second(&policies(&own(1)).completions), (1, 1));
    }

    #[test]
    fn a_file_without_one_of_the_upstreams_is_none_for_the_demo() {
        let text = "[upstream.completions]\n";
        let config = Document::toml("a.toml", text).read().unwrap();
        assert_eq!(Policies::of(&config), None);
    }
}
