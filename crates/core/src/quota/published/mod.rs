//! What a server publishes of its quotas in an answer's header fields.
//!
//! A [`Grammar`] knows which fields a provider sends and how it writes them; it reads them into values that are the same for
//! all: [`Published`]. What to do with them is up to whoever keeps the quotas.
//!
//! ```
//! use std::time::Duration;
//!
//! use buttress_core::UnixTime;
//! use buttress_core::quota::published::{Grammar, Unit};
//!
//! let mut headers = http::HeaderMap::new();
//! headers.insert("x-ratelimit-limit-tokens", "30000".parse()?);
//! headers.insert("x-ratelimit-remaining-tokens", "460".parse()?);
//! headers.insert("x-ratelimit-reset-tokens", "59.08s".parse()?);
//!
//! let mut published = Grammar::OpenAi.read(&headers, UnixTime::from_secs(1_792_497_600));
//! let tokens = published.next().ok_or("nothing was published")?;
//! assert_eq!((tokens.unit, tokens.limit, tokens.remaining), (Unit::Tokens, Some(30_000), Some(460)));
//! assert_eq!(tokens.reset, Some(Duration::from_millis(59_080)));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is passed over
//!
//! * An answer out of a cache (`Age`, `x-from-cache`, a hit in `x-cache` or `cf-cache-status`): it says how things stood when
//!   it was made.
//! * A bucket with a limit of zero, with more left than its limit, or with a number that is none: -1 means that nothing is
//!   known (Azure).
//! * What remains, if its reset has come: that was of the window before. So is what remains of a window that would last longer
//!   than its provider's: it is another one's.
//! * A reset more than 31 days ahead: no window of requests is as long, and a unit was mistaken.
//! * What says nothing of how many more may go: a share in per cent (Anthropic's and Codex's subscriptions), a reserve that
//!   calls may go beyond (Anthropic's priority tier), a lane that other calls do not use (its fast mode), a limit of a month
//!   without what is left of it (Cohere).

mod ietf;
mod lines;
mod row;
mod table;
#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests;
mod wait;

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderMap;

use self::lines::Lines;
use self::row::Row;
use super::amount::LONGEST;
use crate::hint;
use crate::time::UnixTime;

/// What a server says of one quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published<'h> {
    /// The server's name for it: `tokens`, GitHub's resource, the name of a policy. Empty if it has none.
    pub name: Cow<'h, str>,
    /// What it counts.
    pub unit: Unit,
    /// The units of a window.
    pub limit: Option<u64>,
    /// How many are left. No promise that as many will be served.
    pub remaining: Option<u64>,
    /// By how much that may be wrong, in either way, because the server rounds it.
    pub rounding: u64,
    /// How long until what was used has come back, from when the answer was made; never zero.
    pub reset: Option<Duration>,
    /// How long a window is, where the server or its documentation says so.
    pub window: Option<Duration>,
    /// How it comes back.
    pub returns: Returns,
}

/// What a quota counts.
///
/// A [policy](crate::policy) has quotas of requests, tokens and points; providers publish others too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Requests, each as one. In answers of some providers, the points that they cost.
    Requests,
    /// Tokens, of request and answer together.
    Tokens,
    /// Tokens of the request.
    InputTokens,
    /// Tokens of the answer.
    OutputTokens,
    /// Points: what a provider says that a request costs. No grammar reads these.
    Points,
    /// Seconds of computing, which the time that an answer takes is an estimate of. No grammar reads these.
    CpuSeconds,
}

impl Unit {
    /// The name used in configuration and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::InputTokens => "input tokens",
            Self::OutputTokens => "output tokens",
            Self::Points => "points",
            Self::CpuSeconds => "seconds of computing",
        }
    }
}

/// How what was used of a quota comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Returns {
    /// All of it, at the reset.
    AtOnce,
    /// Bit by bit, until all of it is there at the reset: a token bucket.
    Gradually,
}

