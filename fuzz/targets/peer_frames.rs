//! Frames at the port for peers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::fuzzing::peers::frames(bytes));
