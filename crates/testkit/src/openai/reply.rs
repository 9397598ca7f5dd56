//! OpenAI's words.

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Serialize;
use serde_json::json;

use super::account::Refusal;
use super::request::{Bad, Chat};
use crate::format::{go_duration, millis_up, seconds_up};
use crate::reply::{Answer, Ending, RETRY_AFTER_MS, Reply, json as reply};

/// The tokens of the text in [`completion`].
const REPLY_TOKENS: u64 = 6;

const MORE: &str = "Visit https://platform.openai.com/account/rate-limits to learn more.";

#[derive(Serialize)]
struct Wrapped<'a> {
    error: Error<'a>,
}

#[derive(Serialize, Default)]
struct Error<'a> {
    message: &'a str,
    r#type: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

fn refuse(status: StatusCode, error: Error<'_>) -> Reply {
    reply(status, &Wrapped { error })
}

pub(super) fn completion(chat: &Chat, id: u64) -> Answer {
    // Less than was charged for, unless very little was: the difference is what a client can settle.
    let completion_tokens = chat.max_tokens.min(REPLY_TOKENS);
    let finish_reason = if chat.max_tokens < REPLY_TOKENS {
        "length"
    } else {
        "stop"
    };
    let body = json!({
        "id": format!("chatcmpl-{id:016x}"),
        "object": "chat.completion",
        "created": 0,
        "model": chat.model,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "Hello from the test kit."},
            "finish_reason": finish_reason,
        }],
        "usage": {
            "prompt_tokens": chat.prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": chat.prompt_tokens.saturating_add(completion_tokens),
        },
    });
    Answer::new(Ending::Admitted, reply(StatusCode::OK, &body))
}

pub(super) fn bad(bad: &Bad) -> Answer {
    let error = Error {
        message: bad.message,
        r#type: "invalid_request_error",
        param: bad.param,
        code: None,
    };
    Answer::new(Ending::NotDone, refuse(StatusCode::BAD_REQUEST, error))
}

pub(super) fn quota_spent() -> Answer {
    let error = Error {
        message: "You exceeded your current quota, please check your plan and billing details. For more information on \
                  this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        r#type: "insufficient_quota",
        code: Some("insufficient_quota"),
        ..Error::default()
    };
    Answer::new(
        Ending::QuotaSpent,
        refuse(StatusCode::TOO_MANY_REQUESTS, error),
    )
}

pub(super) fn too_large(chat: &Chat, limit: u64) -> Answer {
    let message = format!(
        "Request too large for {} in organization org-testkit on tokens per min (TPM): Limit {limit}, Requested {}. The \
         input or output tokens must be reduced in order to run successfully. {MORE}",
        chat.model,
        chat.cost(),
    );
    Answer::new(Ending::TooLarge, limit_error(&message, "tokens"))
}

/// A refusal that time lifts: the wait stands in both headers and in the text.
pub(super) fn limited(chat: &Chat, refusal: &Refusal) -> Answer {
    let limit = match refusal.kind {
        "tokens" => "tokens per min (TPM)",
        _ => "requests per min (RPM)",
    };
    let message = format!(
        "Rate limit reached for {} in organization org-testkit on {limit}: Limit {}, Used {}, Requested {}. Please try \
         again in {}. {MORE}",
        chat.model,
        refusal.limit,
        refusal.used,
        refusal.requested,
        go_duration(refusal.wait),
    );
    let mut reply = limit_error(&message, refusal.kind);
    let headers = reply.headers_mut();
    headers.insert(RETRY_AFTER_MS, millis_up(refusal.wait).into());
    headers.insert(RETRY_AFTER, seconds_up(refusal.wait).into());
    Answer::new(Ending::Limited, reply)
}

fn limit_error(message: &str, kind: &str) -> Reply {
    let error = Error {
        message,
        r#type: kind,
        code: Some("rate_limit_exceeded"),
        ..Error::default()
    };
    refuse(StatusCode::TOO_MANY_REQUESTS, error)
}

/// The error of a fault: no limit of this server is behind it.
pub(crate) fn fault(status: StatusCode) -> Reply {
    let (message, kind, code) = match status.as_u16() {
        429 => (
            "Rate limit reached for requests.",
            "requests",
            Some("rate_limit_exceeded"),
        ),
        503 => (
            "The engine is currently overloaded, please try again later.",
            "service_unavailable_error",
            Some("server_is_overloaded"),
        ),
        _ => (
            "The server had an error while processing your request. Sorry about that!",
            "server_error",
            None,
        ),
    };
    let error = Error {
        message,
        r#type: kind,
        code,
        ..Error::default()
    };
    refuse(status, error)
}

/// The answer to a body that is too long to be read.
pub(crate) fn too_long() -> Reply {
    let error = Error {
        message: "The request body is too long.",
        r#type: "invalid_request_error",
        ..Error::default()
    };
    refuse(StatusCode::PAYLOAD_TOO_LARGE, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_the_same_in_both_headers_and_in_the_text() {
        let chat = Chat {
            model: "gpt-4o".into(),
            prompt_tokens: 48,
            max_tokens: 700,
        };
        let refusal = Refusal {
            kind: "tokens",
            limit: 30_000,
            used: 29_540,
            requested: 748,
            wait: 575_000_001,
        };
        let reply = limited(&chat, &refusal).reply;
        assert_eq!(reply.headers()["retry-after-ms"], "576");
        assert_eq!(reply.headers()["retry-after"], "1");
        let text = std::str::from_utf8(reply.body()).unwrap();
        assert!(
            text.contains("Limit 30000, Used 29540, Requested 748. Please try again in 576ms.")
        );
    }

    #[test]
    fn the_members_of_an_error_are_in_the_order_of_the_provider() {
        let text = fault(StatusCode::INTERNAL_SERVER_ERROR).into_body();
        assert!(text.starts_with(br#"{"error":{"message":"#));
        assert!(text.ends_with(br#""type":"server_error","param":null,"code":null}}"#));
    }

    #[test]
    fn a_short_maximum_cuts_the_reply() {
        let chat = Chat {
            model: "m".into(),
            prompt_tokens: 1,
            max_tokens: 2,
        };
        let body: serde_json::Value =
            serde_json::from_slice(completion(&chat, 1).reply.body()).unwrap();
        assert_eq!(body["usage"]["total_tokens"], 3);
        assert_eq!(body["choices"][0]["finish_reason"], "length");
    }
}
