//! Randomness as an argument, so that a decision can be repeated.

/// A source of random numbers. Seeded by whoever owns it; nothing here draws from the environment.
pub trait Random {
    /// A number from `0..bound`, each with the same probability; zero if `bound` is zero.
    fn below(&mut self, bound: u64) -> u64;

    /// A number from `low..=high`; `low` if `high` is not higher.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }
}

impl Random for fastrand::Rng {
    fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.u64(..bound) }
    }
}
