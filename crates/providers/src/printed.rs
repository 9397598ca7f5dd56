//! What programs print for people, a line at a time.

use std::borrow::Cow;
use std::str::Chars;
use std::time::Duration;

use buttress_core::hint::{Hint, HintSource};
use buttress_core::{Class, Outcome, Scope, UnixTime};
use serde_json::Value;

use crate::zone::Zone;
use crate::{duration, json, moment};

/// A notice is a short line; what is longer is prose, or output that was never meant for people.
const LONGEST_LINE: usize = 512;

/// What separates a notice from the time in it: a middle dot, a bullet operator, a bullet, dashes.
pub(crate) const SEPARATORS: [char; 7] = ['·', '∙', '•', '-', '–', '—', '|'];

/// The notice on a line: without colours and marks before it, with straight apostrophes; or the text of the `result`
/// event that the line is. `None` where no notice can be.
pub(crate) fn notice(line: &str) -> Option<String> {
    let line = if line.trim_start().starts_with('{') {
        result(line)?
    } else {
        Cow::Borrowed(line)
    };
    let plain = without_escapes(&line).replace('\u{2019}', "'");
    let notice = plain
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .trim_end();
    let is_notice = !notice.is_empty() && notice.len() <= LONGEST_LINE;
    is_notice.then(|| notice.to_owned())
}

/// `{"type":"result","result":"…"}`, as the tools print it for programs. Other events hold what a model said.
fn result(line: &str) -> Option<Cow<'_, str>> {
    let event = json::parse(line.as_bytes());
    let is_result = event.get("type").and_then(Value::as_str) == Some("result");
    let text = is_result.then(|| event.get("result")?.as_str().map(str::to_owned))??;
    Some(Cow::Owned(text.lines().next()?.to_owned()))
}

/// Without ANSI's control sequences: `ESC [ parameters letter`, and `ESC ] text BEL`, which names a window or a link.
fn without_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => match characters.next() {
                Some('[') => {
                    // The last character of a sequence is the first of these.
                    characters.by_ref().find(|c| ('@'..='~').contains(c));
                }
                Some(']') => without_title(&mut characters),
                _ => {}
            },
            other => plain.push(other),
        }
    }
    plain
}

/// To its end: BEL, or `ESC \`.
fn without_title(characters: &mut Chars<'_>) {
    let end = characters
        .by_ref()
        .find(|c| ['\u{7}', '\u{1b}'].contains(c));
    if end == Some('\u{1b}') {
        characters.next();
    }
}

/// A plan that is used up, until `wait` is over if that is known.
pub(crate) fn exhausted(rule: &'static str, scope: Scope, wait: Option<Duration>) -> Outcome {
    Outcome::new(Class::QuotaExhausted)
        .with_scope(scope)
        .with_rule(rule)
        .with_hint(hint(wait))
}

pub(crate) fn hint(wait: Option<Duration>) -> Option<Hint> {
    let source = HintSource::BodyText;
    wait.map(|wait| Hint { wait, source })
}

/// The wait that follows `phrase` in a notice: a duration after "in", or a time after "at".
pub(crate) fn again(notice: &str, now: UnixTime, local: &Zone) -> Option<Duration> {
    if let Some(wait) = duration::after(notice, "try again in ") {
        return Some(wait);
    }
    let lower = notice.to_ascii_lowercase();
    let at = lower.find("try again at ")? + "try again at ".len();
    moment::until(notice[at..].trim_end_matches('.'), now, local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_a_short_line_without_colours() {
        assert_eq!(
            notice("  \u{1b}[31m⎿ You\u{2019}ve hit it\u{1b}[0m \n").as_deref(),
            Some("You've hit it")
        );
        assert_eq!(notice(&"x".repeat(LONGEST_LINE + 1)), None);
        assert_eq!(notice("\u{1b}[").as_deref(), None);
        let titled = "\u{1b}]0;title\u{7}Now\u{1b}]8;;https://x\u{1b}\\here";
        assert_eq!(notice(titled).as_deref(), Some("Nowhere"));
    }

    #[test]
    fn of_the_events_for_programs_only_the_result_is_a_notice() {
        let of = |kind| notice(&format!(r#"{{"type":"{kind}","result":"limit reached"}}"#));
        assert_eq!(of("result").as_deref(), Some("limit reached"));
        assert_eq!(of("assistant"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_it_panic(line: String) {
            let _ = notice(&line);
        }
    }
}
