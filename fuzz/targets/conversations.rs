//! Two nodes, one of which is misquoted.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| node::fuzzing::conversation(bytes));
