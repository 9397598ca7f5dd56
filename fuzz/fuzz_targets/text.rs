//! What a program printed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| buttress_providers::probe::text(text));
