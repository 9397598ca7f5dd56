//! What a status means where nobody knows better: RFC 9110, and the codes that edges made up.

use http::StatusCode;

use crate::outcome::{Class, Outcome, Repeat, Scope};

/// What an answer with this status means, by the status alone.
pub fn judge(status: StatusCode) -> Outcome {
    let class = class(status);
    Outcome::new(class).with_scope(scope(class))
}

fn class(status: StatusCode) -> Class {
    match status.as_u16() {
        401 | 403 | 407 => Class::Auth,
        // Payment required: a person has to act.
        402 => Class::QuotaExhausted,
        408 | 504 => Class::Timeout,
        409 => Class::Conflict,
        429 => Class::RateLimited,
        // Cloudflare: 520 unknown, 521 origin down, 523 unreachable, 530 with a 1xxx code.
        502 | 503 | 520 | 521 | 523 | 530 => Class::Unavailable,
        // Cloudflare: 522 connecting timed out, 524 answering timed out.
        522 | 524 => Class::Timeout,
        // "Site is overloaded", a convention that Anthropic follows.
        529 => Class::Overloaded,
        400..=499 => Class::ClientError,
        // "treat an unrecognized status code as being equivalent to the x00 status code of that class" (RFC 9110, 15)
        500.. => Class::ServerError,
        _ => Class::Ok,
    }
}

fn scope(class: Class) -> Scope {
    match class {
        Class::RateLimited | Class::QuotaExhausted => Scope::Account,
        Class::Overloaded => Scope::Model,
        _ => Scope::Request,
    }
}

/// A 503 that says when to come back has refused the request, and has not acted on it: it may be repeated whatever it
/// was.
pub(super) fn repeated_after_hint(status: StatusCode, outcome: Outcome) -> Outcome {
    let is_told = outcome.hint().is_some_and(|hint| !hint.wait.is_zero());
    if status == StatusCode::SERVICE_UNAVAILABLE && is_told {
        return outcome.with_repeat(Repeat::Always);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(status: u16) -> Class {
        judge(StatusCode::from_u16(status).unwrap()).class()
    }

    #[test]
    fn every_status_has_a_class() {
        for (status, class) in [
            (100, Class::Ok),
            (200, Class::Ok),
            (204, Class::Ok),
            (304, Class::Ok),
            (400, Class::ClientError),
            (401, Class::Auth),
            (402, Class::QuotaExhausted),
            (403, Class::Auth),
            (404, Class::ClientError),
            (407, Class::Auth),
            (408, Class::Timeout),
            (409, Class::Conflict),
            (422, Class::ClientError),
            (429, Class::RateLimited),
            (499, Class::ClientError),
            (500, Class::ServerError),
            (501, Class::ServerError),
            (502, Class::Unavailable),
            (503, Class::Unavailable),
            (504, Class::Timeout),
            (520, Class::Unavailable),
            (522, Class::Timeout),
            (524, Class::Timeout),
            (529, Class::Overloaded),
            (530, Class::Unavailable),
            (599, Class::ServerError),
            (999, Class::ServerError),
        ] {
            assert_eq!(class_of(status), class, "{status}");
        }
    }

    #[test]
    fn a_limit_holds_for_the_account_and_overload_for_the_model() {
        assert_eq!(judge(StatusCode::TOO_MANY_REQUESTS).scope(), Scope::Account);
        assert_eq!(
            judge(StatusCode::from_u16(529).unwrap()).scope(),
            Scope::Model
        );
        assert_eq!(judge(StatusCode::BAD_GATEWAY).scope(), Scope::Request);
    }
}
