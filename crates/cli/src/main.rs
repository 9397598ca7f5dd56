//! `buttress`: what the layers do, on the command line.
//!
//! ```text
//! buttress demo [--config FILE] [--workers N] [--jobs N] [--rate N] [--seed N] [--outage N] [--json] [--dashboard ADDR] [--metrics ADDR] [--stay]
//! buttress check [--json] [--strict] [FILE]
//! buttress init [--profile NAME…] [FILE]
//! buttress schema
//! buttress explain [--profile NAME] [--now TIME] [--json | --ndjson] [FILE]
//! ```
//!
//! Exit status: 0 if what was asked for went well, 1 if it did not, 2 if it could not be run.

mod check;
mod demo;
mod explain;
mod init;

use std::process::ExitCode;

use buttress::core::BoxError;
use clap::{Parser, Subcommand};

/// Layered resilience for any tower service.
#[derive(Debug, Parser)]
#[command(name = "buttress", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Options),
    Demo(demo::Options),
    Explain(Box<explain::Options>),
    Init(init::Options),
    /// Prints the JSON Schema of configuration files, which an editor completes by
    Schema,
}

/// Also clap's own status for arguments that it refuses.
const NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    run(Cli::parse().command).unwrap_or_else(|error| {
        eprintln!("buttress: {error}");
        ExitCode::from(NOT_RUN)
    })
}

fn run(command: Command) -> Result<ExitCode, BoxError> {
    let went_well = match command {
        Command::Check(options) => check::run(&options)?,
        Command::Demo(options) => demo::run(&options)?,
        Command::Explain(options) => explain::run(&options)?,
        Command::Init(options) => init::run(&options)?,
        Command::Schema => init::schema()?,
    };
    Ok(if went_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn numbers_out_of_range_are_refused_with_the_range() {
        for flag in ["--workers", "--jobs", "--rate"] {
            let refused = Cli::try_parse_from(["buttress", "demo", flag, "0"]).unwrap_err();
            assert!(
                refused.to_string().contains("0 is not in 1..="),
                "{refused}"
            );
        }
    }
}
