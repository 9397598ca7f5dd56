//! An answer, as `curl -i` would print it, under every profile: headers, durations, dates, JSON that is cut short.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|answer: &[u8]| buttress_providers::probe::judge(answer));
