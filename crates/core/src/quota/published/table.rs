//! The fields of each provider, one row for each of its quotas.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderMap;

use super::wait::{self, Format};
use super::{Published, Returns, Unit};
use crate::quota::fields::first_number;
use crate::time::UnixTime;

/// One quota of a provider: which fields it stands in.
pub(super) struct Row {
    name: &'static str,
    /// Where the server writes the name itself.
    named_by: Option<&'static str>,
    unit: Unit,
    limit: Option<&'static str>,
    remaining: &'static str,
    /// Of these the first that is there.
    resets: &'static [(&'static str, Format)],
    window: Option<Duration>,
    returns: Returns,
    /// What remains may be so much more or less than it says.
    rounding: u64,
}

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What most rows have in common.
const PLAIN: Row = Row {
    name: "",
    named_by: None,
    unit: Unit::Requests,
    limit: None,
    remaining: "",
    resets: &[],
    window: None,
    returns: Returns::AtOnce,
    rounding: 0,
};

/// OpenAI's rate limit guide: the reset is "the time until the rate limit resets to its initial state", so that the bucket
/// is full then. Limits are by the minute, and by the day for some models, so that the window is not known.
pub(super) const OPENAI: &[Row] = &[
    Row {
        name: "requests",
        limit: Some("x-ratelimit-limit-requests"),
        remaining: "x-ratelimit-remaining-requests",
        resets: &[("x-ratelimit-reset-requests", wait::go)],
        returns: Returns::Gradually,
        ..PLAIN
    },
    Row {
        name: "tokens",
        unit: Unit::Tokens,
        limit: Some("x-ratelimit-limit-tokens"),
        remaining: "x-ratelimit-remaining-tokens",
        resets: &[("x-ratelimit-reset-tokens", wait::go)],
        returns: Returns::Gradually,
        ..PLAIN
    },
    Row {
        name: "project-tokens",
        unit: Unit::Tokens,
        limit: Some("x-ratelimit-limit-project-tokens"),
        remaining: "x-ratelimit-remaining-project-tokens",
        resets: &[("x-ratelimit-reset-project-tokens", wait::go)],
        returns: Returns::Gradually,
        ..PLAIN
    },
];

/// Azure's counters are of a minute, and its resets whole seconds. One of its fields has an odd spelling
/// (openai/openai-python#937).
pub(super) const AZURE: &[Row] = &[
    Row {
        name: "requests",
        limit: Some("x-ratelimit-limit-requests"),
        remaining: "x-ratelimit-remaining-requests",
        resets: &[("x-ratelimit-reset-requests", wait::seconds)],
        ..PLAIN
    },
    Row {
        name: "tokens",
        unit: Unit::Tokens,
        limit: Some("x-ratelimit-limit-tokens"),
        remaining: "x-ratelimit-remaining-tokens",
        resets: &[
            ("x-ratelimit-reset-tokens", wait::seconds),
            ("x-rate-limit-reset-tokens", wait::seconds),
        ],
        ..PLAIN
    },
];

/// Token buckets of a minute, "continuously replenished"; the reset is when the bucket is full. What remains of tokens is
/// "rounded to the nearest thousand" (Anthropic's page on rate limits): 500 more or less.
pub(super) const ANTHROPIC: &[Row] = &[
    Row {
        name: "requests",
        limit: Some("anthropic-ratelimit-requests-limit"),
        remaining: "anthropic-ratelimit-requests-remaining",
        resets: &[("anthropic-ratelimit-requests-reset", wait::rfc3339)],
        ..ANTHROPIC_BUCKET
    },
    Row {
        name: "tokens",
        unit: Unit::Tokens,
        limit: Some("anthropic-ratelimit-tokens-limit"),
        remaining: "anthropic-ratelimit-tokens-remaining",
        resets: &[("anthropic-ratelimit-tokens-reset", wait::rfc3339)],
        rounding: 500,
        ..ANTHROPIC_BUCKET
    },
    Row {
        name: "input-tokens",
        unit: Unit::InputTokens,
        limit: Some("anthropic-ratelimit-input-tokens-limit"),
        remaining: "anthropic-ratelimit-input-tokens-remaining",
        resets: &[("anthropic-ratelimit-input-tokens-reset", wait::rfc3339)],
        rounding: 500,
        ..ANTHROPIC_BUCKET
    },
    Row {
        name: "output-tokens",
        unit: Unit::OutputTokens,
        limit: Some("anthropic-ratelimit-output-tokens-limit"),
        remaining: "anthropic-ratelimit-output-tokens-remaining",
        resets: &[("anthropic-ratelimit-output-tokens-reset", wait::rfc3339)],
        rounding: 500,
        ..ANTHROPIC_BUCKET
    },
];