/// The fields of a provider, and how it writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grammar {
    /// `x-ratelimit-*-requests`, `-tokens`, `-project-tokens`; resets as Go's durations (`6m0s`, `12ms`).
    OpenAi,
    /// As OpenAI's, with resets in whole seconds.
    Azure,
    /// `anthropic-ratelimit-*`; resets as RFC 3339 dates, tokens rounded to thousands.
    Anthropic,
    /// As OpenAI's, with requests by the day and tokens by the minute.
    Groq,
    /// `x-ratelimit-*` of the `x-ratelimit-resource`; resets in seconds since 1970.
    GitHub,
    /// `RateLimit-*`; resets in seconds since 1970.
    GitLab,
    /// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers, from 07 on), or the older triplet, with or
    /// without `X-`, whose resets may be seconds, durations or dates.
    Ietf,
    /// `x-ratelimit-*-{req,tokens}-minute` of the wall clock's minute, `x-ratelimitbysize-*-{minute,month}`, and the older
    /// `ratelimitbysize-*`.
    Mistral,
    /// `x-trial-endpoint-call-*`, by the minute, in answers to trial keys.
    Cohere,
    /// OpenAI's names, also with a window behind them (`-tokens-minute`), and resets as durations, seconds or dates.
    OpenAiCompatible,
}

impl Grammar {
    /// Everything of use that an answer publishes. `now` is for an answer that has no `Date` of its own.
    ///
    /// Allocates for [`Grammar::Ietf`] alone, whose fields are lists.
    pub fn read(self, headers: &HeaderMap, now: UnixTime) -> impl Iterator<Item = Published<'_>> {
        self.read_at(headers, move || now)
    }

    /// The time is asked for only where something is published.
    pub(super) fn read_at(
        self,
        headers: &HeaderMap,
        now: impl FnOnce() -> UnixTime,
    ) -> impl Iterator<Item = Published<'_>> {
        let lines = Lines::of(headers);
        let items = match self {
            Self::Ietf if !lines.is_cached() => ietf::items(headers),
            _ => Vec::new(),
        };
        let rows = match self {
            _ if lines.is_cached() || !items.is_empty() => &[][..],
            _ => self.rows(),
        };
        let (rows, now) = match rows.iter().any(|row| row.is_in(&lines)) {
            // Dates are measured from the answer's own, which cancels the skew of clocks.
            true => (rows, hint::server_now(headers, now())),
            false => (&[][..], UnixTime::default()),
        };
        let rows = rows.iter().filter_map(move |row| row.read(&lines, now));
        let all = rows.chain(items).map(move |one| match self {
            Self::Ietf => ietf::with_window(one, headers),
            _ => one,
        });
        all.filter_map(Published::sane)
    }

    const fn rows(self) -> &'static [Row] {
        match self {
            Self::OpenAi => table::OPENAI,
            Self::Azure => table::AZURE,
            Self::Anthropic => table::ANTHROPIC,
            Self::Groq => table::GROQ,
            Self::GitHub => table::GITHUB,
            Self::GitLab => table::GITLAB,
            Self::Ietf => table::TRIPLET,
            Self::Mistral => table::MISTRAL,
            Self::Cohere => table::COHERE,
            Self::OpenAiCompatible => table::COMPATIBLE,
        }
    }
}

impl<'h> Published<'h> {
    /// Without what cannot be so; `None` if nothing is left of it.
    fn sane(self) -> Option<Self> {
        let is_stale = self.reset == Some(Duration::ZERO);
        // Twice the window: a date is written in whole seconds, and a bucket in debt is whole again later.
        let longest = self.window.map_or(LONGEST, |window| 2 * window);
        let is_strange = self.reset.is_some_and(|reset| reset > longest);
        let keeps = !is_stale && !is_strange;
        let sane = Self {
            remaining: self.remaining.filter(|_| keeps),
            reset: self.reset.filter(|_| keeps),
            ..self
        };
        let is_too_much = sane.remaining > sane.limit && sane.limit.is_some();
        let says_nothing = sane.limit.is_none() && sane.remaining.is_none();
        (sane.limit != Some(0) && !is_too_much && !says_nothing).then_some(sane)
    }
}
