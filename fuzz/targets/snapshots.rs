//! A file in the place of a snapshot, and what a start makes of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::fuzzing::snapshots::files(bytes));
