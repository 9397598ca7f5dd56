//! The command line.

use std::num::NonZeroU32;

use clap::Parser;

/// What a call costs, beside the peers.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Print JSON and nothing else to standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Run only the rows whose name contains TEXT, with their floors and peers
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// How often each row is run; its figure is the median
    #[arg(long, value_name = "N")]
    rounds: Option<NonZeroU32>,
    /// Instead of the rows: how well each limiter limits, with 64 callers and a server that is strict
    #[arg(long)]
    pub(crate) limiting: bool,
    /// How long each limiter is run, with --limiting; 10 if not given
    #[arg(long, value_name = "N", requires = "limiting")]
    pub(crate) seconds: Option<NonZeroU32>,
    /// Fewer calls and rounds: shows that every row runs, with rough figures
    #[arg(long)]
    quick: bool,
    /// Call the row of exactly this name so often, and measure nothing: for a profiler that counts instructions
    #[arg(long, value_names = ["ROW", "CALLS"], num_args = 2)]
    pub(crate) drive: Option<Vec<String>>,
}

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// How often each row is run.
    pub(crate) rounds: u32,
    /// Calls of one row in one round.
    pub(crate) calls: u64,
}

impl Plan {
    /// A batch is a few milliseconds at most: longer than a timer tick's work, shorter than most turns that the
    /// scheduler gives, so that a neighbour's turn spoils few batches and the median drops those.
    const FULL: Self = Self {
        rounds: 101,
        calls: 10_000,
    };
    const QUICK: Self = Self {
        rounds: 9,
        calls: 1_000,
    };
}

impl Options {
    /// How much to run: `--rounds` goes before what `--quick` or its absence says.
    pub(crate) fn plan(&self) -> Plan {
        let plan = if self.quick { Plan::QUICK } else { Plan::FULL };
        Plan {
            rounds: self.rounds.map_or(plan.rounds, NonZeroU32::get),
            ..plan
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(arguments: &[&str]) -> Plan {
        let program = ["buttress-bench"];
        Options::parse_from(program.iter().chain(arguments)).plan()
    }

    #[test]
    fn rounds_that_are_asked_for_go_before_quick() {
        assert_eq!(plan(&[]), Plan::FULL);
        assert_eq!(plan(&["--quick"]), Plan::QUICK);
        assert_eq!(plan(&["--quick", "--rounds", "3"]).rounds, 3);
    }

    #[test]
    fn no_rounds_at_all_are_refused() {
        assert!(Options::try_parse_from(["buttress-bench", "--rounds", "0"]).is_err());
    }
}
