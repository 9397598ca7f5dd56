//! A log of answers, one a line.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|log: &[u8]| buttress_providers::probe::explain(log));