const ANTHROPIC_BUCKET: Row = Row {
    window: Some(MINUTE),
    returns: Returns::Gradually,
    ..PLAIN
};

/// "Always" requests by the day and tokens by the minute (console.groq.com/docs/rate-limits). Its example, 14 370 of 14 400
/// left and a reset of 2m59.56s, is a bucket that fills bit by bit: thirty times six seconds.
pub(super) const GROQ: &[Row] = &[
    Row {
        name: "requests",
        limit: Some("x-ratelimit-limit-requests"),
        remaining: "x-ratelimit-remaining-requests",
        resets: &[("x-ratelimit-reset-requests", wait::go)],
        window: Some(DAY),
        returns: Returns::Gradually,
        ..PLAIN
    },
    Row {
        name: "tokens",
        unit: Unit::Tokens,
        limit: Some("x-ratelimit-limit-tokens"),
        remaining: "x-ratelimit-remaining-tokens",
        resets: &[("x-ratelimit-reset-tokens", wait::go)],
        window: Some(MINUTE),
        returns: Returns::Gradually,
        ..PLAIN
    },
];

/// One set of fields, of whichever resource the request belonged to: `core` by the hour, `search` by the minute.
pub(super) const GITHUB: &[Row] = &[Row {
    named_by: Some("x-ratelimit-resource"),
    limit: Some("x-ratelimit-limit"),
    remaining: "x-ratelimit-remaining",
    resets: &[("x-ratelimit-reset", wait::epoch)],
    ..PLAIN
}];

/// `RateLimit-Limit` is not read: it is "normalised to one minute" whatever the window is (gitlabhq
/// `user_and_ip_rate_limits.md`), and so says nothing of it.
pub(super) const GITLAB: &[Row] = &[Row {
    named_by: Some("ratelimit-name"),
    remaining: "ratelimit-remaining",
    resets: &[
        ("ratelimit-reset", wait::epoch),
        ("ratelimit-resettime", wait::date),
    ],
    ..PLAIN
}];

/// Drafts up to 06 of the IETF's fields, and what had been in use before them. A number of a thousand million and more is
/// a date.
pub(super) const TRIPLET: &[Row] = &[
    Row {
        limit: Some("ratelimit-limit"),
        remaining: "ratelimit-remaining",
        resets: &[("ratelimit-reset", wait::number)],
        ..PLAIN
    },
    Row {
        limit: Some("x-ratelimit-limit"),
        remaining: "x-ratelimit-remaining",
        resets: &[("x-ratelimit-reset", wait::number)],
        ..PLAIN
    },
];

impl Row {
    /// What the fields say, as it stands; `None` if they are not there, or a number in them is none.
    pub(super) fn read<'h>(&self, headers: &'h HeaderMap, now: UnixTime) -> Option<Published<'h>> {
        let value = |name: &str| Some(headers.get(name)?.as_bytes().trim_ascii());
        // A number that is none is not passed over: the bucket is not to be trusted.
        let number = |name: Option<&str>| match name.and_then(value) {
            Some(text) => first_number(text).map(Some),
            None => Some(None),
        };
        let (limit, remaining) = (number(self.limit)?, number(Some(self.remaining))?);
        if limit.is_none() && remaining.is_none() {
            return None;
        }
        let mut resets = self.resets.iter();
        let reset = resets
            .find_map(|(name, format)| Some(format(std::str::from_utf8(value(name)?).ok()?, now)));
        Some(Published {
            name: self.name(headers),
            unit: self.unit,
            limit,
            remaining,
            rounding: self.rounding,
            reset: reset.flatten(),
            window: self.window,
            returns: self.returns,
        })
    }

    fn name<'h>(&self, headers: &'h HeaderMap) -> Cow<'h, str> {
        let named = self
            .named_by
            .and_then(|name| headers.get(name)?.to_str().ok());
        Cow::Borrowed(named.unwrap_or(self.name))
    }
}
