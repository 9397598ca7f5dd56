//! The fields of each provider, one row for each of its quotas.

use std::time::Duration;

use super::row::{PLAIN, Row, at_once, gradually};
use super::{Unit, wait};
use crate::quota::amount::LONGEST;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// The longest that there is. That of a calendar has no length that could be said of all.
const MONTH: Duration = LONGEST;

/// A quota whose fields have its window in their names.
macro_rules! windowed {
    ($what:literal, $window:literal, $unit:expr, $length:expr) => {
        Row {
            name: concat!($what, "-", $window),
            unit: $unit,
            limit: Some(concat!("x-ratelimit-limit-", $what, "-", $window)),
            remaining: concat!("x-ratelimit-remaining-", $what, "-", $window),
            resets: &[at_once(
                concat!("x-ratelimit-reset-", $what, "-", $window),
                wait::number,
            )],
            window: Some($length),
            ..PLAIN
        }
    };
}

/// A quota with OpenAI's names, and resets as each server likes them.
macro_rules! compatible {
    ($name:literal, $unit:expr) => {
        Row {
            name: $name,
            unit: $unit,
            limit: Some(concat!("x-ratelimit-limit-", $name)),
            remaining: concat!("x-ratelimit-remaining-", $name),
            resets: &[
                gradually(concat!("x-ratelimit-reset-", $name), wait::go),
                at_once(concat!("x-ratelimit-reset-", $name), wait::number),
                // GitHub Models, in a refusal: of whichever limit it was.
                at_once("x-ratelimit-timeremaining", wait::seconds),
            ],
            ..PLAIN
        }
    };
}

/// The fields that all servers spell in one of three ways.
macro_rules! triplet {
    ($prefix:literal) => {
        Row {
            limit: Some(concat!($prefix, "-limit")),
            remaining: concat!($prefix, "-remaining"),
            resets: &[
                gradually(concat!($prefix, "-reset"), wait::go),
                at_once(concat!($prefix, "-reset"), wait::number),
                at_once(concat!($prefix, "-reset"), wait::rfc3339),
                at_once(concat!($prefix, "-reset"), wait::date),
            ],
            ..PLAIN
        }
    };
}

