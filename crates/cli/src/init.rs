//! `buttress init` and `buttress schema`: files to begin with.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use buttress::config;
use buttress::core::BoxError;
use buttress::core::policy::UpstreamName;
use buttress::providers;
use clap::Args;

/// Writes a configuration to begin with, in which every setting stands with what it does
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A provider that is called; may be given more than once
    #[arg(long = "profile", value_name = "NAME", value_delimiter = ',', value_parser = profile)]
    profiles: Vec<String>,
    /// Where to write it, unless there is such a file; standard output, if it is left out
    file: Option<PathBuf>,
}

fn profile(name: &str) -> Result<String, String> {
    let is_http = |profile: &providers::Profile| !profile.is_text();
    let known = providers::named(name).filter(is_http);
    if known.is_some() && UpstreamName::new(name.to_owned()).is_ok() {
        return Ok(name.to_owned());
    }
    let names = providers::ALL.iter().filter(|profile| is_http(profile));
    let names: Vec<_> = names.map(|profile| profile.name()).collect();
    Err(format!("no such profile; there are {}", names.join(", ")))
}

pub(crate) fn run(options: &Options) -> Result<bool, BoxError> {
    let text = config::init(options.profiles.iter().map(String::as_str));
    match &options.file {
        Some(path) => File::create_new(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| format!("{}: {error}", path.display()))?,
        None => io::stdout().write_all(text.as_bytes())?,
    }
    Ok(true)
}

pub(crate) fn schema() -> Result<bool, BoxError> {
    io::stdout().write_all(config::schema().as_bytes())?;
    Ok(true)
}
