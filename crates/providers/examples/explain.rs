//! Answers a log of responses, one a line on standard input, one a line on standard output.
//!
//! ```text
//! echo '{"status":429,"provider":"openai","headers":{"retry-after-ms":"576"}}' | cargo run -q --example explain
//! ```
//!
//! You will see `{"class":"rate_limited","retryable":true,"wait_ms":576,…}`.

use std::io::{self, BufReader, BufWriter};
use std::process::ExitCode;

use buttress_core::UnixTime;
use buttress_providers::explain::Explain;
use buttress_providers::generic;

fn main() -> io::Result<ExitCode> {
    let explain = Explain::new(generic::PROFILE, UnixTime::default());
    let bad = explain.ndjson(
        BufReader::new(io::stdin()),
        BufWriter::new(io::stdout()),
        io::stderr(),
    )?;
    Ok(if bad == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
