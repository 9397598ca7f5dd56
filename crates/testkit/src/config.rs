//! What the server is told before it starts.

use std::time::Duration;

use crate::{Fault, GitHubLimits, OpenAiLimits};

const SECOND: u64 = 1_000_000_000;

/// How a [`Server`](crate::Server) behaves.
///
/// # Defaults
///
/// | value | default | reason |
/// |---|---|---|
/// | `openai` | [`OpenAiLimits::default`] | the numbers of OpenAI's own examples |
/// | `github` | [`GitHubLimits::default`] | the documented limits of a user's token |
/// | `time_scale` | 1 | a minute is a minute unless the user says otherwise |
/// | `seed` | 0 | two runs without a seed do the same |
/// | faults | none | a server that only limits |
/// | `latency` | 0 | the time measured is the client's |
/// | `max_connections` | 448 | both ends are in one process, which may usually open 1024 files |
/// | `honours_keys` | no | most providers do not |
/// | `memory` | 16 384 | job ids, keys and arrivals of a demo, in a few megabytes |
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) openai: OpenAiLimits,
    pub(crate) github: GitHubLimits,
    pub(crate) time_scale: u32,
    pub(crate) seed: u64,
    pub(crate) shares: Vec<(Fault, u16)>,
    pub(crate) latency: Duration,
    pub(crate) max_connections: usize,
    pub(crate) honours_keys: bool,
    pub(crate) memory: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            openai: OpenAiLimits::default(),
            github: GitHubLimits::default(),
            time_scale: 1,
            seed: 0,
            shares: Vec::new(),
            latency: Duration::ZERO,
            max_connections: 448,
            honours_keys: false,
            memory: 16_384,
        }
    }
}

impl Config {
    /// The limits of `/v1/chat/completions`.
    #[must_use]
    pub fn with_openai(mut self, limits: OpenAiLimits) -> Self {
        self.openai = limits;
        self
    }

    /// The limits of the routes of GitHub.
    #[must_use]
    pub fn with_github(mut self, limits: GitHubLimits) -> Self {
        self.github = limits;
        self
    }

    /// How many times faster than the real one the server's clock runs: with 60, a minute of a limit lasts a second.
    /// 0 counts as 1.
    ///
    /// Every time in an answer is what the client really has to wait, after scaling. `retry-after-ms` and the resets of
    /// OpenAI are exact to the millisecond. `retry-after` and epoch resets are whole seconds and rounded up, never
    /// down: a client that reads only those waits up to a second more than it has to, which at a scale of 60 is a whole
    /// minute of the limit. Faults and the latency are not scaled.
    #[must_use]
    pub fn with_time_scale(mut self, factor: u32) -> Self {
        self.time_scale = factor.max(1);
        self
    }

    /// What the faults are drawn from. The n-th request gets the same fault in each run with the same shares and seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Has `fault` happen to `per_mille` of a thousand requests, and to no request that has another fault. Shares are
    /// added up in the order they are given, and what is over a thousand never happens.
    #[must_use]
    pub fn with_fault_share(mut self, fault: Fault, per_mille: u16) -> Self {
        self.shares.push((fault, per_mille));
        self
    }

    /// The time that each answer takes.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// How many connections are served at a time; later ones wait to be accepted. 0 counts as 1.
    #[must_use]
    pub fn with_max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// A request with the `idempotency-key` of one that was done is answered as that one was, and not done again. As many
    /// answers are kept as the memory is large.
    #[must_use]
    pub fn with_honoured_keys(mut self) -> Self {
        self.honours_keys = true;
        self
    }

    /// How many job ids, idempotency keys (per endpoint), credentials and arrivals are remembered, of each. What comes
    /// after that is served and counted, but not by name; [`Snapshot::forgotten`](crate::Snapshot::forgotten) says how
    /// much that was.
    #[must_use]
    pub fn with_memory(mut self, entries: usize) -> Self {
        self.memory = entries;
        self
    }

    pub(crate) fn minute(&self) -> u64 {
        self.scaled(60 * SECOND)
    }

    pub(crate) fn hour(&self) -> u64 {
        self.scaled(3_600 * SECOND)
    }

    // Rounded up: the scaled limit is never faster than the one that was asked for.
    fn scaled(&self, nanos: u64) -> u64 {
        nanos.div_ceil(u64::from(self.time_scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_can_last_a_second() {
        let config = Config::default().with_time_scale(60);
        assert_eq!(config.minute(), SECOND);
        assert_eq!(config.hour(), 60 * SECOND);
    }

    #[test]
    fn a_scale_of_nothing_is_no_scale() {
        assert_eq!(Config::default().with_time_scale(0).minute(), 60 * SECOND);
    }

    #[test]
    fn a_period_that_does_not_divide_is_rounded_up() {
        assert_eq!(Config::default().with_time_scale(7).minute(), 8_571_428_572);
    }
}
