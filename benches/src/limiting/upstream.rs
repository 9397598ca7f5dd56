use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use buttress::core::Timestamp;

/// A server with a strict token bucket: what comes too early is refused, and costs nothing.
pub(super) struct Upstream {
    state: Mutex<State>,
    interval: Duration,
    depth: Duration,
}

#[derive(Default)]
struct State {
    full_at: Timestamp,
    refused: u64,
}

impl Upstream {
    pub(super) fn new(rate: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / rate;
        Self {
            state: Mutex::default(),
            interval,
            depth: interval * burst,
        }
    }

    /// Whether a request that arrives at `now` is served.
    pub(super) fn arrives(&self, now: Timestamp) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = state.full_at.max(now) + self.interval;
        let fits = full_at.since(now) <= self.depth;
        if fits {
            state.full_at = full_at;
        } else {
            state.refused += 1;
        }
        fits
    }

    /// How many were refused.
    pub(super) fn refused(&self) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_serves_its_burst_and_then_its_rate_and_not_a_nanosecond_earlier() {
        let upstream = Upstream::new(200, 20);
        let now = Timestamp::from_nanos(1_000_000_000);
        let served = (0..30).filter(|_| upstream.arrives(now)).count();
        assert_eq!((served, upstream.refused()), (20, 10));
        let next = now + Duration::from_millis(5);
        assert!(!upstream.arrives(Timestamp::from_nanos(next.as_nanos() - 1)));
        assert!(upstream.arrives(next) && !upstream.arrives(next));
    }
}
