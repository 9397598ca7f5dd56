use std::time::Duration;

use super::{scaled, split_number};

const NANOS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// What a time without end is called: a probe's time in half-open, say.
const FOREVER: &str = "forever";

/// `250ms`, `1.5s`, `1m30s`, `forever`. Parts get smaller.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    if text == FOREVER {
        return Some(Duration::MAX);
    }
    let mut rest = text;
    let mut nanos = 0_u64;
    let mut last = u64::MAX;
    while !rest.is_empty() {
        let (number, after) = split_number(rest);
        let end = after
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let (_, unit) = NANOS.iter().find(|(known, _)| *known == name)?;
        if *unit >= last {
            return None;
        }
        nanos = nanos.checked_add(of_unit(number, *unit)?)?;
        (rest, last) = (after, *unit);
    }
    (last != u64::MAX).then(|| Duration::from_nanos(nanos))
}

fn of_unit(number: &str, unit: u64) -> Option<u64> {
    // A minute is no power of ten: its fraction is taken of seconds.
    let tens = [1_000_000_000, 1_000_000, 1_000, 1];
    let scale = tens.into_iter().find(|ten| unit.is_multiple_of(*ten))?;
    if number.contains('.') {
        let (_, fraction) = number.split_once('.')?;
        let fine = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let units = scaled(number, fine)?;
        let nanos = u128::from(units) * u128::from(unit);
        let exact = nanos % u128::from(fine) == 0;
        return exact
            .then(|| u64::try_from(nanos / u128::from(fine)).ok())
            .flatten();
    }
    scaled(number, scale)?.checked_mul(unit / scale)
}

/// In the largest unit that divides it.
pub(crate) fn show_duration(duration: Duration) -> String {
    let units = ["d", "h", "m", "s", "ms", "us", "ns"];
    let nanos = duration.as_nanos();
    if duration == Duration::MAX {
        return FOREVER.to_owned();
    }
    if nanos == 0 {
        return "0s".to_owned();
    }
    let divides = |name: &&str| {
        let (_, unit) = NANOS.iter().find(|(known, _)| known == name)?;
        let unit = u128::from(*unit);
        nanos
            .is_multiple_of(unit)
            .then(|| format!("{}{name}", nanos / unit))
    };
    units.iter().find_map(divides).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_with_their_unit() {
        let cases = [
            ("250ms", 250_000_000),
            ("30s", 30_000_000_000),
            ("1.5s", 1_500_000_000),
            ("0.5m", 30_000_000_000),
            ("1m30s", 90_000_000_000),
            ("1h1m1s", 3_661_000_000_000),
            ("2min", 120_000_000_000),
            ("1d", 86_400_000_000_000),
            ("1_000us", 1_000_000),
            ("7µs", 7_000),
            ("0s", 0),
        ];
        for (text, nanos) in cases {
            assert_eq!(duration(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        let odd = [
            "",
            "30",
            "s",
            "30 s",
            "-1s",
            "1s1m",
            "1s1s",
            "1e3s",
            "30S",
            "1.s",
            "0.1ns",
            "1w",
            "999999999d",
            "1s ",
            "½s",
        ];
        for text in odd {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_the_largest_unit_that_divides_it() {
        let shown = |nanos| show_duration(Duration::from_nanos(nanos));
        assert_eq!(shown(90_000_000_000), "90s");
        assert_eq!(shown(120_000_000_000), "2m");
        assert_eq!(shown(1_500_000_000), "1500ms");
        assert_eq!(shown(86_400_000_000_000), "1d");
        assert_eq!(show_duration(Duration::MAX), "forever");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(nanos in prop_oneof![
            Just(0), Just(1), Just(u64::MAX), any::<u64>(), (0..1_000_u64).prop_map(|s| s * 1_000_000_000)
        ]) {
            let time = Duration::from_nanos(nanos);
            prop_assert_eq!(duration(&show_duration(time)), Some(time));
        }
    }
}
