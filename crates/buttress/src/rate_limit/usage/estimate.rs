use std::any::Any;

use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Map, Value};

use super::count::Count;

/// English text has some four bytes to a token, and other text fewer tokens' worth of meaning but not of bytes.
const BYTES_PER_TOKEN: u64 = 4;

/// Where a request to a language model has its text.
const TEXTS: [&str; 6] = [
    "messages",
    "input",
    "prompt",
    "system",
    "instructions",
    "tools",
];

/// What a request to a language model will cost, in tokens; `None` if its body says nothing.
pub fn estimate(body: &[u8]) -> Option<u32> {
    cost(body, |prompt| prompt.estimate())
}

/// The text of a request.
#[derive(Default)]
pub(super) struct Prompt<'a> {
    /// All of it, piece by piece.
    pub(super) texts: Vec<&'a str>,
    /// How many messages it is in, where it is in messages.
    pub(super) messages: u64,
}

impl<'a> Prompt<'a> {
    fn of(request: &'a Map<String, Value>) -> Self {
        let mut prompt = Self::default();
        for value in TEXTS.iter().filter_map(|name| request.get(*name)) {
            prompt.add(value);
        }
        let messages = request.get("messages").and_then(Value::as_array);
        prompt.messages = messages.map_or(0, |messages| messages.len() as u64);
        prompt
    }

    /// What is embedded (an image, a file) is not text: it has other prices, and says so by its scheme or its member.
    fn add(&mut self, value: &'a Value) {
        match value {
            Value::String(text) if text.starts_with("data:") => {}
            Value::String(text) => self.texts.push(text),
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(members) => members
                .iter()
                .filter(|(name, _)| *name != "data" && *name != "file_data")
                .for_each(|(_, value)| self.add(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.texts.iter().map(|text| text.len() as u64).sum()
    }

    pub(super) fn estimate(&self) -> u64 {
        self.bytes().div_ceil(BYTES_PER_TOKEN)
    }
}

/// The tokens of the prompt, as `count` counts them, and those that may be answered.
pub(super) fn cost(body: &[u8], count: impl FnOnce(&Prompt<'_>) -> u64) -> Option<u32> {
    let request: Value = serde_json::from_slice(body).ok()?;
    let request = request.as_object()?;
    let limits = ["max_completion_tokens", "max_output_tokens", "max_tokens"];
    let most = limits.iter().find_map(|name| request.get(*name)?.as_u64());
    let answers = request.get("n").and_then(Value::as_u64).unwrap_or(1).max(1);
    let tokens = most.unwrap_or(0).saturating_mul(answers);
    let tokens = tokens.saturating_add(count(&Prompt::of(request)));
    (tokens > 0).then(|| u32::try_from(tokens).unwrap_or(u32::MAX))
}

/// The bytes of a body that is in memory.
pub(super) fn in_memory<B: 'static>(body: &B) -> Option<&[u8]> {
    let body = body as &dyn Any;
    let bytes = body.downcast_ref::<Bytes>().map(|bytes| &bytes[..]);
    bytes
        .or_else(|| body.downcast_ref::<String>().map(String::as_bytes))
        .or_else(|| body.downcast_ref::<Vec<u8>>().map(Vec::as_slice))
        .or_else(|| {
            body.downcast_ref::<&'static str>()
                .map(|text| text.as_bytes())
        })
        .or_else(|| in_reqwest(body))
}

#[cfg(feature = "reqwest")]
fn in_reqwest(body: &dyn Any) -> Option<&[u8]> {
    body.downcast_ref::<reqwest::Body>()?.as_bytes()
}

#[cfg(not(feature = "reqwest"))]
fn in_reqwest(_body: &dyn Any) -> Option<&[u8]> {
    None
}

/// What a body costs, if it is in memory.
pub(super) fn of_body<B: 'static>(body: &B, count: &Count) -> Option<u32> {
    with_bytes(body, |bytes| count.cost(bytes))?
}

/// Reads the bytes of a body, if it is in memory.
pub(crate) fn with_bytes<B: 'static, T>(body: &B, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
    if let Some(bytes) = in_memory(body) {
        return Some(read(bytes));
    }
    // `Full` shows its bytes only by giving them up; a clone of it is a clone of `Bytes`.
    let mut full = (body as &dyn Any).downcast_ref::<Full<Bytes>>()?.clone();
    let waker = std::task::Waker::noop();
    let frame = http_body::Body::poll_frame(
        std::pin::Pin::new(&mut full),
        &mut std::task::Context::from_waker(waker),
    );
    match frame {
        std::task::Poll::Ready(Some(Ok(frame))) => Some(read(frame.data_ref()?)),
        _ => None,
    }
}
