//! How many tokens a response says it used, read in passing.
//!
//! An answer of a language model reports its usage near its end: as an object in its JSON, or in one of the last events of
//! a stream. Neither is to be held back for it. So the bytes are looked at as they go by, whatever pieces they come in, for
//! the few members that providers use, and nothing is kept but their numbers.

/// Looks for usage in the bytes of a JSON document or an event stream.
///
/// What a model says cannot be mistaken for usage: quotes inside a string are escaped, and a member is a string that is
/// followed by a colon and a number.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    state: State,
    member: Member,
    number: u64,
    total: Option<u64>,
    input: Option<u64>,
    output: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    String,
    Escape,
    AfterString,
    AfterColon,
    Number,
}

/// Longer than any member that is looked for.
const LONGEST: usize = 24;

#[derive(Clone, Copy, Debug, Default)]
struct Member {
    bytes: [u8; LONGEST],
    /// Up to one more than there is room for.
    len: usize,
}

impl Member {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
        }
        self.len = (self.len + 1).min(LONGEST + 1);
    }

    fn name(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Usage {
    /// Looks at the next bytes.
    pub fn look(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.step(*byte));
    }

    fn step(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            // No JSON string holds a line's end: a line of an event stream begins anew, whatever was on the last.
            (_, b'\n') => self.end_of(State::Outside),
            (State::String, b'"') => State::AfterString,
            (State::String, b'\\') => State::Escape,
            (State::String | State::Escape, byte) => {
                self.member.push(byte);
                State::String
            }
            (State::AfterString, b':') => State::AfterColon,
            (State::AfterString | State::AfterColon, b' ' | b'\t' | b'\r') => self.state,
            (State::AfterColon, b'0'..=b'9') => {
                self.number = u64::from(byte - b'0');
                State::Number
            }
            (State::Number, b'0'..=b'9') => {
                let digit = u64::from(byte - b'0');
                self.number = self.number.saturating_mul(10).saturating_add(digit);
                State::Number
            }
            (_, b'"') => {
                self.end_of(State::String);
                self.member.len = 0;
                State::String
            }
            _ => self.end_of(State::Outside),
        };
    }

    fn end_of(&mut self, next: State) -> State {
        if self.state == State::Number {
            self.saw();
        }
        next
    }

    /// The last word counts: a stream reports usage as it grows.
    fn saw(&mut self) {
        let place = match self.member.name() {
            b"total_tokens" | b"totalTokenCount" | b"totalTokens" => &mut self.total,
            b"prompt_tokens" | b"input_tokens" | b"promptTokenCount" | b"inputTokens" => {
                &mut self.input
            }
            b"completion_tokens" | b"output_tokens" | b"candidatesTokenCount" | b"outputTokens" => {
                &mut self.output
            }
            _ => return,
        };
        *place = Some(self.number);
    }

    /// Whether the response has named a total. Input and output are told apart before the output is all there.
    pub const fn is_total(&self) -> bool {
        self.total.is_some()
    }

    /// The tokens used, as far as has been seen: the total, or input and output together; `None` if nothing was said.
    pub fn total(&self) -> Option<u64> {
        self.total.or_else(|| {
            let output = self.output?;
            Some(self.input.unwrap_or(0).saturating_add(output))
        })
    }
}

#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHAT: &str = r#"{"choices":[{"message":{"content":"say \"total_tokens\": 9"}}],
        "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
        "completion_tokens_details": {"reasoning_tokens": 4}}}"#;

    const STREAM: &str = "event: message_start\n\
        data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n\
        event: content_block_delta\ndata: {\"delta\":{\"text\":\"\\\"output_tokens\\\": 1000\"}}\n\n\
        event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\n";

    fn total(text: &str) -> Option<u64> {
        let mut usage = Usage::default();
        usage.look(text.as_bytes());
        usage.total()
    }

    #[test]
    fn the_total_of_a_document_is_found_and_what_the_model_says_is_not() {
        assert_eq!(total(CHAT), Some(29));
    }

    #[test]
    fn the_last_word_of_a_stream_counts() {
        assert_eq!(total(STREAM), Some(40));
    }

    #[test]
    fn other_numbers_and_unended_ones_say_nothing() {
        assert_eq!(total(r#"{"max_tokens": 7, "usage": null}"#), None);
        assert_eq!(total(r#"{"total_tokens": "9"}"#), None);
        assert_eq!(total(r#"{"total_tokens": -9}"#), None);
        assert_eq!(total(r#"{"total_tokens": 12"#), None);
        assert_eq!(
            total(r#"{"total_tokens": 99999999999999999999999}"#),
            Some(u64::MAX)
        );
    }

    proptest! {
        #[test]
        fn it_is_the_same_in_whatever_pieces(cuts in prop::collection::vec(0..STREAM.len(), 0..20)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut usage = Usage::default();
            cuts.windows(2).for_each(|cut| usage.look(&STREAM.as_bytes()[cut[0]..cut[1]]));
            prop_assert_eq!(usage.total(), Some(40));
        }

        #[test]
        fn any_bytes_are_looked_at(bytes: Vec<u8>) {
            Usage::default().look(&bytes);
        }
    }
}
