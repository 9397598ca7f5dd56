//! gRPC.
//!
//! Sources, read in November 2026: grpc/proposal `A6-client-retries.md`, grpc/grpc `doc/statuscodes.md` and
//! `doc/http-grpc-status-mapping.md`, grpc/grpc-go `stream.go`, grpc PROTOCOL-HTTP2; for the texts of sizes
//! temporalio/sdk-rust#462, ydb-java-sdk#718, grpc-dotnet#2277.
//!
//! # Signals
//!
//! `grpc-status` in the head wins over the HTTP status; without one the status is mapped as gRPC's documentation has it.
//! The trailers of an answer that began well are judged as a head of its own, when they pass: what they say is told to
//! observers and counted, and the call is not repeated. `RESOURCE_EXHAUSTED` is a limit, unless the message speaks of a message's size: then no wait
//! makes it pass.
//!
//! # Hints
//!
//! `grpc-retry-pushback-ms`, waited to the millisecond; then `RetryInfo` in `grpc-status-details-bin`.
//!
//! # Repetition
//!
//! `UNAVAILABLE` and limits. `ABORTED` is for the caller to repeat, from the beginning of its transaction. A pushback
//! that is negative, no number or there twice forbids it: the opposite of `Retry-After`, where what is malformed is not
//! there.
//!
//! # Limits
//!
//! Those of the service. Until it refuses, no answer tells what is left.
//!
//! # Cost
//!
//! The service's. What throttles retries costs a token for each failure that may be repeated (gRFC A6).

use std::borrow::Cow;

use buttress_core::classify::Reply;
use buttress_core::hint::{HintSource, Hints, Reading};
use buttress_core::{Outcome, Repeat};

use crate::fields::Fields;
use crate::profile::{Hides, Profile};
use crate::pushback::{Pushback, pushback};
use crate::signal::{Signal, signals};
use crate::{signal, status_details};

/// gRPC.
pub const PROFILE: Profile = Profile {
    name: "grpc",
    title: "gRPC",
    signals: SIGNALS,
    codes: &["grpc-status"],
    messages: &["grpc-message"],
    message: percent_decoded,
    hints,
    overrule,
    hides: Hides::InGrpcStatus,
    repeats_post: true,
    ..Profile::PLAIN
};

const SIGNALS: &[Signal] = signals! {
    "grpc OK":                                                  Ok,          Request if Code["0"];
    "grpc message size":                                        ClientError, Request if Code["8"],
        Says["message larger than max", "message exceeds maximum size", "exceeds the maximum configured message size"];
    "grpc RESOURCE_EXHAUSTED":                                  RateLimited, Account if Code["8"];
    "grpc UNAVAILABLE":                                         Unavailable, Request if Code["14"];
    // The time is the caller's, and it is up.
    "grpc DEADLINE_EXCEEDED":                                   Timeout,     Request, repeated Never if Code["4"];
    "grpc ABORTED":                                             Conflict,    Request if Code["10"];
    "grpc ALREADY_EXISTS":                                      Conflict,    Request if Code["6"];
    "grpc PERMISSION_DENIED or UNAUTHENTICATED":                Auth,        Account if Code["7", "16"];
    "grpc request":                                             ClientError, Request if Code[
        "1", "3", "5", "9", "11", "12"];
    // A code is repeated where it is listed, and these are not: UNKNOWN, INTERNAL, DATA_LOSS, and what is no code.
    "grpc UNKNOWN, INTERNAL or DATA_LOSS":                      ServerError, Request, repeated Never
        if Has("grpc-status");
    "grpc UNAVAILABLE by HTTP status":                          Unavailable, Request if Status[429, 502, 503, 504];
    "grpc UNAUTHENTICATED or PERMISSION_DENIED by HTTP status": Auth,        Account if Status[401, 403];
    "grpc UNIMPLEMENTED by HTTP status":                        ClientError, Request if Status[404];
    "grpc INTERNAL or UNKNOWN by HTTP status":                  ServerError, Request, repeated Never;
};

/// Whether an answer takes from the tokens that throttle retries (gRFC A6): a failure that may be repeated does, and
/// one that the server forbids to repeat.
pub fn spends_retry_token(reply: &Reply<'_>) -> bool {
    let fields = Fields::new(reply, &PROFILE);
    let failure = signal::first(SIGNALS, &fields).filter(|outcome| !outcome.is_ok());
    failure.is_some_and(|outcome| {
        outcome.repeat() != Repeat::Never || pushback(&fields) == Pushback::Forbidden
    })
}

fn overrule(fields: &Fields<'_>, outcome: Outcome) -> Outcome {
    match pushback(fields) {
        Pushback::Forbidden => outcome.with_repeat(Repeat::Never),
        Pushback::Absent | Pushback::Wait(_) => outcome,
    }
}

fn hints(fields: &Fields<'_>, _outcome: &Outcome, hints: &mut Hints) {
    // A pushback of zero is a word of its own, and not to be lengthened by a word of less weight.
    if let Pushback::Wait(wait) = pushback(fields) {
        hints.offer(HintSource::GrpcPushback, Reading::Wait(wait));
        return;
    }
    let details = fields.header("grpc-status-details-bin");
    let delay = details.and_then(status_details::retry_delay);
    hints.offer(
        HintSource::RetryInfo,
        delay.map_or(Reading::Absent, Reading::Wait),
    );
}

/// `grpc-message` is percent-encoded.
fn percent_decoded(message: Cow<'_, str>) -> Cow<'_, str> {
    if !message.contains('%') {
        return message;
    }
    let mut bytes = message.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    while let Some((&first, rest)) = bytes.split_first() {
        let code = rest
            .get(..2)
            .and_then(|code| std::str::from_utf8(code).ok());
        let byte = code
            .filter(|code| first == b'%' && code.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        decoded.push(byte.unwrap_or(first));
        bytes = &rest[if byte.is_some() { 2 } else { 0 }..];
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}
