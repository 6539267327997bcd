//! What each end says first at the port for peers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::fuzzing::peers::handshakes(bytes));
