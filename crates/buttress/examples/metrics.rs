//! Prints the page `docs/METRICS.md`, made from the metrics.

use std::io;

fn main() -> io::Result<()> {
    buttress::observe::table::write(io::stdout().lock())
}
