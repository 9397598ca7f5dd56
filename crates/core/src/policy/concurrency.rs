use std::num::NonZeroU32;
use std::time::Duration;

use super::cooldown::MAX_WAIT;
use crate::concurrency::Algorithm;

/// How many attempts may be in flight, and how long a caller waits for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concurrency {
    algorithm: Algorithm,
    max_wait: Duration,
    queue: usize,
}

/// 20 places at 100 ms each: the last of a thousand waits five seconds.
const QUEUE: usize = 1_000;

impl Default for Concurrency {
    /// [`Algorithm::default`], waits of 120 s at the longest, and 1 000 calls that wait.
    fn default() -> Self {
        Self::new(Algorithm::default())
    }
}

impl Concurrency {
    /// As many as `algorithm` finds.
    pub const fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            max_wait: MAX_WAIT,
            queue: QUEUE,
        }
    }

    /// Always as many.
    pub const fn fixed(limit: NonZeroU32) -> Self {
        Self::new(Algorithm::Fixed(limit))
    }

    /// With another longest wait for a place. Zero refuses all who find none.
    #[must_use]
    pub fn with_max_wait(self, max_wait: Duration) -> Self {
        Self { max_wait, ..self }
    }

    /// With another number of calls that may wait.
    #[must_use]
    pub fn with_queue(self, queue: usize) -> Self {
        Self { queue, ..self }
    }

    /// What finds the limit.
    pub const fn algorithm(&self) -> &Algorithm {
        &self.algorithm
    }

    /// How long a caller waits at most.
    pub const fn max_wait(&self) -> Duration {
        self.max_wait
    }

    /// How many calls may wait.
    pub const fn queue(&self) -> usize {
        self.queue
    }
}
