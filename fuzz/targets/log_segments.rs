//! A segment of the log, and what a start makes of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::fuzzing::log::segments(bytes));
