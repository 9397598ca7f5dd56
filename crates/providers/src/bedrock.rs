//! AWS Bedrock, and the codes that all of AWS shares.
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
//! The SDKs repeat POST after throttling, 500, 502, 503, 504 and timeouts, with three attempts.
//!
//! # Limits
//!
//! Per model, region and account. Input, cache reads and writes and `maxTokens` are reserved on arrival (unset: the
//! model's maximum), and settled at the end; the output of some models counts five times.
//! Until it refuses, no answer tells what is left.

use buttress_core::hint::{HintSource, Hints, Reading, decimal};
use buttress_core::{Class, Outcome, Repeat, Scope};
use serde_json::Value;

use crate::cost::{Charge, Cost};
use crate::fields::{Answer, Fields};
use crate::profile::{IdempotencyHeader, Kind, Profile};
use crate::published::{Page, Period, PublishedLimit, READ, Unit};
use crate::signal::Signal;
use crate::signal::When::{Code, Says, Status};

/// AWS Bedrock.
pub const PROFILE: Profile = Profile {
    name: "bedrock",
    title: "AWS Bedrock",
    kind: Kind::Models,
    limits: Scope::Model,
    signals: SIGNALS,
    codes: &["x-amzn-errortype", "/code", "/__type"],
    messages: &["/message", "/Message"],
    code: bare,
    shape: named_event,
    hints,
    repeats_post: true,
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

const PAGE: Page = Page(
    "docs.aws.amazon.com/bedrock, scaling-throughput-best-practices",
    READ,
);

const PUBLISHED: &[PublishedLimit] = &[PAGE
    .says("any", 15_000_000, Unit::Tokens, Period::Minute)
    .of("Claude 4.7 and later")];

/// What botocore holds for throttling, whatever the status (`retries/standard.py`).
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// What it holds for passing faults.
const TRANSIENT: &[&str] = &[
    "RequestTimeout",
    "RequestTimeoutException",
    "PriorRequestNotComplete",
];

const TRANSIENT_STATUSES: [u16; 4] = [500, 502, 503, 504];

/// Whether AWS has throttled the caller, by botocore's table. `code` is the exception's name.
pub fn is_throttling(status: u16, code: &str) -> bool {
    status == 429 || THROTTLED.contains(&code)
}

/// Whether AWS has a fault that passes, by botocore's table. One code is of both tables: `PriorRequestNotComplete`.
pub fn is_transient(status: u16, code: &str) -> bool {
    TRANSIENT_STATUSES.contains(&status) || TRANSIENT.contains(&code)
}

const SIGNALS: &[Signal] = &[
    Signal::new(
        "bedrock daily quota",
        &[Code(THROTTLED), Says(&["per day"])],
        Class::QuotaExhausted,
        Scope::Account,
    ),
    Signal::new(
        "bedrock quota",
        &[Code(&["ServiceQuotaExceededException"])],
        Class::QuotaExhausted,
        Scope::Account,
    ),
    Signal::new(
        "bedrock throttling",
        &[Code(&["ThrottlingException"])],
        Class::RateLimited,
        Scope::Model,
    ),
    Signal::new(
        "bedrock throttling",
        &[Code(THROTTLED)],
        Class::RateLimited,
        Scope::Account,
    ),
    Signal::new(
        "bedrock model not ready",
        &[Code(&["ModelNotReadyException"])],
        Class::Overloaded,
        Scope::Model,
    ),
    Signal::new(
        "bedrock unavailable",
        &[Code(&["ServiceUnavailableException"])],
        Class::Unavailable,
        Scope::Model,
    ),
    Signal::new(
        "bedrock timeout",
        &[Code(&[
            "ModelTimeoutException",
            "RequestTimeout",
            "RequestTimeoutException",
        ])],
        Class::Timeout,
        Scope::Request,
    ),
    // The model failed, not the service: the SDKs do not repeat it.
    Signal::new(
        "bedrock model error",
        &[Code(&["ModelErrorException"])],
        Class::ServerError,
        Scope::Request,
    )
    .repeated(Repeat::Never),
    Signal::new(
        "bedrock fault",
        &[Code(&[
            "InternalServerException",
            "InternalFailure",
            "InternalServiceError",
        ])],
        Class::ServerError,
        Scope::Request,
    ),
    Signal::new(
        "bedrock fault",
        &[Code(&["ModelStreamErrorException"])],
        Class::ServerError,
        Scope::Model,
    ),
    Signal::new(
        "bedrock credential",
        &[Code(&[
            "AccessDeniedException",
            "ExpiredTokenException",
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "MissingAuthenticationTokenException",
        ])],
        Class::Auth,
        Scope::Account,
    ),
    Signal::new(
        "bedrock conflict",
        &[Code(&["ConflictException"])],
        Class::Conflict,
        Scope::Request,
    ),
    Signal::new(
        "bedrock not found",
        &[Code(&["ResourceNotFoundException"])],
        Class::ClientError,
        Scope::Model,
    ),
    Signal::new(
        "bedrock request",
        &[Code(&["ValidationException"])],
        Class::ClientError,
        Scope::Request,
    ),
    Signal::new(
        "bedrock model error",
        &[Status(&[424])],
        Class::ServerError,
        Scope::Request,
    )
    .repeated(Repeat::Never),
];

/// `com.amazonaws.bedrock#ThrottlingException:http://…` is `ThrottlingException`.
fn bare(code: &str) -> &str {
    let name = code.split(':').next().unwrap_or(code);
    name.rsplit('#').next().unwrap_or(name).trim()
}

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
