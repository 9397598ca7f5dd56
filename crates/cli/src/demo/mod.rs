//! `buttress demo`: the same jobs without and with Buttress, against a server that limits and fails.
//!
//! A job is a completion (as of OpenAI) and a comment on an issue (as of GitHub). Workers take jobs from one list. All
//! jobs are run twice, each time against a fresh server with the same settings: once as a program does that sends each
//! call once, and once through the [`stack`], by the [`policies`] of a file. A call that a layer refuses is not lost: it goes back into the
//! [`queue`], until the time that the refusal names.

mod calls;
mod jobs;
mod policies;
mod progress;
mod queue;
mod report;
mod scenario;
mod stack;
#[cfg(test)]
mod tests;
mod watch;

use std::future::pending;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::sync::Arc;

use buttress::Clock;
use buttress::core::BoxError;
use clap::Args;
use tokio::runtime::Builder;

use self::jobs::{Clients, Jobs};
use self::policies::Policies;
use self::progress::Progress;
use self::report::{Report, Side};
use self::scenario::Scenario;
use self::watch::Watch;

/// Run the same jobs without and with Buttress, against a server that limits and fails
///
/// The server listens on the loopback interface, keeps the limits of OpenAI and of GitHub with a minute that lasts a
/// second, fails now and then, and is down for a while. Each job is two calls: a completion and a comment. Prints a table of what became of
/// them, as the callers and the server saw it. The exit status is 0 if every call through Buttress succeeded, 1 if not or if
/// the file of --config cannot be used, and 2 if that cannot be read.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// What Buttress is to do: a file as `buttress check` reads it, with the upstreams `completions` and `comments`
    ///
    /// The one that the demo goes by otherwise, examples/config/demo.toml, is one to begin with.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    // At most 200: both ends of each connection, idle ones included, are open files of this process, which may often
    // open 1024, and the server serves 448.
    /// How many workers share the jobs, each with one call at a time
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=200))]
    workers: u16,
    // At most 5000, which is what the server can count by name.
    /// How many jobs there are, of two calls each
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    jobs: u16,
    /// How many completions the server admits per minute; its minute lasts a second
    ///
    /// Buttress keeps to as many, unless it has a --config of its own.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=60_000))]
    rate: u16,
    /// What decides which requests meet a fault
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    // At most as long as one would want to watch.
    /// For how many minutes of the server it is down, which then lasts as many seconds; 0 for never
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(0..=60))]
    outage: u16,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    watch: watch::Options,
}

/// Runs the demo and prints its report. Says whether every call through the stack succeeded.
pub(crate) fn run(options: &Options) -> Result<bool, BoxError> {
    let Some(policies) = Policies::read(options)? else {
        return Ok(false);
    };
    let scenario = Scenario::new(options);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(compare(&scenario, &policies, Watch::new(&options.watch)?))?;
    print(options, &scenario, &report)?;
    if options.watch.stay {
        runtime.block_on(pending::<()>());
    }
    Ok(report.all_went_through())
}

fn print(options: &Options, scenario: &Scenario, report: &Report) -> Result<(), BoxError> {
    let mut out = stdout().lock();
    if options.json {
        writeln!(out, "{}", report.json()?)?;
    } else {
        write!(out, "{scenario}\n\n{report}")?;
    }
    Ok(out.flush()?)
}

/// One run after the other: together they would share the machine, and not the server.
async fn compare(
    scenario: &Scenario,
    policies: &Policies,
    mut watch: Watch,
) -> Result<Report, BoxError> {
    let stacks = stack::buttress(policies, scenario.seed, &mut watch)?;
    watch.open().await?;
    let bare = side("bare", scenario, stack::bare(policies)?).await?;
    let buttress = side("buttress", scenario, stacks).await?;
    Ok(Report::new(scenario.calls(), bare, buttress))
}

/// All jobs by `clients`, against a server of their own.
async fn side(name: &'static str, scenario: &Scenario, clients: Clients) -> Result<Side, BoxError> {
    let clock = Clock::default();
    let progress = Progress::new(name, scenario.calls());
    let circuits = Arc::clone(&clients.circuits);
    let jobs = Jobs::start(scenario, clients, progress)?;
    let began = clock.now();
    let (tally, seen) = jobs.work().await?;
    let took = clock.now().since(began);
    Ok(Side::new(&tally, &seen, circuits.opened(), took))
}
