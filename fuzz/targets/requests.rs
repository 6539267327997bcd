//! Streams of requests in RESP.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| resp::fuzzing::requests(bytes));
