use std::any::Any;

use bytes::Bytes;
use http_body_util::Full;
use serde_json::Value;

/// English text has some four bytes to a token, and other text fewer tokens' worth of meaning but not of bytes.
const BYTES_PER_TOKEN: u64 = 4;

/// What a request to a language model will cost, in tokens; `None` if its body says nothing.
pub fn estimate(body: &[u8]) -> Option<u32> {
    let request: Value = serde_json::from_slice(body).ok()?;
    let request = request.as_object()?;
    let texts = [
        "messages",
        "input",
        "prompt",
        "system",
        "instructions",
        "tools",
    ];
    let bytes: u64 = texts
        .iter()
        .filter_map(|name| request.get(*name))
        .map(text_bytes)
        .sum();
    let limits = ["max_completion_tokens", "max_output_tokens", "max_tokens"];
    let most = limits.iter().find_map(|name| request.get(*name)?.as_u64());
    let answers = request.get("n").and_then(Value::as_u64).unwrap_or(1).max(1);
    let tokens = most.unwrap_or(0).saturating_mul(answers);
    let tokens = tokens.saturating_add(bytes.div_ceil(BYTES_PER_TOKEN));
    (tokens > 0).then(|| u32::try_from(tokens).unwrap_or(u32::MAX))
}

/// The bytes of text in a value. What is embedded (an image, a file) is not text: it has other prices, and says so by its
/// scheme or its member.
fn text_bytes(value: &Value) -> u64 {
    match value {
        Value::String(text) if text.starts_with("data:") => 0,
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(text_bytes).sum(),
        Value::Object(members) => {
            let text = members
                .iter()
                .filter(|(name, _)| *name != "data" && *name != "file_data");
            text.map(|(_, value)| text_bytes(value)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
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
}

/// As [`estimate`], of a body if it is in memory.
pub(super) fn of_body<B: 'static>(body: &B) -> Option<u32> {
    with_bytes(body, estimate)?
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
