//! What a call costs through each layer, beside the peers' counterparts, in one process.
//!
//! Every row is run in turn, round after round, so that a slow moment of the machine falls on all rows alike; a row's
//! figure is the median of its rounds, less its floor: the same inner service called bare.
//!
//! ```text
//! cargo run --release -p buttress-bench -- [--filter TEXT] [--rounds N] [--quick] [--json]
//! cargo run --release -p buttress-bench -- --limiting [--filter TEXT] [--seconds N] [--json]
//! ```
//!
//! Instructions do not depend on what else the machine does:
//!
//! ```text
//! valgrind --tool=callgrind --toggle-collect='*Bench*drive*' target/release/buttress-bench --drive stack 1000
//! ```

mod allocations;
mod bench;
mod clock;
mod limiting;
mod load;
mod options;
mod ours;
mod peers;
mod progress;
mod report;
mod rounds;
mod statistics;

use clap::Parser;
use tokio::runtime::Builder;
use tower::BoxError;

use crate::bench::Bench;
use crate::options::Options;
use crate::report::Report;

fn main() -> Result<(), BoxError> {
    let options = Options::parse();
    let runtime = Builder::new_current_thread().enable_time().build()?;
    // Some services make their timer when they are built (tower's RateLimit), which takes a runtime's context.
    let _context = runtime.enter();

    if options.limiting {
        return limiting::run(&runtime, &options);
    }

    let mut bench = Bench::new();
    peers::rows(&mut bench)?;
    ours::rows(&mut bench)?;

    if let Some([name, calls]) = options.drive.as_deref() {
        return bench.drive(&runtime, name, calls.parse()?);
    }
    let mut rows = bench.select(options.filter.as_deref())?;
    let measured = rounds::measure(&mut rows, &runtime, options.plan())?;
    let report = Report::new(&measured);
    if options.json {
        println!("{}", report.json()?);
    } else {
        print!("{report}");
    }
    Ok(())
}
