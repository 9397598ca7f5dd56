//! How limits are written in headers and texts.

use std::fmt::Write as _;

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLI;

/// Whole milliseconds, not less than `nanos`.
pub(crate) fn millis_up(nanos: u64) -> u64 {
    nanos.div_ceil(MILLI)
}

/// Whole seconds, not less than `nanos`.
pub(crate) fn seconds_up(nanos: u64) -> u64 {
    nanos.div_ceil(SECOND)
}

/// A wait as Go prints a `time.Duration`, which is how OpenAI writes its resets: `12ms`, `8.64s`, `6m0s`, `1h0m0s`.
///
/// Rounded up to a millisecond, the unit of `retry-after-ms`.
pub(crate) fn go_duration(nanos: u64) -> String {
    let millis = millis_up(nanos);
    match millis {
        0 => "0s".to_owned(),
        1..1_000 => format!("{millis}ms"),
        _ => long_duration(millis),
    }
}

// Go leaves out leading units that are 0, but none in the middle, and trailing zeros of the fraction.
fn long_duration(millis: u64) -> String {
    let mut text = String::new();
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    if hours > 0 {
        let _ = write!(text, "{hours}h");
    }
    if hours > 0 || minutes > 0 {
        let _ = write!(text, "{minutes}m");
    }
    let (seconds, fraction) = (millis / 1_000 % 60, millis % 1_000);
    let fraction = format!(".{fraction:03}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    let _ = write!(text, "{seconds}{fraction}s");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (millis, text) in [
            (0, "0s"),
            (12, "12ms"),
            (999, "999ms"),
            (1_000, "1s"),
            (8_640, "8.64s"),
            (59_080, "59.08s"),
            (69_696, "1m9.696s"),
            (360_000, "6m0s"),
            (3_600_000, "1h0m0s"),
            (22_320_000, "6h12m0s"),
            (60_001, "1m0.001s"),
        ] {
            assert_eq!(go_duration(millis * MILLI), text);
        }
    }

    #[test]
    fn nothing_is_rounded_down() {
        assert_eq!(go_duration(1), "1ms");
        assert_eq!(go_duration(SECOND + 1), "1.001s");
        assert_eq!((millis_up(MILLI), millis_up(MILLI + 1)), (1, 2));
        assert_eq!((seconds_up(SECOND), seconds_up(SECOND + 1)), (1, 2));
    }
}
