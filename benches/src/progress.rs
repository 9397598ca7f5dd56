//! How far the rounds are, on a terminal.

use std::io::{IsTerminal, stderr};

/// A line on standard error that is written over and over; nothing where that is not a terminal.
pub(crate) struct Progress {
    rounds: u32,
    shown: bool,
}

impl Progress {
    /// Of that many rounds.
    pub(crate) fn new(rounds: u32) -> Self {
        Self {
            rounds,
            shown: stderr().is_terminal(),
        }
    }

    /// Says which round begins, counted from 0.
    pub(crate) fn show(&self, round: u32) {
        if self.shown {
            eprint!("\rround {} of {}", round + 1, self.rounds);
        }
    }
}

impl Drop for Progress {
    /// Wipes the line, for the table to begin on a clean one.
    fn drop(&mut self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
