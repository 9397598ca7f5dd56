//! What can go wrong on demand.

use std::time::Duration;

use http::{HeaderValue, StatusCode};

pub(crate) mod answer;
mod plan;

pub(crate) use plan::Plan;

/// One thing that happens to one request instead of, or to, its answer.
///
/// There are three sorts, and the difference is what a repetition costs:
///
/// * *instead*: an error is answered, nothing is done, no limit is charged;
/// * *after*: the request is done and charged as usual, then its answer is delayed or cut. The client cannot know
///   whether the server acted; a repeated `POST` is done twice;
/// * *silent*: [`ResetBeforeHead`](Fault::ResetBeforeHead): nothing is done and nothing is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Instead: a 500 in the words of the provider.
    ServerError,
    /// Instead: a 503 in the words of the provider, with or without a time to come back.
    Unavailable(Hint),
    /// Instead: a 429 (GitHub: of the secondary limit) that no limit of this server asked for.
    RateLimited(Hint),
    /// Instead: a 502 with a page of HTML and none of the provider's headers, as from a proxy in front of it.
    EdgeBadGateway,
    /// Instead: a 429 with a page of HTML and none of the provider's headers.
    EdgeTooManyRequests,
    /// Instead: an error whose body cannot be read as it should.
    OddBody(StatusCode, OddBody),
    /// Silent: the request is read, then the connection is reset.
    ResetBeforeHead,
    /// After: the connection is reset when half of the head has been sent.
    ResetInHead,
    /// After: the connection is reset when the head, which promises a `content-length`, and half of the body have
    /// been sent.
    ResetInBody,
    /// After: nothing is sent for this long, then the answer.
    SlowHead(Duration),
    /// After: the head and half of the body, then nothing for this long, then the rest.
    SlowBody(Duration),
    /// After: a head, then a space of body every 20 ms. Ends when the client goes away, or after 64 KiB by closing the
    /// connection without an end of the body.
    EndlessBody,
}

/// What an error says about when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Nothing.
    None,
    /// `retry-after`, in seconds.
    Seconds(u64),
    /// `retry-after-ms`, and `retry-after` with the same rounded up to a second.
    Millis(u64),
    /// `retry-after` with this value, whatever it is.
    Value(HeaderValue),
}

/// What is wrong with the body of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OddBody {
    /// JSON that stops in the middle of a string. The message itself is complete for HTTP.
    Truncated,
    /// JSON of more than 64 KiB; what identifies the error comes first, the padding after it.
    Huge,
    /// JSON with bytes in its message that are not UTF-8.
    NotUtf8,
}

impl Fault {
    /// The name under which a [`Snapshot`](crate::Snapshot) counts it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ServerError => "server_error",
            Self::Unavailable(_) => "unavailable",
            Self::RateLimited(_) => "rate_limited",
            Self::EdgeBadGateway => "edge_bad_gateway",
            Self::EdgeTooManyRequests => "edge_too_many_requests",
            Self::OddBody(_, OddBody::Truncated) => "truncated_body",
            Self::OddBody(_, OddBody::Huge) => "huge_body",
            Self::OddBody(_, OddBody::NotUtf8) => "not_utf8_body",
            Self::ResetBeforeHead => "reset_before_head",
            Self::ResetInHead => "reset_in_head",
            Self::ResetInBody => "reset_in_body",
            Self::SlowHead(_) => "slow_head",
            Self::SlowBody(_) => "slow_body",
            Self::EndlessBody => "endless_body",
        }
    }

    /// Whether the answer comes from in front of the provider, and has none of its headers.
    pub(crate) fn is_edge(&self) -> bool {
        matches!(self, Self::EdgeBadGateway | Self::EdgeTooManyRequests)
    }

    /// Whether the client gets the whole of an answer.
    pub(crate) fn is_complete(&self) -> bool {
        !matches!(
            self,
            Self::ResetBeforeHead | Self::ResetInHead | Self::ResetInBody | Self::EndlessBody
        )
    }
}
