//! What is kept of a world: the operations of its clients, a hash over all that happens, a diagram of its messages.
//!
//! Begin with `operation.rs`.

pub(crate) mod describe;
pub(crate) mod diagram;
pub(crate) mod operation;
pub(crate) mod trace;
