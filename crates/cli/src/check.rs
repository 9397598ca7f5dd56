//! `buttress check`: what a configuration says, and what is wrong with it.

mod report;
mod table;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use buttress::config::{Config, Document, Problems, environment};
use buttress::core::BoxError;
use clap::Args;

/// What a configuration says: all that is wrong with it, or each upstream's policy and where each value came from
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The configuration, in TOML or, if its name ends with .json, in JSON
    #[arg(default_value = "buttress.toml")]
    file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Take warnings for problems too
    #[arg(long)]
    strict: bool,
}

/// Whether it can be used.
pub(crate) fn run(options: &Options) -> Result<bool, BoxError> {
    let unusable = |error: io::Error| format!("{}: {error}", options.file.display());
    let document = Document::file(&options.file).map_err(unusable)?;
    let read = document.with_environment(environment()).read();
    let problems = match &read {
        Ok(config) => config.warnings(),
        Err(problems) => problems,
    };
    if options.json {
        let report = report::report(read.as_ref().ok(), problems);
        writeln!(io::stdout(), "{report:#}")?;
    } else {
        in_words(read.as_ref().ok(), problems)?;
    }
    let is_clean = read.is_ok() && (problems.is_empty() || !options.strict);
    Ok(is_clean)
}

fn in_words(config: Option<&Config>, problems: &Problems) -> io::Result<()> {
    tell(problems)?;
    let Some(config) = config else { return Ok(()) };
    let file = problems.source().name();
    let mut out = io::stdout().lock();
    for (name, declared) in config.upstreams() {
        writeln!(out, "{}", table::table(file, name, declared))?;
    }
    Ok(())
}

/// Whether the environment has this variable, with something in it. No warning if it has not: where a file is checked, its
/// secrets need not be.
fn is_set(variable: &str) -> bool {
    environment().any(|(name, value)| name == variable && !value.is_empty())
}

/// What is wrong, each with its line and a caret. Of nothing, nothing.
pub(crate) fn tell(problems: &Problems) -> io::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let mut err = io::stderr().lock();
    let in_colour = err.is_terminal();
    writeln!(err, "{}", problems.render(in_colour))
}