/// OpenAI's rate limit guide: the reset is "the time until the rate limit resets to its initial state", so that the bucket
/// is full then. Limits are by the minute, and by the day for some models, so that the window is not known.
pub(super) const OPENAI: &[Row] = &[
    Row {
        name: "requests",
        limit: Some("x-ratelimit-limit-requests"),
        remaining: "x-ratelimit-remaining-requests",
        resets: &[gradually("x-ratelimit-reset-requests", wait::go)],
        ..PLAIN
    },
    Row {
        name: "tokens",
        unit: Unit::Tokens,
        limit: Some("x-ratelimit-limit-tokens"),
        remaining: "x-ratelimit-remaining-tokens",
        resets: &[gradually("x-ratelimit-reset-tokens", wait::go)],
        ..PLAIN
    },
    Row {
        name: "project-tokens",
        unit: Unit::Tokens,
        limit: Some("x-ratelimit-limit-project-tokens"),
        remaining: "x-ratelimit-remaining-project-tokens",
        resets: &[gradually("x-ratelimit-reset-project-tokens", wait::go)],
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
        resets: &[at_once("x-ratelimit-reset-requests", wait::seconds)],
        ..PLAIN
    },
    Row {
        name: "tokens",
        unit: Unit::Tokens,
        limit: Some("x-ratelimit-limit-tokens"),
        remaining: "x-ratelimit-remaining-tokens",
        resets: &[
            at_once("x-ratelimit-reset-tokens", wait::seconds),
            at_once("x-rate-limit-reset-tokens", wait::seconds),
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
        resets: &[gradually(
            "anthropic-ratelimit-requests-reset",
            wait::rfc3339,
        )],
        ..ANTHROPIC_BUCKET
    },
    Row {
        name: "tokens",
        unit: Unit::Tokens,
        limit: Some("anthropic-ratelimit-tokens-limit"),
        remaining: "anthropic-ratelimit-tokens-remaining",
        resets: &[gradually("anthropic-ratelimit-tokens-reset", wait::rfc3339)],
        rounding: 500,
        ..ANTHROPIC_BUCKET
    },
    Row {
        name: "input-tokens",
        unit: Unit::InputTokens,
        limit: Some("anthropic-ratelimit-input-tokens-limit"),
        remaining: "anthropic-ratelimit-input-tokens-remaining",
        resets: &[gradually(
            "anthropic-ratelimit-input-tokens-reset",
            wait::rfc3339,
        )],
        rounding: 500,
        ..ANTHROPIC_BUCKET
    },
    Row {
        name: "output-tokens",
        unit: Unit::OutputTokens,
        limit: Some("anthropic-ratelimit-output-tokens-limit"),
        remaining: "anthropic-ratelimit-output-tokens-remaining",
        resets: &[gradually(
            "anthropic-ratelimit-output-tokens-reset",
            wait::rfc3339,
        )],
        rounding: 500,
        ..ANTHROPIC_BUCKET
    },
];

const ANTHROPIC_BUCKET: Row = Row {
    window: Some(MINUTE),
    ..PLAIN
};

/// "Always" requests by the day and tokens by the minute (console.groq.com/docs/rate-limits). Its example, 14 370 of 14 400
/// left and a reset of 2m59.56s, is a bucket that fills bit by bit: thirty times six seconds.
pub(super) const GROQ: &[Row] = &[
    Row {
        name: "requests",
        limit: Some("x-ratelimit-limit-requests"),
        remaining: "x-ratelimit-remaining-requests",
        resets: &[gradually("x-ratelimit-reset-requests", wait::go)],
        window: Some(DAY),
        ..PLAIN
    },
    Row {
        name: "tokens",
        unit: Unit::Tokens,
        limit: Some("x-ratelimit-limit-tokens"),
        remaining: "x-ratelimit-remaining-tokens",
        resets: &[gradually("x-ratelimit-reset-tokens", wait::go)],
        window: Some(MINUTE),
        ..PLAIN
    },
];

/// One set of fields, of whichever resource the request belonged to: `core` by the hour, `search` by the minute.
pub(super) const GITHUB: &[Row] = &[Row {
    named_by: Some("x-ratelimit-resource"),
    limit: Some("x-ratelimit-limit"),
    remaining: "x-ratelimit-remaining",
    resets: &[at_once("x-ratelimit-reset", wait::epoch)],
    ..PLAIN
}];

/// `RateLimit-Limit` is not read: it is "normalised to one minute" whatever the window is (gitlabhq
/// `user_and_ip_rate_limits.md`), and so says nothing of it.
pub(super) const GITLAB: &[Row] = &[Row {
    named_by: Some("ratelimit-name"),
    remaining: "ratelimit-remaining",
    resets: &[
        at_once("ratelimit-reset", wait::epoch),
        at_once("ratelimit-resettime", wait::date),
    ],
    ..PLAIN
}];

/// Requests by the minute of the wall clock: of two refusals that were timed, both ended on the full minute. What counts "by
/// size" counts tokens (mistralai/client-ts#169, mistralai/client-python). When a month ends is not said, and neither is
/// which of its windows the oldest family has. `custom` counts the calls that a connector makes, of which we see nothing.
pub(super) const MISTRAL: &[Row] = &[
    Row {
        name: "requests",
        limit: Some("x-ratelimit-limit-req-minute"),
        remaining: "x-ratelimit-remaining-req-minute",
        ..CLOCK_MINUTE
    },
    Row {
        name: "tokens",
        unit: Unit::Tokens,
        limit: Some("x-ratelimit-limit-tokens-minute"),
        remaining: "x-ratelimit-remaining-tokens-minute",
        ..CLOCK_MINUTE
    },
    Row {
        name: "size-minute",
        unit: Unit::Tokens,
        limit: Some("x-ratelimitbysize-limit-minute"),
        remaining: "x-ratelimitbysize-remaining-minute",
        ..CLOCK_MINUTE
    },
    Row {
        name: "size-month",
        unit: Unit::Tokens,
        limit: Some("x-ratelimitbysize-limit-month"),
        remaining: "x-ratelimitbysize-remaining-month",
        window: Some(MONTH),
        ..PLAIN
    },
    Row {
        name: "size",
        unit: Unit::Tokens,
        remaining: "ratelimitbysize-remaining",
        resets: &[at_once("ratelimitbysize-reset", wait::seconds)],
        ..PLAIN
    },
];

const CLOCK_MINUTE: Row = Row {
    window: Some(MINUTE),
    by_the_clock: true,
    ..PLAIN
};

/// What a trial may call of the endpoint that answers: a minute that slides, so that there is no reset to tell (measured:
/// after a minute one call was left, not all of them). `x-endpoint-monthly-call-limit` is not read: what is left of the
/// month is not told.
pub(super) const COHERE: &[Row] = &[Row {
    limit: Some("x-trial-endpoint-call-limit"),
    remaining: "x-trial-endpoint-call-remaining",
    window: Some(MINUTE),
    ..PLAIN
}];

/// OpenAI's names with whatever a server makes of the resets: durations, as from OpenAI, and then a bucket that fills bit by
/// bit; else seconds or dates, of which Venice has both in one answer, and then all that is known is when it is full.
/// Cerebras has the window in the name, and seconds with a fraction (inference-docs.cerebras.ai/support/rate-limits).
pub(super) const COMPATIBLE: &[Row] = &[
    compatible!("requests", Unit::Requests),
    compatible!("tokens", Unit::Tokens),
    compatible!("project-tokens", Unit::Tokens),
    windowed!("requests", "minute", Unit::Requests, MINUTE),
    windowed!("requests", "hour", Unit::Requests, HOUR),
    windowed!("requests", "day", Unit::Requests, DAY),
    windowed!("tokens", "minute", Unit::Tokens, MINUTE),
    windowed!("tokens", "hour", Unit::Tokens, HOUR),
    windowed!("tokens", "day", Unit::Tokens, DAY),
];

/// Drafts up to 06 of the IETF's fields, and what had been in use before them, in all forms of a reset that were seen.
pub(super) const TRIPLET: &[Row] = &[
    triplet!("ratelimit"),
    triplet!("x-ratelimit"),
    triplet!("x-rate-limit"),
];
