//! Groups of records, and the start of a node on them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| node::fuzzing::records(bytes));
