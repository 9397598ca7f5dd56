use std::borrow::Cow;

use http::HeaderMap;

use super::ceiling::Reading;
use super::learner::Lesson;
use super::published::{Grammar, Published, Unit};
use crate::time::UnixTime;

/// What is learned from answers: whose fields are read, which of them concern our quotas, and how far they are believed.
///
/// ```
/// use buttress_core::quota::Learning;
/// use buttress_core::quota::published::{Grammar, Unit};
///
/// let openai = Learning::new(Grammar::OpenAi).with_adopted_limits(true);
/// let tokens_alone = Learning::new(Grammar::Groq).with_costs(Unit::Tokens);
/// let searches = Learning::new(Grammar::GitHub).with_resource("search");
/// # let _ = (openai, tokens_alone, searches);
/// ```
#[derive(Clone, Debug)]
pub struct Learning {
    grammar: Grammar,
    resource: Option<Cow<'static, str>>,
    costs: Option<Unit>,
    adopts: bool,
}

/// GitHub's resource of most of its REST API. Searches, GraphQL and others have limits of their own.
const CORE: &str = "core";

impl Learning {
    /// From the fields of `grammar`. Of GitHub's resources, from `core` alone. Published limits are not adopted.
    pub fn new(grammar: Grammar) -> Self {
        Self {
            grammar,
            resource: (grammar == Grammar::GitHub).then_some(Cow::Borrowed(CORE)),
            costs: None,
            adopts: false,
        }
    }

    /// From what is said of one of the server's quotas alone: GitHub's resource, GitLab's name, a policy's name.
    #[must_use]
    pub fn with_resource(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            resource: Some(name.into()),
            ..self
        }
    }

    /// From all of them: where keys tell the server's resources apart, or where it has one alone.
    #[must_use]
    pub fn with_any_resource(self) -> Self {
        Self {
            resource: None,
            ..self
        }
    }

    /// With what the costs of calls are in the server's terms. If nobody says: tokens where some quota of ours counts calls, else
    /// requests.
    #[must_use]
    pub fn with_costs(self, unit: Unit) -> Self {
        Self {
            costs: Some(unit),
            ..self
        }
    }

    /// With the server's limit in place of ours, higher or lower, where it says what it counts and only one quota of ours
    /// counts that.
    #[must_use]
    pub fn with_adopted_limits(self, adopts: bool) -> Self {
        Self { adopts, ..self }
    }

    /// What the fields of an answer say. `now` is for an answer that has no `Date` of its own, and is asked for only where
    /// something is said.
    pub fn read(&self, headers: &HeaderMap, now: impl FnOnce() -> UnixTime) -> Readings {
        let mut readings = Readings::default();
        let concerns_us = |published: &Published<'_>| {
            let resource = self.resource.as_deref();
            resource.is_none_or(|resource| resource == published.name)
        };
        let published = self.grammar.read_at(headers, now).filter(concerns_us);
        for (place, published) in readings.all.iter_mut().zip(published) {
            *place = Some(Reading::from(&published));
        }
        readings
    }

    /// What they teach. `settles` says whether nothing else will tell what the call cost.
    pub const fn lesson<'a>(&self, readings: &'a Readings, settles: bool) -> Lesson<'a> {
        Lesson {
            readings: &readings.all,
            costs: self.costs,
            adopts: self.adopts,
            settles,
        }
    }
}

impl From<Grammar> for Learning {
    fn from(grammar: Grammar) -> Self {
        Self::new(grammar)
    }
}

/// As many as are read of one answer. Anthropic publishes four quotas, Cerebras six.
pub(super) const MOST: usize = 6;

/// What one answer says of the server's quotas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    all: [Option<Reading>; MOST],
}

impl Readings {
    /// Whether it says nothing.
    pub const fn is_empty(&self) -> bool {
        self.all[0].is_none()
    }
}
