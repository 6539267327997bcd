//! Histories in all forms.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| history::fuzzing::histories(bytes));
