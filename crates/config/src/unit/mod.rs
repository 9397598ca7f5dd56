//! How figures are written: with their unit, which is never guessed.
//!
//! Each of these reads what a person writes and writes what it reads. Arithmetic is on integers throughout: what is written
//! with more digits than can be kept is refused, not rounded.

mod duration;
mod rate;
mod share;

pub(crate) use self::duration::{duration, show_duration};
pub(crate) use self::rate::{Rate, rate, show_rate};
pub(crate) use self::share::{fraction, percent, show_percent};

/// A whole number, in which underscores may stand between digits.
pub(crate) fn whole(text: &str) -> Option<u64> {
    let is_grouped = text.split('_').all(|group| !group.is_empty());
    let is_number = is_grouped
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !is_number {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// A decimal number times `scale`, which is a power of ten; `None` if that is no whole number.
fn scaled(text: &str, scale: u64) -> Option<u64> {
    let (integer, fraction) = text.split_once('.').unwrap_or((text, ""));
    let has_point = text.contains('.');
    if has_point && (fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let places = u32::try_from(fraction.len()).ok()?;
    let part = match 10_u64.checked_pow(places) {
        Some(power) if scale.is_multiple_of(power) => scale / power,
        _ => return None,
    };
    let fraction = match fraction {
        "" => 0,
        digits => digits.parse::<u64>().ok()?.checked_mul(part)?,
    };
    whole(integer)?.checked_mul(scale)?.checked_add(fraction)
}

/// The digits at the beginning, with their point and underscores, and what follows.
fn split_number(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == '_'))
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_stand_between_digits_alone() {
        assert_eq!(whole("200_000"), Some(200_000));
        for odd in [
            "",
            "_1",
            "1_",
            "1__0",
            "+1",
            "-1",
            "1e3",
            "1.0",
            " 1",
            "18446744073709551616",
        ] {
            assert_eq!(whole(odd), None, "{odd}");
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(scaled("0.1", 1_000_000), Some(100_000));
        assert_eq!(scaled("0.200001", 1_000_000), Some(200_001));
        assert_eq!(scaled("1.50000000000", 10), Some(15));
        for odd in ["0.0000001", "1.", ".5", "1.2.3", "1.x"] {
            assert_eq!(scaled(odd, 1_000_000), None, "{odd}");
        }
    }
}
