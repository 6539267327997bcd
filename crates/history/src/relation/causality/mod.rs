//! A growing relation "comes before" over the operations of a view, with the reason of each step.
//!
//! It holds chains (operations of one client, each before the next) and edges between them. The
//! past of an operation is one number per chain: how many of its operations come before. To keep
//! everybody's costs operations times chains, in time and in memory; a walk keeps only those that
//! are still asked for.

mod cycles;
mod graph;
mod links;
mod walk;

pub(crate) use graph::{Causality, bytes};
pub(crate) use links::{Cycle, Derived, Link, Stop, Why};
