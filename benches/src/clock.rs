//! The one place that reads the clock.

use std::time::{Duration, Instant};

/// Does `work` and says how long it took.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's own time; nothing else here reads it"
)]
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}
