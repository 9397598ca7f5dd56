//! Random numbers that a test has chosen.

use buttress_core::random::Random;

/// Always the least or the greatest number that can be drawn: what they give bounds what all others give.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Extreme {
    Least,
    Greatest,
}

impl Random for Extreme {
    fn below(&mut self, bound: u64) -> u64 {
        match self {
            Self::Least => 0,
            Self::Greatest => bound.saturating_sub(1),
        }
    }
}

/// One number, modulo the bound, as Envoy draws from its mocked source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Modulo(pub(crate) u64);

impl Random for Modulo {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.checked_rem(bound).unwrap_or(0)
    }
}
