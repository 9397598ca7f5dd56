//! A value of `Retry-After`, of `retry-after-ms` and of `Date`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &[u8]| buttress_providers::probe::retry_after(value));
