use super::scaled;

const MILLION: u64 = 1_000_000;

/// `20%`, in millionths.
pub(crate) fn percent(text: &str) -> Option<u32> {
    let number = text.strip_suffix('%')?.trim_end();
    u32::try_from(scaled(number, MILLION / 100)?).ok()
}

/// `0.2`, in millionths.
pub(crate) fn fraction(number: &str) -> Option<u32> {
    u32::try_from(scaled(number, MILLION)?).ok()
}

/// As a percentage.
pub(crate) fn show_percent(millionths: u32) -> String {
    let (whole, part) = (millionths / 10_000, millionths % 10_000);
    if part == 0 {
        return format!("{whole}%");
    }
    let part = format!("{part:04}");
    format!("{whole}.{}%", part.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_are_exact() {
        assert_eq!(percent("20%"), Some(200_000));
        assert_eq!(percent("20.0001 %"), Some(200_001));
        assert_eq!(percent("0.1%"), Some(1_000));
        assert_eq!(fraction("0.5"), Some(500_000));
        assert_eq!(fraction("1"), Some(1_000_000));
        for odd in ["", "%", "20", "-1%", "1e1%", "20%%", "0.00001%"] {
            assert_eq!(percent(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(millionths: u32) {
            prop_assert_eq!(percent(&show_percent(millionths)), Some(millionths));
        }
    }
}
