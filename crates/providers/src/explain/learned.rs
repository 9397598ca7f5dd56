//! What an answer's headers tell of its quotas.

use std::borrow::Cow;
use std::time::Duration;

use buttress_core::UnixTime;
use buttress_core::quota::published::{Published, Returns};
use serde::Serialize;

use super::captured::Captured;
use crate::profile::Profile;

/// One quota, as it was told.
#[derive(Serialize)]
pub(super) struct Learned<'a> {
    /// The server's name for it; empty if it has none.
    name: Cow<'a, str>,
    unit: &'static str,
    limit: Option<u64>,
    remaining: Option<u64>,
    /// Until what was used has come back, rounded up.
    reset_ms: Option<u64>,
    window_s: Option<u64>,
    /// `at_once`, at the reset, or `gradually`, until it.
    returns: &'static str,
    #[serde(skip)]
    reset: Option<Duration>,
}

pub(super) fn of<'a>(captured: &'a Captured, profile: &Profile, now: UnixTime) -> Vec<Learned<'a>> {
    let learned = profile.learned(&captured.headers, now);
    learned.map(Learned::new).collect()
}

impl<'a> Learned<'a> {
    fn new(published: Published<'a>) -> Self {
        let millis = |wait: Duration| u64::try_from(wait.as_nanos().div_ceil(1_000_000));
        Self {
            name: published.name,
            unit: published.unit.name(),
            limit: published.limit,
            remaining: published.remaining,
            reset_ms: published.reset.map(|wait| millis(wait).unwrap_or(u64::MAX)),
            window_s: published.window.map(|window| window.as_secs()),
            returns: match published.returns {
                Returns::AtOnce => "at_once",
                Returns::Gradually => "gradually",
            },
            reset: published.reset,
        }
    }

    /// What is left, in words; `None` if that was not told.
    pub(super) fn told(&self) -> Option<String> {
        let remaining = self.remaining?;
        let name = if self.name.is_empty() {
            self.unit
        } else {
            &*self.name
        };
        Some(match self.limit {
            Some(limit) => format!("{remaining} of {limit} {name}"),
            None => format!("{remaining} {name}"),
        })
    }

    /// All of it, in words.
    pub(super) fn words(&self) -> String {
        let left = self.told().map_or_else(
            || format!("{} {} in all", self.limit.unwrap_or_default(), self.unit),
            |told| format!("{told} left"),
        );
        let returns = match self.returns {
            "gradually" => "full again in",
            _ => "anew in",
        };
        match self.reset {
            Some(reset) => format!("{left}, {returns} {reset:?}"),
            None => left,
        }
    }
}
