//! What is kept of a world: what clients asked and heard, a hash over all that happens, a diagram
//! of its messages.
//!
//! Begin with `operation.rs`; `transaction.rs` tells an EXEC to the judge. `recorder.rs` gathers
//! the diagram, `document.rs` serialises it.

pub(crate) mod operation;

pub(crate) mod describe;
pub(crate) mod trace;
pub(crate) mod transaction;

pub(crate) mod diagram;
pub(crate) mod document;
pub(crate) mod recorder;

mod columns;
mod cut;
mod frame;
pub(crate) mod keyspace;
mod members;
