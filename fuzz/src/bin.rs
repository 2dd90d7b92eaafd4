//! The program of every target: it executes the one that it is called after.

#![no_main]

use dessim_fuzz::TARGETS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for (name, target) in TARGETS {
        if name == env!("CARGO_BIN_NAME") {
            target(bytes);
        }
    }
});
