//! Stripe.
//!
//! Sources, read in November 2026: docs.stripe.com/rate-limits, stripe/stripe-python `stripe/_http_client.py`,
//! stripe/stripe-node `RequestSender`, stripe-node#1110, #2056.
//!
//! # Signals
//!
//! A 402 is a declined card, not a quota. A 429 of the code `lock_timeout` is two requests for one object: it must not
//! cool the account down. 400 with the code `rate_limit` is the old form of the limit.
//!
//! # Hints
//!
//! None: no `Retry-After`, no remaining.
//!
//! # Repetition
//!
//! `Stripe-Should-Retry` first. A POST only with an `Idempotency-Key`, which is kept for 24 hours and replays the first
//! answer, a 500 included. The official clients do not repeat a true 429; we do, after a wait.
//!
//! # Limits
//!
//! 100 a second live, 25 in a sandbox, 25 per endpoint, search 20; 1 000 updates of one payment intent an hour.
//! Until it refuses, no answer tells what is left.

use buttress_core::{Class, Repeat, Scope};

use crate::profile::{IdempotencyHeader, Profile};
use crate::published::{Page, Period, PublishedLimit, READ, Unit};
use crate::signal::Signal;
use crate::signal::When::{Code, Status};

/// Stripe's API.
pub const PROFILE: Profile = Profile {
    name: "stripe",
    title: "Stripe",
    signals: SIGNALS,
    codes: &["/error/code", "/error/type"],
    messages: &["/error/message"],
    should_retry: Some("stripe-should-retry"),
    published: PUBLISHED,
    idempotency_header: Some(IdempotencyHeader {
        name: "idempotency-key",
        is_honoured: true,
    }),
    ..Profile::PLAIN
};

const PAGE: Page = Page("docs.stripe.com/rate-limits", READ);

const PUBLISHED: &[PublishedLimit] = &[
    PAGE.says("live", 100, Unit::Requests, Period::Second),
    PAGE.says("sandbox", 25, Unit::Requests, Period::Second),
    PAGE.says("any", 25, Unit::Requests, Period::Second)
        .of("one endpoint"),
    PAGE.says("any", 20, Unit::Requests, Period::Second)
        .of("search"),
    PAGE.says("any", 20, Unit::Requests, Period::Second)
        .of("files, reading"),
    PAGE.says("any", 20, Unit::Requests, Period::Second)
        .of("files, writing"),
    PAGE.says("any", 1_000, Unit::Requests, Period::Hour)
        .of("updates of one payment intent"),
];

const SIGNALS: &[Signal] = &[
    Signal::new(
        "stripe lock",
        &[Code(&["lock_timeout"])],
        Class::Conflict,
        Scope::Request,
    )
    .repeated(Repeat::Always),
    Signal::new(
        "stripe limit",
        &[Code(&["rate_limit"])],
        Class::RateLimited,
        Scope::Account,
    ),
    // The same key, so the first answer is what the repetition will get.
    Signal::new(
        "stripe key in use",
        &[Code(&["idempotency_key_in_use"])],
        Class::Conflict,
        Scope::Request,
    )
    .repeated(Repeat::Always),
    Signal::new(
        "stripe key for another request",
        &[Code(&["idempotency_error"])],
        Class::ClientError,
        Scope::Request,
    ),
    Signal::new(
        "stripe declined",
        &[Status(&[402])],
        Class::ClientError,
        Scope::Request,
    ),
];
