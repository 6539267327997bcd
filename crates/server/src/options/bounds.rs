//! The limits on what clients ask and hold, and on memory, that an operator can set.

use std::ops::RangeInclusive;

use node::VALUE_BYTES_MAX;

use crate::Error;

/// What clients may ask and hold, and how much memory keys and values may need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The longest key, in bytes.
    pub max_key_bytes: u64,
    /// The longest argument of a command on data, in bytes: values, above all.
    pub max_value_bytes: u64,
    /// How many requests of one connection may be unanswered; no more are read.
    pub max_pipeline: u64,
    /// How many clients there may be at a time, if the system grants their descriptors.
    pub max_clients: u64,
    /// What one connection may hold in requests and replies, in bytes; no more is read.
    pub client_bytes: u64,
    /// What all connections may hold together, in bytes; who holds most is closed.
    pub clients_bytes: u64,
    /// How many bytes may wait for the disk; no more is read from any client.
    pub log_backlog_bytes: u64,
    /// What may wait inside the node to be written, sent or confirmed, in bytes; more is refused.
    pub waiting_bytes: u64,
    /// What the records of agreed keyspaces may count in a cluster that begins, in bytes; 0: no
    /// limit. `None`: nothing is said.
    pub max_memory: Option<u64>,
    /// What the records of merged keyspaces may count here, in bytes; 0: no limit.
    pub max_memory_merged: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            max_key_bytes: LENGTH_MAX,
            max_value_bytes: LENGTH_MAX,
            max_pipeline: 10_000,
            max_clients: 10_000,
            client_bytes: 64 << 20,
            clients_bytes: 256 << 20,
            log_backlog_bytes: 64 << 20,
            waiting_bytes: 256 << 20,
            max_memory: None,
            max_memory_merged: 0,
        }
    }
}

/// The longest key or value that there can be, in bytes.
const LENGTH_MAX: u64 = VALUE_BYTES_MAX as u64;
/// The most connections that may be asked for: their ids have so many places.
const CONNECTIONS_MAX: u64 = 1 << 16;
/// The most unanswered requests of a connection that may be asked for: so many wait inside a node.
const PIPELINE_MAX: u64 = 1 << 16;
/// The least and the most memory of buffers that may be asked for, in bytes.
const BUFFER_BYTES: RangeInclusive<u64> = 64 << 10..=1 << 40;

impl Bounds {
    /// Each limit that is fixed when the server starts: its name as flag, in files and for `CONFIG
    /// GET`, its value, and what it may be.
    fn fixed(&self) -> [(&'static str, u64, RangeInclusive<u64>); 8] {
        [
            ("max-key-size", self.max_key_bytes, 1..=LENGTH_MAX),
            ("max-value-size", self.max_value_bytes, 1..=LENGTH_MAX),
            ("max-pipeline", self.max_pipeline, 1..=PIPELINE_MAX),
            ("maxclients", self.max_clients, 1..=CONNECTIONS_MAX),
            ("client-memory", self.client_bytes, BUFFER_BYTES),
            ("maxmemory-clients", self.clients_bytes, BUFFER_BYTES),
            ("log-backlog", self.log_backlog_bytes, BUFFER_BYTES),
            ("waiting-memory", self.waiting_bytes, BUFFER_BYTES),
        ]
    }

    /// Whether each may be so.
    pub(super) fn check(&self) -> Result<(), Error> {
        for ((name, value, range), (_, usual, _)) in
            self.fixed().into_iter().zip(Bounds::default().fixed())
        {
            if !range.contains(&value) {
                return Err(Error::configuration(format!(
                    "--{name} {value} is not between {} and {}\n  hint: the default is {usual}",
                    range.start(),
                    range.end()
                )));
            }
        }
        Ok(())
    }

    /// What `CONFIG GET` tells of those that are fixed.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (String, String)> {
        self.fixed().into_iter().map(|(name, value, _)| (name.to_owned(), value.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_operators_has_each_limit() {
        let page = include_str!("../../../../docs/operations.md");
        let changing = ["maxmemory", "maxmemory-merged"].map(str::to_owned);
        let usual = Bounds::default();
        let fixed = usual.settings().map(|(name, _)| name);
        for name in changing.into_iter().chain(fixed) {
            assert!(page.contains(&format!("\n| `{name}` | ")), "{name}");
        }
    }
}
