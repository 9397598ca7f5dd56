//! Seconds and shares, as the files write them.

use std::time::Duration;

use buttress_core::time::UnixTime;

use crate::report::{Mismatch, Verdict, expect};

/// Less than this is the rounding of the file's decimal numbers.
pub(crate) const ROUNDING: f64 = 1e-6;

pub(crate) const LONGEST: Duration = Duration::from_nanos(u64::MAX);

/// `secs` seconds; the longest wait there is, if they are more.
pub(crate) fn duration(secs: f64) -> Result<Duration, Mismatch> {
    if secs >= LONGEST.as_secs_f64() {
        return Ok(LONGEST);
    }
    Duration::try_from_secs_f64(secs)
        .map_err(|error| Mismatch::unknown(format!("{secs} s: {error}")))
}

/// `secs` seconds after the beginning of 1970.
pub(crate) fn unix(secs: f64) -> Result<UnixTime, Mismatch> {
    let since = duration(secs)?.as_nanos();
    i128::try_from(since)
        .map(UnixTime::from_nanos)
        .map_err(Mismatch::unknown)
}

/// Whether a wait is `secs` seconds, give or take `tolerance`.
pub(crate) fn expect_wait(secs: f64, found: Duration, tolerance: f64) -> Verdict {
    let expected = duration(secs)?;
    let is_near = expected.abs_diff(found).as_secs_f64() <= tolerance;
    expect(is_near, expected, found)
}

/// `share` as whole millionths, or `None` if it is negative or too large to be written so.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is looked at first"
)]
pub(crate) fn millionths(share: f64) -> Option<u32> {
    let millionths = (share * 1e6).round();
    (0.0..=f64::from(u32::MAX))
        .contains(&millionths)
        .then_some(millionths as u32)
}
