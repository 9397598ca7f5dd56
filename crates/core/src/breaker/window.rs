//! The results that a closed circuit is judged by.

use std::time::Duration;

use super::bounds::Span;
use super::buckets::Buckets;
use super::calls::Calls;
use super::counts::{Counts, Kind};
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) enum Results {
    Calls(Calls),
    Time(Buckets),
}

impl Results {
    pub(super) fn new(span: Span, generation: u64) -> Self {
        match span {
            Span::Calls(size) => Self::Calls(Calls::new(size, generation)),
            Span::Time { bucket, count } => Self::Time(Buckets::new(count, bucket)),
        }
    }

    /// Forgets everything: from here on the results of `generation` count.
    pub(super) fn begin(&self, generation: u64) {
        match self {
            Self::Calls(calls) => calls.begin(generation),
            // The generation is in the number of each bucket.
            Self::Time(_) => {}
        }
    }

    /// Enters a result. Says how things stand then, unless the result is late, or all calls are good.
    pub(super) fn record(
        &self,
        generation: u64,
        kind: Kind,
        time: Option<Duration>,
        now: impl FnOnce() -> Timestamp,
    ) -> Option<Counts> {
        match self {
            Self::Calls(calls) => calls.record(generation, kind, time.unwrap_or_default()),
            Self::Time(buckets) => buckets.record(generation, kind, time, now()),
        }
    }

    pub(super) fn counts(&self, generation: u64, now: Timestamp) -> Counts {
        match self {
            Self::Calls(calls) => calls.counts(generation),
            Self::Time(buckets) => buckets.counts(generation, now),
        }
    }

    /// Whether nothing failed and nothing was slow.
    pub(super) fn is_good(&self, generation: u64, now: Timestamp) -> bool {
        match self {
            Self::Calls(calls) => calls.is_good(generation),
            Self::Time(buckets) => buckets.is_good(generation, now),
        }
    }
}
