//! What a client of ZeroMQ says.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::fuzzing::zmq::connections(bytes));
