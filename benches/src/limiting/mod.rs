//! How well each limiter limits: many patient callers, one server that keeps its limit strictly.
//!
//! In real time, one limiter after the other: governor's waits cannot be told another clock, and a limiter is to be seen
//! as it is used. Nothing is sent anywhere; the server is a token bucket in this process.

mod callers;
mod limiters;
mod report;
mod upstream;

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::runtime::Runtime;
use tower::BoxError;

use self::limiters::LIMITERS;
use self::report::{Row, Table};
use crate::options::Options;

/// So many call, one call after the other, as soon as the last is done.
const CALLERS: usize = 64;
/// What the server allows in a second, and at once.
const RATE: u32 = 200;
const BURST: u32 = 20;
/// What a refusal says to wait: the least that a `Retry-After` can say.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Runs the scenario with every limiter whose name contains the filter, and prints what became of it.
///
/// # Errors
///
/// Where a limiter refuses its configuration, or the filter leaves none.
pub(crate) fn run(runtime: &Runtime, options: &Options) -> Result<(), BoxError> {
    let filter = options.filter.as_deref().unwrap_or_default();
    let chosen = LIMITERS.iter().filter(|(name, _)| name.contains(filter));
    let time = Duration::from_secs(options.seconds.map_or(10, NonZeroU32::get).into());
    let mut table = Table::default();
    for (name, limiter) in chosen {
        eprintln!("{name}");
        let row = runtime.block_on(callers::run(*limiter, time))?;
        table.push(Row::new(name, &row, time));
    }
    if table.is_empty() {
        return Err(format!("no limiter's name contains `{filter}`").into());
    }
    if options.json {
        println!("{}", table.json()?);
    } else {
        print!("{table}");
    }
    Ok(())
}
