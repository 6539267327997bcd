//! The store as a machine: inputs in, outputs out.
//!
//! [`Node`] is told everything (time, messages, requests, disk completions) and only answers. It has
//! no clock, socket, file, thread or randomness of its own, so the server and the simulator drive
//! the very same code.

pub mod door;
