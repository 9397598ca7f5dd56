//! AWS Bedrock.
//!
//! Sources, read in November 2026: boto/botocore `retries/standard.py`, `parsers.py` and the service model of
//! bedrock-runtime, smithy-lang/smithy-rs `aws-runtime/src/retries/classifiers.rs`, docs.aws.amazon.com (Bedrock,
//! troubleshooting of API error codes).
//!
//! # Signals
//!
//! The exception's name decides: in `x-amzn-errortype`, before the colon and after the `#`; else in the body's `code`
//! or `__type`; in a stream, the event's. Throttling comes under 400 too. `ThrottlingException` is a daily quota as
//! well, told apart by the message alone.
//!
//! # Hints
//!
//! No `Retry-After`. `x-amz-retry-after`: whole milliseconds.
//!
//! # Repetition
//!
//! The SDKs repeat POST after throttling, 500, 502, 503, 504 and timeouts, with three attempts. `amz-sdk-invocation-id`
//! marks the attempts of a call and makes nothing repeatable.
//!
//! # Limits
//!
//! Per model, region and account. Until it refuses, no answer tells what is left.
//!
//! # Cost
//!
//! Input, cache reads and writes and `maxTokens` are reserved on arrival (unset: the model's maximum), and settled at
//! the end; the output of some models counts five times.

use buttress_core::hint::{HintSource, Hints, Reading, decimal};
use buttress_core::{Class, Outcome, Scope};
use serde_json::Value;

use crate::aws::{self, THROTTLED};
pub use crate::aws::{is_throttling, is_transient};
use crate::cost::{Charge, Cost};
use crate::fields::{Answer, Fields};
use crate::names::{ModelIn, Names};
use crate::profile::{IdempotencyHeader, Kind, Profile};
use crate::published::{PublishedLimit, published};
use crate::signal::{Signal, signals};

/// AWS Bedrock.
pub const PROFILE: Profile = Profile {
    name: "bedrock",
    title: "AWS Bedrock",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: &["x-amzn-errortype", "/code", "/__type"],
    messages: &["/message", "/Message"],
    code: aws::bare,
    shape: named_event,
    hints,
    repeats_post: true,
    names: Names {
        models: &[ModelIn::Path("/model/", '/'), ModelIn::Body("model")],
        ..Names::NOTHING
    },
    cost: Cost {
        tokens: Charge::Sum,
        usage: &["totalTokens"],
        ..Cost::CALLS
    },
    published: PUBLISHED,
    idempotency_header: Some(IdempotencyHeader {
        name: "amz-sdk-invocation-id",
        is_honoured: false,
    }),
    ..Profile::PLAIN
};

const PUBLISHED: &[PublishedLimit] = published! {
    page "docs.aws.amazon.com/bedrock, scaling-throughput-best-practices", read "2026-11-22";
    "any": 15_000_000 Tokens / Minute of "Claude 4.7 and later";
};

const SIGNALS: &[Signal] = signals! {
    "bedrock daily quota":     QuotaExhausted, Account if Code(THROTTLED), Says["per day"];
    "bedrock quota":           QuotaExhausted, Account if Code["ServiceQuotaExceededException"];
    "bedrock throttling":      RateLimited,    Model   if Code["ThrottlingException"];
    "bedrock throttling":      RateLimited,    Account if Code(THROTTLED);
    "bedrock model not ready": Overloaded,     Model   if Code["ModelNotReadyException"];
    "bedrock unavailable":     Unavailable,    Model   if Code["ServiceUnavailableException"];
    "bedrock timeout":         Timeout,        Request if Code[
        "ModelTimeoutException", "RequestTimeout", "RequestTimeoutException"];
    // The model failed, not the service: the SDKs do not repeat it.
    "bedrock model error":     ServerError,    Request, repeated Never if Code["ModelErrorException"];
    "bedrock fault":           ServerError,    Request if Code[
        "InternalServerException", "InternalFailure", "InternalServiceError"];
    "bedrock fault":           ServerError,    Model   if Code["ModelStreamErrorException"];
    "bedrock credential":      Auth,           Account if Code[
        "AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException",
        "MissingAuthenticationTokenException"];
    "bedrock conflict":        Conflict,       Request if Code["ConflictException"];
    "bedrock not found":       ClientError,    Model   if Code["ResourceNotFoundException"];
    "bedrock request":         ClientError,    Request if Code["ValidationException"];
    "bedrock model error":     ServerError,    Request, repeated Never if Status[424];
};

/// An event of a stream, `{"throttlingException":{"message":…}}`, in the shape of an answer's body.
fn named_event(mut answer: Answer) -> Answer {
    let event = answer.body.as_object_mut().filter(|event| event.len() == 1);
    let exception = event.and_then(|event| {
        let (name, value) = event.iter_mut().next()?;
        let (first, rest) = name.split_at_checked(1)?;
        let is_exception = name.ends_with("Exception") && value.is_object();
        is_exception.then(|| (first.to_ascii_uppercase() + rest, value.take()))
    });
    if let Some((name, Value::Object(mut fields))) = exception {
        fields.insert("__type".to_owned(), Value::from(name));
        answer.body = Value::Object(fields);
    }
    answer
}

fn hints(fields: &Fields<'_>, outcome: &Outcome, hints: &mut Hints) {
    if outcome.class() == Class::QuotaExhausted {
        return;
    }
    let reading = match fields.header("x-amz-retry-after") {
        None => Reading::Absent,
        Some(millis) if millis.contains('.') => Reading::Malformed,
        Some(millis) => {
            decimal(millis.as_bytes(), 1_000_000).map_or(Reading::Malformed, Reading::Wait)
        }
    };
    hints.offer(HintSource::XAmzRetryAfter, reading);
}
