//! Every reader of bytes from outside, to be called with any bytes: by the fuzzer, and by a test over its corpus.
//!
//! Each holds what must always hold of what it reads: no panic, a wait that a clock can hold, nothing repeated that
//! needs a person.

use std::io::Cursor;

use buttress_core::classify::Events;
use buttress_core::hint::{Grammar, Hints, retry_after as read};
use buttress_core::{Class, Outcome, Repeat, UnixTime, http_date};
use http::{HeaderMap, HeaderValue};

use crate::duration::LONGEST;
use crate::explain::Explain;
use crate::{ALL, Zone, duration, generic, instant, json, status_details};

const NOW: UnixTime = UnixTime::from_secs(1_792_497_600);

/// A value of `Retry-After`, of `retry-after-ms` and of `Date`; and the durations and dates of other headers.
pub fn retry_after(value: &[u8]) {
    let _ = http_date::parse(value, NOW);
    let mut headers = HeaderMap::new();
    for name in ["retry-after", "retry-after-ms", "date"] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    }
    for grammar in [
        Grammar::Strict,
        Grammar::Lenient,
        Grammar::OpenAiSdk,
        Grammar::AnthropicSdk,
    ] {
        let mut hints = Hints::default();
        read(&headers, NOW, grammar, &mut hints);
        assert!(hints.best().is_none_or(|hint| hint.wait <= LONGEST));
    }
    if let Ok(text) = std::str::from_utf8(value) {
        let waits = [
            instant::any(text, NOW),
            instant::until(text, NOW),
            duration::beginning(text),
            duration::time_span(text),
            duration::after(text, "try again in "),
            status_details::retry_delay(text),
        ];
        assert!(waits.into_iter().flatten().all(|wait| wait <= LONGEST));
    }
}

/// An answer as `curl -i` prints it, under every profile; and its bytes as JSON and as an event of a stream.
pub fn judge(answer: &[u8]) {
    json::parse(answer);
    for kind in ["text/event-stream", "application/vnd.amazon.eventstream"] {
        events(kind, answer);
    }
    for profile in ALL {
        let explain = Explain::new(profile, NOW);
        let _ = explain.json(Cursor::new(answer), Vec::new());
        let _ = explain.words(Cursor::new(answer), Vec::new());
        if let Some(outcome) = profile.judge_event(answer, NOW) {
            holds(&outcome);
        }
    }
}

/// What is shown of a stream is the same, however it is cut.
fn events(kind: &str, stream: &[u8]) {
    let shown = |size: usize| {
        let mut events = Events::of(kind.as_bytes());
        let mut shown = Vec::new();
        for piece in stream.chunks(size) {
            events
                .iter_mut()
                .for_each(|events| events.look(piece, |data| shown.push(data.to_vec())));
        }
        events
            .iter_mut()
            .for_each(|events| events.end(|data| shown.push(data.to_vec())));
        shown
    };
    assert!(shown(7) == shown(stream.len().max(1)));
}

/// What a program printed.
pub fn text(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    for profile in ALL {
        if let Some(outcome) = profile.judge_text(&text, NOW, &Zone::UTC) {
            holds(&outcome);
        }
    }
}

/// A log of answers, one a line: every line that is not empty is answered or complained of.
pub fn explain(log: &[u8]) {
    let explain = Explain::new(generic::PROFILE, NOW);
    let (mut out, mut complaints) = (Vec::new(), Vec::new());
    let bad = explain.ndjson(Cursor::new(log), &mut out, &mut complaints);
    let count = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert!(bad.is_ok_and(|bad| bad == count(&complaints)));
}

fn holds(outcome: &Outcome) {
    let needs_a_person = matches!(
        outcome.class(),
        Class::Ok | Class::Auth | Class::QuotaExhausted
    );
    assert!(!needs_a_person || outcome.repeat() == Repeat::Never);
    assert!(outcome.hint().is_none_or(|hint| hint.wait <= LONGEST));
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn each(target: &str, probe: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fuzz/corpus")
            .join(target);
        let files: Vec<_> = fs::read_dir(folder).unwrap().collect();
        assert!(!files.is_empty(), "no corpus of {target}");
        for file in files {
            probe(&fs::read(file.unwrap().path()).unwrap());
        }
    }

    #[test]
    fn the_corpus_of_retry_after_is_read() {
        each("retry_after", retry_after);
    }

    #[test]
    fn the_corpus_of_answers_is_judged() {
        each("judge", judge);
    }

    #[test]
    fn the_corpus_of_text_is_judged() {
        each("text", text);
    }

    #[test]
    fn the_corpus_of_logs_is_explained() {
        each("explain", explain);
    }
}
