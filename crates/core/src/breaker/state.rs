//! What a circuit does with calls, and one word that says it.

use std::fmt;

/// What a circuit does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Calls pass, and their results are counted.
    Closed,
    /// Calls do not pass.
    Open,
    /// A few calls pass: their results decide.
    HalfOpen,
    /// Calls do not pass until somebody says otherwise.
    ForcedOpen,
    /// Calls pass, and nothing is counted.
    Disabled,
    /// Calls pass and are counted, and the circuit never opens: a dry run.
    MetricsOnly,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Closed,
        Self::Open,
        Self::HalfOpen,
        Self::ForcedOpen,
        Self::Disabled,
        Self::MetricsOnly,
    ];

    /// Its place in [`State::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name used in metrics, configuration and documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metrics_only",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A state and its generation: one more for every change, so that no two periods of a circuit are the same word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(u64);

const STATE_BITS: u32 = 3;

impl Word {
    /// Generations count from 1, so that words of zeros belong to none.
    pub(super) fn first(state: State) -> Self {
        Self::pack(1, state)
    }

    pub(super) fn next(self, state: State) -> Self {
        Self::pack(self.generation() + 1, state)
    }

    fn pack(generation: u64, state: State) -> Self {
        let index = State::ALL.iter().position(|other| *other == state);
        Self(generation << STATE_BITS | index.unwrap_or(0) as u64)
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    pub(super) const fn generation(self) -> u64 {
        self.0 >> STATE_BITS
    }

    pub(super) fn state(self) -> State {
        let index = self.0 & ((1 << STATE_BITS) - 1);
        State::ALL[usize::try_from(index).unwrap_or(0) % State::ALL.len()]
    }
}

#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_found_where_it_says() {
        for (index, state) in State::ALL.into_iter().enumerate() {
            assert_eq!(state.index(), index, "{state}");
        }
    }

    #[test]
    fn a_word_keeps_its_state_and_counts_its_changes() {
        let mut word = Word::first(State::Closed);
        for (changes, state) in (1..).zip(State::ALL) {
            word = word.next(state);
            assert_eq!((word.state(), word.generation()), (state, changes + 1));
        }
    }
}
