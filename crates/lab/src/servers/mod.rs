//! The servers of a run: a process each, the ports that they take, and what they say of themselves.

pub(crate) mod cluster;
pub(crate) mod connection;
pub(crate) mod info;
pub(crate) mod launch;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod standing;
pub(crate) mod watch;

#[cfg(test)]
pub(crate) mod fake;
