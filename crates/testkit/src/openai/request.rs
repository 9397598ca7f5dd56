//! What a completion asks for.

use serde::Deserialize;
use serde_json::Value;

/// Of the first models, whose default it was; later models have none, and OpenAI does not say what it charges then.
const DEFAULT_MAX_TOKENS: u64 = 16;

/// A request that can be answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chat {
    pub(super) model: String,
    pub(super) prompt_tokens: u64,
    pub(super) max_tokens: u64,
}

/// Why it cannot be: a message, and the member it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) message: &'static str,
    pub(super) param: Option<&'static str>,
}

#[derive(Deserialize)]
struct Wire {
    model: Option<String>,
    messages: Option<Vec<Value>>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    stream: Option<bool>,
}

impl Chat {
    pub(super) fn read(body: &[u8]) -> Result<Self, Bad> {
        let wire: Wire = serde_json::from_slice(body).map_err(|_| {
            let message = "We could not parse the JSON body of your request.";
            Bad {
                message,
                param: None,
            }
        })?;
        if wire.stream == Some(true) {
            return Err(bad("Streaming is not supported here.", "stream"));
        }
        let missing = |param| bad("Missing required parameter.", param);
        let messages = wire.messages.ok_or_else(|| missing("messages"))?;
        Ok(Self {
            model: wire.model.ok_or_else(|| missing("model"))?,
            prompt_tokens: characters(&messages).div_ceil(4),
            max_tokens: wire
                .max_completion_tokens
                .or(wire.max_tokens)
                .unwrap_or(DEFAULT_MAX_TOKENS),
        })
    }

    /// What is charged before the request is done.
    pub(super) fn cost(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.max_tokens)
    }
}

fn bad(message: &'static str, param: &'static str) -> Bad {
    let param = Some(param);
    Bad { message, param }
}

fn characters(messages: &[Value]) -> u64 {
    messages.iter().map(|it| content(&it["content"])).sum()
}

// Content is a text, or parts of which some have a text.
fn content(content: &Value) -> u64 {
    match content {
        Value::String(text) => text.chars().count() as u64,
        Value::Array(parts) => parts.iter().map(|it| content_text(&it["text"])).sum(),
        _ => 0,
    }
}

fn content_text(text: &Value) -> u64 {
    text.as_str().map_or(0, |it| it.chars().count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(body: &str) -> u64 {
        Chat::read(body.as_bytes()).unwrap().cost()
    }

    fn param(body: &str) -> Option<&'static str> {
        Chat::read(body.as_bytes()).unwrap_err().param
    }

    #[test]
    fn a_quarter_of_the_characters_is_charged_and_the_most_that_may_come() {
        let body =
            r#"{"model":"m","messages":[{"role":"user","content":"äöüßé"}],"max_tokens":10}"#;
        assert_eq!(cost(body), 2 + 10);
    }

    #[test]
    fn texts_in_parts_are_charged_too() {
        let body = r#"{"model":"m","messages":[{"content":[{"type":"text","text":"12345678"},{"type":"image_url"}]}]}"#;
        assert_eq!(cost(body), 2 + DEFAULT_MAX_TOKENS);
    }

    #[test]
    fn the_newer_name_of_the_maximum_goes_first() {
        let body = r#"{"model":"m","messages":[],"max_tokens":1,"max_completion_tokens":7}"#;
        assert_eq!(cost(body), 7);
    }

    #[test]
    fn the_largest_maximum_does_not_overflow() {
        let body = format!(
            r#"{{"model":"m","messages":[{{"content":"1234"}}],"max_tokens":{}}}"#,
            u64::MAX
        );
        assert_eq!(cost(&body), u64::MAX);
    }

    #[test]
    fn what_cannot_be_answered_is_named() {
        assert_eq!(
            param(r#"{"model":"m","messages":[],"stream":true}"#),
            Some("stream")
        );
        assert_eq!(param(r#"{"messages":[]}"#), Some("model"));
        assert_eq!(param(r#"{"model":"m"}"#), Some("messages"));
        assert_eq!(param("{"), None);
    }
}
