//! The header lines in which quotas are published, found in one pass.
//!
//! A look-up by name hashes the name, and a table has up to thirty names: most answers have none of them, and are told by
//! the beginnings of the names that they have.

use http::{HeaderMap, HeaderName, HeaderValue};

/// More than any server sends. What comes after is not read.
const MOST: usize = 32;

/// The lines of an answer that a table may speak of.
#[derive(Clone, Copy)]
pub(super) struct Lines<'h> {
    lines: [Option<(&'h HeaderName, &'h HeaderValue)>; MOST],
    count: usize,
    is_cached: bool,
}

impl<'h> Lines<'h> {
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        let mut found = Self {
            lines: [None; MOST],
            count: 0,
            is_cached: false,
        };
        for (name, value) in headers {
            let text = name.as_str();
            found.is_cached |= is_of_a_cache(text, value);
            if is_of_a_quota(text)
                && let Some(place) = found.lines.get_mut(found.count)
            {
                *place = Some((name, value));
                found.count += 1;
            }
        }
        found
    }

    /// Whether the answer was made for somebody else, some time ago.
    pub(super) const fn is_cached(&self) -> bool {
        self.is_cached
    }

    /// The first line of this name.
    pub(super) fn get(&self, name: &str) -> Option<&'h HeaderValue> {
        let mut lines = self.lines[..self.count].iter().flatten();
        lines.find_map(|(other, value)| (other.as_str() == name).then_some(*value))
    }
}

/// How the names in the tables begin.
pub(super) fn is_of_a_quota(name: &str) -> bool {
    name.starts_with("x-ratelimit")
        || name.starts_with("ratelimit")
        || name.starts_with("anthropic-ratelimit")
        || name.starts_with("x-rate-limit")
        || name.starts_with("x-trial-endpoint")
}

fn is_of_a_cache(name: &str, value: &HeaderValue) -> bool {
    match name {
        "age" | "x-from-cache" => true,
        "x-cache" | "cf-cache-status" => {
            let mut words = value.as_bytes().windows(3);
            words.any(|word| word.eq_ignore_ascii_case(b"hit"))
        }
        _ => false,
    }
}
