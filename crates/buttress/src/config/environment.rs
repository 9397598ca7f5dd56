//! The one place that reads the environment.

use std::ffi::OsString;

/// The environment's variables, as far as their names and values are text: no other can be one of ours.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |text: OsString| text.into_string().ok();
    std::env::vars_os().filter_map(move |(name, value)| Some((text(name)?, text(value)?)))
}
