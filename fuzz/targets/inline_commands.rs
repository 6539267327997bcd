//! Lines of words, as people type them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| resp::fuzzing::inline(bytes));
