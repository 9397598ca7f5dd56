use super::cooldown::CAPACITY;
use super::key_by::KeyBy;
use crate::breaker::Circuit;

/// When a server is left alone, and whose results count together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    circuit: Circuit,
    key: KeyBy,
    capacity: usize,
}

impl Default for Breaker {
    /// [`Circuit::default`], one for everything, 10 000 keys where there is a key.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Breaker {
    pub(super) const DEFAULT: Self = Self::new(Circuit::DEFAULT);

    /// One such circuit for everything.
    pub const fn new(circuit: Circuit) -> Self {
        Self {
            circuit,
            key: KeyBy::Everything,
            capacity: CAPACITY,
        }
    }

    /// With a circuit for each key.
    #[must_use]
    pub fn with_key(self, key: KeyBy) -> Self {
        Self { key, ..self }
    }

    /// With room for as many keys.
    #[must_use]
    pub fn with_capacity(self, capacity: usize) -> Self {
        Self { capacity, ..self }
    }

    /// When it opens, for how long, and what closes it.
    pub const fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// Whose results count together.
    pub const fn key(&self) -> &KeyBy {
        &self.key
    }

    /// How many keys have a circuit of their own.
    pub const fn capacity(&self) -> usize {
        self.capacity
    }
}

impl From<Circuit> for Breaker {
    fn from(circuit: Circuit) -> Self {
        Self::new(circuit)
    }
}
