//! What a circuit is judged by: a share of calls, and which calls.

use std::time::Duration;

use crate::invalid::Invalid;
use crate::time::saturating_nanos;

/// A share of calls at which a circuit opens, from 1 % to 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(pub(super) u32);

impl Rate {
    pub(super) const WHOLE: u32 = 1_000_000;

    pub(super) const HALF: Self = Self(Self::WHOLE / 2);

    /// All calls.
    pub const ALL: Self = Self(Self::WHOLE);

    /// `percent` hundredths of the calls.
    ///
    /// # Errors
    ///
    /// If it is not between 1 and 100. At 0 a circuit would open for nothing, over 100 never.
    pub fn from_percent(percent: u32) -> Result<Self, Invalid> {
        Self::from_millionths(percent.saturating_mul(Self::WHOLE / 100))
    }

    /// `millionths` of the calls: 200 001 is the least that is more than 20 %.
    ///
    /// # Errors
    ///
    /// If it is not between 1 % and 100 %.
    pub fn from_millionths(millionths: u32) -> Result<Self, Invalid> {
        if !(Self::WHOLE / 100..=Self::WHOLE).contains(&millionths) {
            return Err(Invalid::new(
                "breaker rate in millionths",
                millionths,
                "1 % to 100 %",
            ));
        }
        Ok(Self(millionths))
    }

    /// Millionths of the calls.
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

/// Which results a closed circuit is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(pub(super) Span);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Calls(u32),
    Time { bucket: u64, count: u32 },
}

/// 80 KB for one circuit.
pub(super) const MOST_CALLS: u32 = 10_000;
/// Reading a window takes time in proportion to its buckets.
const MOST_BUCKETS: u32 = 1_000;
/// Ten, as Hystrix has them: a window then forgets a tenth of itself at a time.
const BUCKETS: u32 = 10;
const SHORTEST_BUCKET: Duration = Duration::from_millis(10);
const LONGEST_BUCKET: Duration = Duration::from_secs(3_600);

impl Window {
    /// The last `calls` calls.
    ///
    /// # Errors
    ///
    /// If there are none, or more than 10 000.
    pub fn calls(calls: u32) -> Result<Self, Invalid> {
        if !(1..=MOST_CALLS).contains(&calls) {
            return Err(Invalid::new("breaker window", calls, "1 to 10 000 calls"));
        }
        Ok(Self(Span::Calls(calls)))
    }

    /// The calls of the last `length`, in ten buckets: of the oldest tenth nothing remains when the newest begins.
    ///
    /// # Errors
    ///
    /// If it is shorter than 100 ms or longer than ten hours.
    pub fn time(length: Duration) -> Result<Self, Invalid> {
        Self::buckets(length / BUCKETS, BUCKETS)
    }

    /// The calls of the last `count` buckets of `bucket` each, the present one included. Buckets begin at whole
    /// multiples of their length.
    ///
    /// # Errors
    ///
    /// If there are none or more than 1 000, or if one is shorter than 10 ms or longer than an hour.
    pub fn buckets(bucket: Duration, count: u32) -> Result<Self, Invalid> {
        if !(SHORTEST_BUCKET..=LONGEST_BUCKET).contains(&bucket) {
            return Err(Invalid::new("breaker bucket", bucket, "10 ms to an hour"));
        }
        if !(1..=MOST_BUCKETS).contains(&count) {
            return Err(Invalid::new("breaker buckets", count, "1 to 1 000"));
        }
        Ok(Self(Span::Time {
            bucket: saturating_nanos(bucket),
            count,
        }))
    }

    /// How far it reaches back; `None` for a window of calls.
    pub fn length(self) -> Option<Duration> {
        match self.0 {
            Span::Calls(_) => None,
            Span::Time { bucket, count } => {
                Some(Duration::from_nanos(bucket).saturating_mul(count))
            }
        }
    }

    /// Into how many buckets that is divided; `None` for a window of calls.
    pub const fn bucket_count(self) -> Option<u32> {
        match self.0 {
            Span::Calls(_) => None,
            Span::Time { count, .. } => Some(count),
        }
    }

    /// How many calls it holds at most; `None` for a window of time, which holds as many as come.
    pub const fn capacity(self) -> Option<u32> {
        match self.0 {
            Span::Calls(calls) => Some(calls),
            Span::Time { .. } => None,
        }
    }
}
