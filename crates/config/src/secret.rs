//! What must not be shown: a credential that somebody wrote into a file.
//!
//! An error quotes the line that it is about, and ends in a log, a ticket, a chat. So the text that errors quote is a copy
//! in which whatever may be a secret is replaced by asterisks, byte for byte, so that all places stay where they are. It is
//! found by its looks and not by the document's structure: a file that cannot be parsed is quoted too.

use std::borrow::Cow;
use std::ops::Range;

/// What the credentials of well-known services begin with, as their secret scanners know them.
const PREFIXES: [&str; 21] = [
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "pk-",
    "gsk_",
    "xai-",
    "hf_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xox",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
];

/// A word shorter than this is a name.
const SHORTEST: usize = 12;

/// A word this long that mixes letters and digits is a credential sooner than a name: 24 letters of base 62 are 142 bits.
const LONG: usize = 24;

/// What a key that holds a secret ends with.
const KEYS: [&str; 7] = [
    "api_key",
    "apikey",
    "access_key",
    "secret",
    "password",
    "token",
    "authorization",
];

/// Whether a word looks like a credential.
pub(crate) fn is_likely(word: &str) -> bool {
    let begins = PREFIXES.iter().any(|prefix| word.starts_with(prefix));
    let mixes = word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_one_word = word.bytes().all(is_of_word);
    (begins && word.len() >= SHORTEST) || (is_one_word && mixes && word.len() >= LONG)
}

/// Whether a key says that its value is a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    KEYS.iter().any(|end| key.ends_with(end))
}

/// `text` with asterisks in place of whatever may be a secret.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    let mut bytes = Cow::Borrowed(text.as_bytes());
    for range in words(text) {
        if is_likely(&text[range.clone()]) {
            hide(&mut bytes, range);
        }
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(value) = secret_value(line) {
            hide(&mut bytes, start + value.start..start + value.end);
        }
        if let Some(user) = userinfo(line) {
            hide(&mut bytes, start + user.start..start + user.end);
        }
        start += line.len();
    }
    match bytes {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Every byte but line ends, so that lines stay lines.
fn hide(bytes: &mut Cow<'_, [u8]>, range: Range<usize>) {
    for byte in &mut bytes.to_mut()[range] {
        if !matches!(*byte, b'\n' | b'\r') {
            *byte = b'*';
        }
    }
}

const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut rest = 0..text.len();
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        let start = rest.find(|at| is_of_word(bytes[*at]))?;
        let length = bytes[start..]
            .iter()
            .take_while(|byte| is_of_word(**byte))
            .count();
        rest.start = start + length;
        Some(start..start + length)
    })
}

/// Where the value is of a line such as `password = "…"`: from its sign to the end of the line.
fn secret_value(line: &str) -> Option<Range<usize>> {
    for (at, _) in line.match_indices(['=', ':']) {
        let key = line[..at].trim_end().trim_end_matches(['"', '\'']);
        let start = key
            .rfind(|letter: char| !(letter.is_ascii_alphanumeric() || "_-".contains(letter)))
            .map_or(0, |before| before + 1);
        if is_secret_key(key.get(start..).unwrap_or_default()) {
            return Some(at + 1..line.len());
        }
    }
    None
}

/// `user:password` of a URL.
fn userinfo(line: &str) -> Option<Range<usize>> {
    let start = line.find("://")? + 3;
    let authority = line[start..]
        .split(['/', '"', '\'', '?', '#', ' '])
        .next()?;
    let end = start + authority.rfind('@')?;
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_their_looks() {
        for secret in [
            "sk-proj-abcdefghijklmnop",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "AKIAIOSFODNN7EXAMPLE",
            "xoxb-123456789012-abc",
            "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        ] {
            assert!(is_likely(secret), "{secret}");
        }
        for name in [
            "OPENAI_API_KEY",
            "OPENAI_API_KEY_FOR_REGION_1",
            "sk-",
            "tokens_per_minute",
            "a-quite-long-name-of-an-upstream",
            "azure-openai",
        ] {
            assert!(!is_likely(name), "{name}");
        }
    }

    #[test]
    fn a_secret_is_covered_and_all_places_stay() {
        let text = "a = \"sk-abcdefghijklmnop\" # é\nclient-secret = \"hunter2\"\nb = 1\n";
        let shown = masked(text);
        assert_eq!(
            shown,
            "a = \"*******************\" # é\nclient-secret =**********\nb = 1\n"
        );
        assert_eq!(shown.len(), text.len());
    }

    #[test]
    fn a_password_in_a_url_is_covered() {
        assert_eq!(
            masked("u = \"https://me:pw@host/a@b\"\n"),
            "u = \"https://*****@host/a@b\"\n"
        );
    }

    #[test]
    fn a_secret_in_json_is_covered_to_the_end_of_its_line() {
        assert_eq!(
            masked("{\"api_key\": \"é!\",\n\"b\": 1}"),
            "{\"api_key\":*******\n\"b\": 1}"
        );
    }

    #[test]
    fn what_is_no_secret_is_not_copied() {
        let text = "[upstream.openai]\nretry = { max_attempts = 3 }\n";
        assert!(matches!(masked(text), Cow::Borrowed(_)));
    }
}
