use std::time::Duration;

use super::cooldown::{CAPACITY, MAX_WAIT};
use super::key_by::KeyBy;
use crate::invalid::Invalid;
use crate::quota::Quota;
use crate::quota::published::Unit;

/// So many units of one kind per period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    unit: Unit,
    quota: Quota,
}

impl Limit {
    /// So many units of this kind.
    pub const fn new(unit: Unit, quota: Quota) -> Self {
        let quota = match unit {
            Unit::Requests => quota.counting_requests(),
            _ => quota.counting_costs(),
        };
        Self { unit, quota }
    }

    /// So many calls.
    pub const fn requests(quota: Quota) -> Self {
        Self::new(Unit::Requests, quota)
    }

    /// So many tokens.
    pub const fn tokens(quota: Quota) -> Self {
        Self::new(Unit::Tokens, quota)
    }

    /// So many points.
    pub const fn points(quota: Quota) -> Self {
        Self::new(Unit::Points, quota)
    }

    /// What it counts.
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// How many, and how the account is kept.
    pub const fn quota(&self) -> &Quota {
        &self.quota
    }
}

/// How fast to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    limits: Vec<Limit>,
    max_wait: Duration,
    key: KeyBy,
    capacity: usize,
    learn: bool,
    adopt: bool,
    pace: bool,
    adaptive: bool,
}

/// As many limits as one call is held to. Providers publish up to six; each costs every call a little.
const MOST_LIMITS: usize = 16;

impl Default for RateLimit {
    /// No limit that is known beforehand: what the server says of its own is learnt. Waits of 120 s at the longest, one
    /// account for everything, 10 000 keys where there is a key.
    fn default() -> Self {
        Self {
            limits: Vec::new(),
            max_wait: MAX_WAIT,
            key: KeyBy::Everything,
            capacity: CAPACITY,
            learn: true,
            adopt: false,
            pace: false,
            adaptive: false,
        }
    }
}

impl RateLimit {
    /// What can be limited: what a call is known to cost before it is sent.
    pub const UNITS: [Unit; 3] = [Unit::Requests, Unit::Tokens, Unit::Points];

    /// All of `limits` at once, and nothing learnt.
    ///
    /// # Errors
    ///
    /// If there are more than 16, if one is of another unit than requests, tokens or points, if there are tokens and
    /// points both (a call has one cost), or if two limits have the same unit and period.
    pub fn new(limits: impl IntoIterator<Item = Limit>) -> Result<Self, Invalid> {
        let limits: Vec<_> = limits.into_iter().collect();
        if limits.len() > MOST_LIMITS {
            return Err(Invalid::new("limits", limits.len(), "at most 16"));
        }
        let mut units = limits.iter().map(|limit| limit.unit);
        if let Some(other) = units.find(|unit| !Self::UNITS.contains(unit)) {
            let expected = "requests, tokens or points";
            return Err(Invalid::new("limits", other.name(), expected));
        }
        let has = |unit| limits.iter().any(|limit| limit.unit == unit);
        if has(Unit::Tokens) && has(Unit::Points) {
            let expected = "one of the two, as a call has one cost";
            return Err(Invalid::new("limits", "tokens and points", expected));
        }
        for (n, limit) in limits.iter().enumerate() {
            let is_same = |other: &&Limit| {
                (other.unit, other.quota.period()) == (limit.unit, limit.quota.period())
            };
            if let Some(twice) = limits[..n].iter().find(is_same) {
                let expected = "one limit for each unit and period";
                return Err(Invalid::new("limits", twice, expected));
            }
        }
        // Policies that say the same are equal, in whatever order they say it.
        let mut limits = limits;
        limits.sort_by_key(|limit| (limit.unit, limit.quota.period()));
        Ok(Self {
            limits,
            learn: false,
            ..Self::default()
        })
    }

    /// With another longest wait for a slot. Zero refuses all who cannot go at once.
    #[must_use]
    pub fn with_max_wait(self, max_wait: Duration) -> Self {
        Self { max_wait, ..self }
    }

    /// With limits of its own for each key.
    #[must_use]
    pub fn with_key(self, key: KeyBy) -> Self {
        Self { key, ..self }
    }

    /// With room for as many keys.
    #[must_use]
    pub fn with_capacity(self, capacity: usize) -> Self {
        Self { capacity, ..self }
    }

    /// Whether what the server says remains lowers what remains here.
    #[must_use]
    pub fn with_learn(self, learn: bool) -> Self {
        Self { learn, ..self }
    }

    /// Whether a limit that the server publishes takes the place of the one that is configured.
    #[must_use]
    pub fn with_adopt(self, adopt: bool) -> Self {
        Self { adopt, ..self }
    }

    /// Whether what remains is spread over the time until it is reset.
    #[must_use]
    pub fn with_pace(self, pace: bool) -> Self {
        Self { pace, ..self }
    }

    /// Whether a limit that nobody publishes is found by trying.
    #[must_use]
    pub fn with_adaptive(self, adaptive: bool) -> Self {
        Self { adaptive, ..self }
    }

    /// What is limited.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// How long a caller waits at most.
    pub const fn max_wait(&self) -> Duration {
        self.max_wait
    }

    /// What shares the limits.
    pub const fn key(&self) -> &KeyBy {
        &self.key
    }

    /// How many keys have limits of their own.
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether what the server says remains lowers what remains here.
    pub const fn learn(&self) -> bool {
        self.learn
    }

    /// Whether a limit that the server publishes takes the place of the one that is configured.
    pub const fn adopt(&self) -> bool {
        self.adopt
    }

    /// Whether what remains is spread over the time until it is reset.
    pub const fn pace(&self) -> bool {
        self.pace
    }

    /// Whether a limit that nobody publishes is found by trying.
    pub const fn adaptive(&self) -> bool {
        self.adaptive
    }
}
