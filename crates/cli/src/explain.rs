//! `buttress explain`: what a captured answer means.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;

use buttress::Clock;
use buttress::core::{BoxError, UnixTime};
use buttress::providers::explain::{self, Explain, Fault};
use buttress::providers::{self, Profile};
use clap::Args;
use http::Method;

/// What a captured answer means: its class, whether it may be repeated, when, and by which rule
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The provider that answered; `--list` names them
    #[arg(long, value_name = "NAME", default_value = "generic", value_parser = profile)]
    profile: Profile,
    /// When the answer came, in RFC 3339; now, if it is left out
    #[arg(long, value_name = "TIME", value_parser = explain::time)]
    now: Option<UnixTime>,
    /// The request's method, for whether it may be repeated; without it, the outcome alone speaks
    #[arg(long)]
    method: Option<Method>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "ndjson")]
    json: bool,
    /// Read many answers, one JSON object a line, and print an answer for each
    #[arg(long)]
    ndjson: bool,
    /// Name the profiles
    #[arg(long)]
    list: bool,
    /// The answer, as `curl -i` prints it; standard input, if it is left out
    file: Option<PathBuf>,
}

fn profile(name: &str) -> Result<Profile, String> {
    providers::named(name).ok_or_else(|| {
        let names: Vec<_> = providers::ALL.iter().map(Profile::name).collect();
        format!("no such profile; there are {}", names.join(", "))
    })
}

/// Whether all of the input could be read.
pub(crate) fn run(options: &Options) -> Result<bool, BoxError> {
    let out = BufWriter::new(io::stdout().lock());
    if options.list {
        explain::list(out)?;
        return Ok(true);
    }
    let now = options.now.unwrap_or_else(|| Clock::default().wall());
    let explain = Explain::new(options.profile, now);
    let explain = match options.method.clone() {
        Some(method) => explain.with_method(method),
        None => explain,
    };
    let input = input(options)?;
    if options.ndjson {
        return Ok(explain.ndjson(input, out, io::stderr().lock())? == 0);
    }
    let said = if options.json {
        explain.json(input, out)
    } else {
        explain.words(input, out)
    };
    match said {
        Ok(()) => Ok(true),
        Err(Fault::Bad(bad)) => {
            writeln!(io::stderr(), "buttress: {bad}")?;
            Ok(false)
        }
        Err(fault) => Err(fault.into()),
    }
}

fn input(options: &Options) -> Result<Box<dyn BufRead>, BoxError> {
    let Some(path) = &options.file else {
        return Ok(Box::new(io::stdin().lock()));
    };
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}
