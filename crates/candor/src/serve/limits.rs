//! The flags that say how much clients may ask and hold, and how much memory there is.

use server::{Bounds, OnceWanted};

/// Limits: what they are about, and what happens beyond them, is in docs/operations.md.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// How much keys and values of agreed keyspaces may count together, in a cluster that begins;
    /// later CONFIG SET maxmemory changes it. Beyond it, writes that need memory are refused; 0:
    /// no limit [default: 0].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size)]
    maxmemory: Option<u64>,
    /// The same for merged keyspaces, for what clients of this node write [default: 0].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, hide_short_help = true)]
    maxmemory_merged: Option<u64>,
    /// How long ids of ONCE are kept, in milliseconds, in a cluster that begins; later CONFIG SET
    /// changes it [default: 600000].
    #[arg(long, value_name = "MS", hide_short_help = true)]
    once_retention_ms: Option<u64>,
    /// How many ids of ONCE are kept at most, likewise [default: 1000000].
    #[arg(long, value_name = "N", hide_short_help = true)]
    once_ids: Option<u64>,
    /// How far an id of ONCE may be ahead of the time in the log, in milliseconds, likewise
    /// [default: 500].
    #[arg(long, value_name = "MS", hide_short_help = true)]
    once_ahead_ms: Option<u64>,
    /// How many clients there may be at a time [default: 10000].
    #[arg(long, value_name = "N", hide_short_help = true)]
    maxclients: Option<u64>,
    /// How much all clients may hold together in requests and replies; beyond it, who holds most is
    /// let go [default: 256mb].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, hide_short_help = true)]
    maxmemory_clients: Option<u64>,
    /// How much one client may hold in requests and replies; beyond it, nothing more is read from
    /// it [default: 64mb].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, hide_short_help = true)]
    client_memory: Option<u64>,
    /// How many requests of one client may be unanswered; beyond it, nothing more is read from it
    /// [default: 10000].
    #[arg(long, value_name = "N", hide_short_help = true)]
    max_pipeline: Option<u64>,
    /// The longest key; at most 16mb [default: 16mb].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, hide_short_help = true)]
    max_key_size: Option<u64>,
    /// The longest value, or other argument of a command; at most 16mb [default: 16mb].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, hide_short_help = true)]
    max_value_size: Option<u64>,
    /// How much may wait inside the node to be written, sent or confirmed; beyond it, requests are
    /// refused [default: 256mb].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, hide_short_help = true)]
    waiting_memory: Option<u64>,
    /// How much of the log may wait for the disk; beyond it, nothing more is read from clients
    /// [default: 64mb].
    #[arg(long, value_name = "SIZE", value_parser = server::parse_size, hide_short_help = true)]
    log_backlog: Option<u64>,
}

impl Limits {
    /// The limits of ONCE in place of others, where they say something.
    pub(super) fn once_over(&self, others: OnceWanted) -> OnceWanted {
        OnceWanted {
            retention_ms: self.once_retention_ms.or(others.retention_ms),
            ids: self.once_ids.or(others.ids),
            ahead_ms: self.once_ahead_ms.or(others.ahead_ms),
        }
    }

    /// These limits in place of others, where they say something.
    pub(super) fn over(&self, others: &Bounds) -> Bounds {
        Bounds {
            max_key_bytes: self.max_key_size.unwrap_or(others.max_key_bytes),
            max_value_bytes: self.max_value_size.unwrap_or(others.max_value_bytes),
            max_pipeline: self.max_pipeline.unwrap_or(others.max_pipeline),
            max_clients: self.maxclients.unwrap_or(others.max_clients),
            client_bytes: self.client_memory.unwrap_or(others.client_bytes),
            clients_bytes: self.maxmemory_clients.unwrap_or(others.clients_bytes),
            log_backlog_bytes: self.log_backlog.unwrap_or(others.log_backlog_bytes),
            waiting_bytes: self.waiting_memory.unwrap_or(others.waiting_bytes),
            max_memory: self.maxmemory.or(others.max_memory),
            max_memory_merged: self.maxmemory_merged.unwrap_or(others.max_memory_merged),
        }
    }
}
