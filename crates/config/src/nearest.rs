//! The known word that somebody meant.

/// Longer words are nobody's slip: comparing takes time in proportion to both lengths.
const LONGEST: usize = 64;

/// How alike two words have to be. At 0.75 `max_attempt`, `maxAttempts` and `maxx_attempts` find `max_attempts`, and
/// `max_retries` does not.
const ALIKE: f64 = 0.75;

/// The one of `known` that is most like `word`, if one is.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = plain(word);
    let alike = |known: &'k str| {
        (
            strsim::normalized_damerau_levenshtein(&word, &plain(known)),
            known,
        )
    };
    known
        .into_iter()
        .map(alike)
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}

/// `maxAttempts`, `max-attempts` and `MAX_ATTEMPTS` are one word.
fn plain(word: &str) -> String {
    word.chars()
        .filter(|letter| !matches!(letter, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 4] = ["max_attempts", "max_wait", "backoff", "base"];

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        for slip in [
            "max_attempt",
            "maxAttempts",
            "max-attempts",
            "maxx_attempts",
            "mxa_attempts",
        ] {
            assert_eq!(nearest(slip, KEYS), Some("max_attempts"), "{slip}");
        }
        assert_eq!(nearest("backof", KEYS), Some("backoff"));
    }

    #[test]
    fn another_word_finds_none() {
        for other in ["timeout", "x", "", "retries"] {
            assert_eq!(nearest(other, KEYS), None, "{other}");
        }
        assert_eq!(nearest(&"max_attempts".repeat(9), KEYS), None);
    }
}
