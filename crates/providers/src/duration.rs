//! Durations as providers write them.

use std::time::Duration;

use buttress_core::hint::{Reading, decimal};

/// The units of Go's `time.Duration`, longer names first where one begins with another.
const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads `6m0s`, `8.64s`, `20ms`, `1h15m30.918s`; `None` for anything else, negative durations among it.
///
/// Saturates where Go would overflow.
pub(crate) fn go(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.saturating_add(decimal(number.as_bytes(), *nanos)?);
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// A header's Go duration, as a hint is read.
pub(crate) fn reading(text: Option<&str>) -> Reading {
    match text {
        None => Reading::Absent,
        Some(text) => go(text).map_or(Reading::Malformed, Reading::Wait),
    }
}

/// The duration that follows `phrase` in a sentence: `Please try again in 1m9.696s. Visit …`
///
/// The phrase is matched in ASCII, whatever its case. The full stop that ends the sentence is not the duration's.
pub(crate) fn after(sentence: &str, phrase: &str) -> Option<Duration> {
    let lower = sentence.to_ascii_lowercase();
    let start = lower.find(phrase)? + phrase.len();
    let word = lower[start..].split_ascii_whitespace().next()?;
    go(word.trim_end_matches(['.', ',', ';', ')']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(text: &str) -> Option<u128> {
        go(text).map(|duration| duration.as_millis())
    }

    #[test]
    fn go_durations_are_read_as_go_writes_them() {
        assert_eq!(millis("6m0s"), Some(360_000));
        assert_eq!(millis("16m17.764s"), Some(977_764));
        assert_eq!(millis("8.64s"), Some(8_640));
        assert_eq!(millis("425ms"), Some(425));
        assert_eq!(millis("1h15m30s"), Some(4_530_000));
        assert_eq!(go("750µs"), Some(Duration::from_micros(750)));
        assert_eq!(go("12ns"), Some(Duration::from_nanos(12)));
    }

    #[test]
    fn what_is_not_a_go_duration_is_nothing() {
        for text in [
            "", "-1s", "s10", "6 m 0 s", "10", "5x", "1.2.3s", ".s", "+1s", "1e3s", "6M",
        ] {
            assert_eq!(go(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_duration_in_a_sentence_ends_before_the_full_stop() {
        let sentence = "Rate limit reached. Please TRY AGAIN in 1m9.696s. Visit the page.";
        assert_eq!(
            after(sentence, "try again in "),
            Some(Duration::from_millis(69_696))
        );
        assert_eq!(after("try again in a while", "try again in "), None);
        assert_eq!(after("try again in ", "try again in "), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, sentence in ".{0,20}try again in .{0,20}") {
            let _ = (go(&text), after(&sentence, "try again in "));
        }

        #[test]
        fn hours_minutes_and_seconds_add_up(h in 0_u64..100, m in 0_u64..60, s in 0_u64..60) {
            let expected = Duration::from_secs(h * 3_600 + m * 60 + s);
            prop_assert_eq!(go(&format!("{h}h{m}m{s}s")), Some(expected));
        }
    }
}
