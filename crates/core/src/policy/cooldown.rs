use std::time::Duration;

use super::key_by::KeyBy;
use crate::pause::Pauses;

/// How all who share a limit wait when one of them is told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cooldown {
    pauses: Pauses,
    max_wait: Duration,
    key: KeyBy,
    capacity: usize,
}

/// Two periods of a per-minute limit.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(120);

/// As many keys as have a state of their own: some megabytes of the largest states.
pub(super) const CAPACITY: usize = 10_000;

impl Default for Cooldown {
    /// Callers wait for 120 s at the longest, which is two periods of a per-minute limit, and as long as a retry follows a
    /// hint. The rest is that of [`Pauses`].
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Cooldown {
    pub(super) const DEFAULT: Self = Self {
        pauses: Pauses::DEFAULT,
        max_wait: MAX_WAIT,
        key: KeyBy::Everything,
        capacity: CAPACITY,
    };

    /// With other pauses.
    #[must_use]
    pub fn with_pauses(self, pauses: Pauses) -> Self {
        Self { pauses, ..self }
    }

    /// With another longest wait. Zero refuses all who would have to wait.
    #[must_use]
    pub fn with_max_wait(self, max_wait: Duration) -> Self {
        Self { max_wait, ..self }
    }

    /// With a pause for each key.
    #[must_use]
    pub fn with_key(self, key: KeyBy) -> Self {
        Self { key, ..self }
    }

    /// With room for as many keys.
    #[must_use]
    pub fn with_capacity(self, capacity: usize) -> Self {
        Self { capacity, ..self }
    }

    /// How long a pause is.
    pub const fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    /// How long a caller waits at most.
    pub const fn max_wait(&self) -> Duration {
        self.max_wait
    }

    /// What shares a pause.
    pub const fn key(&self) -> &KeyBy {
        &self.key
    }

    /// How many keys have a pause of their own.
    pub const fn capacity(&self) -> usize {
        self.capacity
    }
}
