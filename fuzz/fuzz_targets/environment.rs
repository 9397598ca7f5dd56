//! Variables of the environment, one a line.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|variables: &[u8]| buttress_config::probe::environment(variables));
