//! What a connection may ask about the server around it.

use crate::{Bounds, Faults};

/// The server as `INFO`, `HELLO` and `CONFIG GET` tell of it. Asked only by the commands that need
/// it, so nothing has to be ready before.
pub trait Context {
    /// How the node sees itself.
    fn status(&self) -> node::Status;

    /// The cluster as the node knows it.
    fn cluster(&self) -> node::ClusterTold;

    /// What the server counts.
    fn figures(&self) -> Figures;

    /// Settings of this server beyond those that are the same in all: name and value.
    fn settings(&self) -> Vec<(String, String)>;

    /// What clients may ask and hold.
    fn bounds(&self) -> &Bounds;

    /// From now on the records of merged keyspaces may count so many bytes here; 0: any number.
    fn set_max_memory_merged(&self, bytes: u64);

    /// Changes the value of a key in memory, as a broken machine would; false: there is none. For
    /// test mode alone.
    fn rot(&self, key: &[u8]) -> bool;

    /// The faults that clients may ask for; only in test mode.
    fn faults(&self) -> Option<&Faults>;
}

/// What the server counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Since when this process runs, in seconds.
    pub uptime_s: u64,
    /// When this process started, in seconds since 1970.
    pub started_s: u64,
    /// The id of this process.
    pub process_id: u32,
    /// The port that clients are served on.
    pub tcp_port: u16,
    /// Connections open now.
    pub clients: u64,
    /// How many may be open at a time.
    pub clients_max: u64,
    /// Connections closed because they held more requests and replies than there was room for.
    pub clients_evicted: u64,
    /// Connections ever accepted.
    pub connections: u64,
    /// Commands ever taken.
    pub commands: u64,
    /// Memory in use, in bytes, if the system tells.
    pub memory_rss_bytes: Option<u64>,
    /// Groups written to the log.
    pub log_groups: u64,
    /// Times the log was synced.
    pub log_syncs: u64,
    /// Segments that the log has.
    pub log_segments: u64,
    /// Lines of standard error that nobody took.
    pub notes_dropped: u64,
    /// Lines of standard error left out because there were many alike.
    pub notes_suppressed: u64,
}
