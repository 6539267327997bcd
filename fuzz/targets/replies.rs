//! Streams of replies in RESP2 and RESP3, as our own clients read them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| resp::fuzzing::replies(bytes));
