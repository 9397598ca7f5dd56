//! A configuration file, as TOML and as JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| buttress_config::probe::file(file));
