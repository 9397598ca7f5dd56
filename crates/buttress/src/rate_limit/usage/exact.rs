use std::fmt;
use std::panic::{self, AssertUnwindSafe};

use tiktoken_rs::CoreBPE;
use tiktoken_rs::tokenizer::get_tokenizer;

use super::estimate::{Prompt, cost};

/// As much text as is counted by default. It takes some milliseconds, which every other call on the thread waits for.
const LONGEST: u64 = 32 * 1024;

/// What each message adds to its text, and what an answer begins with: "How to count tokens with tiktoken", in OpenAI's
/// cookbook.
const PER_MESSAGE: u64 = 3;

/// Counts the tokens of prompts with the vocabulary of an OpenAI model.
///
/// Exact for messages of text, to what OpenAI publishes of its format. Tools are counted by their text, as how they are
/// put into the prompt is not published; what is no text is not counted. Above 32 KiB of text the estimate is taken: the
/// time for an exact count grows with the text, and is that of the thread which makes the call.
#[derive(Clone, Copy)]
pub struct ExactTokens {
    vocabulary: &'static CoreBPE,
    longest: u64,
}

impl ExactTokens {
    /// With the vocabulary of `model`, if it is known.
    ///
    /// The first one for a vocabulary loads it, which takes a good part of a second and some tens of megabytes, once for the
    /// whole program: make it when that begins.
    pub fn of_model(model: &str) -> Option<Self> {
        let vocabulary = tiktoken_rs::bpe_for_tokenizer(get_tokenizer(model)?).ok()?;
        Some(Self {
            vocabulary,
            longest: LONGEST,
        })
    }

    /// With another bound on the bytes of text that are counted.
    #[must_use]
    pub const fn with_longest(self, bytes: u64) -> Self {
        Self {
            longest: bytes,
            ..self
        }
    }

    /// What a request will cost, as [`estimate`](super::estimate) says it, with the prompt counted.
    pub fn cost(&self, body: &[u8]) -> Option<u32> {
        cost(body, |prompt| self.prompt(prompt))
    }

    fn prompt(&self, prompt: &Prompt<'_>) -> u64 {
        if prompt.bytes() > self.longest {
            return prompt.estimate();
        }
        // The tokenizer panics where its pattern gives a text up.
        let counted = panic::catch_unwind(AssertUnwindSafe(|| self.count(prompt)));
        counted.unwrap_or_else(|_| prompt.estimate())
    }

    /// What looks like a control token is text here, as it is to the server.
    fn count(&self, prompt: &Prompt<'_>) -> u64 {
        let texts = prompt.texts.iter();
        let text: u64 = texts
            .map(|text| self.vocabulary.count_ordinary(text) as u64)
            .sum();
        match prompt.messages {
            0 => text,
            messages => text + (messages + 1) * PER_MESSAGE,
        }
    }
}

impl fmt::Debug for ExactTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExactTokens")
            .field("longest", &self.longest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::estimate;
    use super::*;

    fn tokens() -> ExactTokens {
        ExactTokens::of_model("gpt-4o").unwrap()
    }

    fn prompt(text: &str) -> Vec<u8> {
        serde_json::json!({ "prompt": text })
            .to_string()
            .into_bytes()
    }

    fn counted(text: &str) -> Option<u32> {
        tokens().cost(&prompt(text))
    }

    #[test]
    fn text_is_counted_by_the_models_own_vocabulary() {
        assert_eq!(counted("tiktoken is great!"), Some(6));
        assert_eq!(counted("antidisestablishmentarianism"), Some(6));
        assert_eq!(counted("お誕生日おめでとう"), Some(8));
        assert_eq!(counted("<|endoftext|>"), Some(7));
        let older = ExactTokens::of_model("gpt-4").unwrap();
        assert_eq!(older.cost(&prompt("お誕生日おめでとう")), Some(9));
        assert!(ExactTokens::of_model("claude").is_none());
    }

    #[test]
    fn messages_cost_what_the_cookbook_says_and_answers_are_added() {
        // "Hello" and "user" are a token each; three for the message, three for the answer's beginning.
        let body =
            br#"{"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 100, "n": 2}"#;
        assert_eq!(tokens().cost(body), Some(208));
        assert_eq!(tokens().cost(b"[]"), None);
    }

    #[test]
    fn a_text_over_the_bound_is_estimated() {
        let text = "word ".repeat(20);
        let short = tokens().with_longest(100);
        assert_eq!(short.cost(&prompt(&text)), Some(21));
        let body = prompt(&format!("{text}."));
        assert_eq!(short.cost(&body), estimate(&body));
        assert_ne!(tokens().cost(&body), estimate(&body));
    }

    #[test]
    fn no_text_up_to_the_bound_stops_the_count() {
        for unit in [
            "a", "A", " ", "\n", " \n", "1", "'", "é", "漢", "\u{301}", "aA", "\u{0}", "<|",
        ] {
            let times = usize::try_from(LONGEST).unwrap() / unit.len();
            assert!(counted(&unit.repeat(times)).is_some(), "{unit:?}");
        }
    }
}
