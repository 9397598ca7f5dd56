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
//! Of an account, live and in a sandbox apart, with lower ones for one endpoint, for searches, for files and for one
//! payment intent. Until it refuses, no answer tells what is left.
//!
//! # Cost
//!
//! A request is a request.

use crate::profile::{IdempotencyHeader, Profile};
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};

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

const PUBLISHED: &[PublishedLimit] = published! {
    page "docs.stripe.com/rate-limits", read "2026-11-22";
    "live":      100 Requests / Second;
    "sandbox":    25 Requests / Second;
    "any":        25 Requests / Second of "one endpoint";
    "any":        20 Requests / Second of "search";
    "any":        20 Requests / Second of "files, reading";
    "any":        20 Requests / Second of "files, writing";
    "any":     1_000 Requests / Hour   of "updates of one payment intent";
};

const SIGNALS: &[Signal] = signals! {
    "stripe lock":                    Conflict,    Request, repeated Always if Code["lock_timeout"];
    "stripe limit":                   RateLimited, Account if Code["rate_limit"];
    // The same key, so the first answer is what the repetition will get.
    "stripe key in use":              Conflict,    Request, repeated Always if Code["idempotency_key_in_use"];
    "stripe key for another request": ClientError, Request if Code["idempotency_error"];
    "stripe declined":                ClientError, Request if Status[402];
};
