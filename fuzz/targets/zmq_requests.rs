//! The JSON of a request of a client of ZeroMQ.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::fuzzing::zmq::requests(bytes));
