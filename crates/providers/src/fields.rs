//! An answer's fields, as the tables of the providers ask for them.

use std::borrow::Cow;

use buttress_core::UnixTime;
use buttress_core::classify::Reply;
use buttress_core::hint::{self, Grammar, Hints, Reading};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use crate::duration;
use crate::instant::{self, Read};
use crate::json;
use crate::profile::Profile;

/// A reply and its body as JSON.
pub(crate) struct Fields<'a> {
    reply: &'a Reply<'a>,
    profile: &'a Profile,
    answer: Answer,
}

/// Whether the status is one of a success. What failed then stands in the body, or in a stream.
pub(crate) fn is_success(fields: &Fields<'_>) -> bool {
    fields.status().is_success()
}

/// What a provider's answer says of itself, once it is in the usual shape: the body, and the status that is meant.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    /// Out of the array that it may stand in.
    pub(crate) fn out_of_array(mut self) -> Self {
        if let Value::Array(items) = &mut self.body {
            self.body = items.first_mut().map(Value::take).unwrap_or_default();
        }
        self
    }

    /// With the status that its error says it has, where its code is a number of a failure.
    pub(crate) fn by_code(self) -> Self {
        let code = self.body.pointer("/error/code").and_then(word);
        let status = code
            .and_then(|code| code.parse().ok())
            .filter(|code| (400..600).contains(code))
            .and_then(|code| StatusCode::from_u16(code).ok());
        Self {
            status: status.unwrap_or(self.status),
            ..self
        }
    }
}

/// A text, or a number as one. A fraction, and what is too large for an integer, without an exponent.
pub(crate) fn word(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            Some(Cow::Owned(float.map_or_else(
                || number.to_string(),
                |float| float.to_string(),
            )))
        }
        _ => None,
    }
}

impl<'a> Fields<'a> {
    pub(crate) fn new(reply: &'a Reply<'a>, profile: &'a Profile) -> Self {
        let answer = Answer {
            status: reply.status,
            body: json::parse(reply.body),
        };
        Self {
            reply,
            profile,
            answer: (profile.shape)(answer),
        }
    }

    /// Of one event in the middle of a stream: its status is the number among its codes, if there is one.
    pub(crate) fn of_event(reply: &'a Reply<'a>, profile: &'a Profile) -> Self {
        let fields = Self::new(reply, profile);
        Self {
            answer: fields.answer.by_code(),
            ..fields
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// The value at a JSON pointer (RFC 6901), unless it is null.
    pub(crate) fn value(&self, pointer: &str) -> Option<&Value> {
        let value = self.answer.body.pointer(pointer)?;
        (!value.is_null()).then_some(value)
    }

    /// The text at a JSON pointer; empty if there is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.value(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The items of the array at a JSON pointer.
    pub(crate) fn items(&self, pointer: &str) -> &[Value] {
        self.value(pointer)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// What stands at a place: a JSON pointer, which begins with a slash, or the name of a header. Numbers are words
    /// too.
    pub(crate) fn word(&self, place: &str) -> Option<Cow<'_, str>> {
        if !place.starts_with('/') {
            return self.header(place).map(Cow::Borrowed);
        }
        word(self.value(place)?)
    }

    /// The provider's codes for what happened, as far as there are any.
    pub(crate) fn codes(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let words = self
            .profile
            .codes
            .iter()
            .filter_map(|place| self.word(place));
        words.map(|word| match word {
            Cow::Borrowed(word) => Cow::Borrowed((self.profile.code)(word)),
            number @ Cow::Owned(_) => number,
        })
    }

    fn messages(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let words = self
            .profile
            .messages
            .iter()
            .filter_map(|place| self.word(place));
        words.map(|word| (self.profile.message)(word))
    }

    /// Whether the message contains a phrase in lower case, whatever its own case.
    pub(crate) fn says(&self, phrase: &str) -> bool {
        self.messages()
            .any(|message| message.to_ascii_lowercase().contains(phrase))
    }

    /// Whether the message contains these words in lower case, and not as parts of longer ones.
    pub(crate) fn has_words(&self, words: &str) -> bool {
        let is_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        self.messages().any(|message| {
            let message = message.to_ascii_lowercase();
            message.match_indices(words).any(|(at, _)| {
                let (before, after) = (&message[..at], &message[at + words.len()..]);
                !is_of_word(before.chars().next_back()) && !is_of_word(after.chars().next())
            })
        })
    }

    /// Whether the message begins with a phrase in lower case, whatever its own case.
    pub(crate) fn begins(&self, phrase: &str) -> bool {
        self.messages().any(|message| {
            let start = message.trim_start().get(..phrase.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(phrase))
        })
    }

    /// The duration that the message names after one of these phrases.
    pub(crate) fn told(&self, phrases: &[&str]) -> Reading {
        let mut told = phrases.iter().filter_map(|phrase| {
            self.messages()
                .find_map(|message| duration::after(&message, phrase))
        });
        told.next().map_or(Reading::Absent, Reading::Wait)
    }

    /// A header's value, without the white space around it, if it is text. The longest lines of a header are not
    /// joined.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers().get(name)?.as_bytes();
        std::str::from_utf8(value.trim_ascii()).ok()
    }

    /// The body as it came.
    pub(crate) fn body(&self) -> &[u8] {
        self.reply.body
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.reply.headers
    }

    /// Whether the answer comes out of a cache, so that its limits are those of another time, and maybe another caller.
    pub(crate) fn is_cached(&self) -> bool {
        let names = [header::AGE.as_str(), "x-from-cache"];
        names.iter().any(|name| self.headers().contains_key(*name))
    }

    /// Whether the body calls itself a page: what edges answer in the provider's place.
    pub(crate) fn is_page(&self) -> bool {
        self.header(header::CONTENT_TYPE.as_str())
            .is_some_and(|kind| kind.starts_with("text/html"))
    }

    /// The time by the server's own clock.
    pub(crate) fn server_now(&self) -> UnixTime {
        hint::server_now(self.headers(), self.reply.now())
    }

    /// The wait at a JSON pointer, as a number of seconds.
    pub(crate) fn seconds(&self, pointer: &str) -> Reading {
        let read = |word: Cow<'_, str>| hint::decimal(word.as_bytes(), 1_000_000_000);
        self.word(pointer).map_or(Reading::Absent, |word| {
            read(word).map_or(Reading::Malformed, Reading::Wait)
        })
    }

    /// The wait until the instant at a JSON pointer, in whatever form it is written.
    pub(crate) fn until(&self, pointer: &str) -> Reading {
        self.word(pointer)
            .map_or(Reading::Absent, |word| self.reads(&word, instant::until))
    }

    pub(crate) fn reads(&self, text: &str, read: Read) -> Reading {
        read(text.trim(), self.server_now()).map_or(Reading::Malformed, Reading::Wait)
    }

    /// Offers `Retry-After` for an outcome that is not to be repeated, for which the rules do not look at it.
    pub(crate) fn offer_retry_after(&self, hints: &mut Hints) {
        hint::retry_after(self.headers(), self.reply.now(), Grammar::default(), hints);
    }
}
