//! The clients of a run: a process each, what it is to ask, how it asks, and what it tells.

pub(crate) mod certificate;
pub(crate) mod client;
pub(crate) mod delays;
mod link;
pub(crate) mod model;
pub(crate) mod plan;
pub(crate) mod pool;
pub(crate) mod step;
pub(crate) mod workload;
mod zmq;
