//! What operators do with servers that run: their members, their keys, their backups. All of it
//! speaks with servers as any client does.
//!
//! | duty | file |
//! |---|---|
//! | who is in the cluster, who leads; a node that goes away well | `cluster`, `status` |
//! | keys into a file | `export` |
//! | keys from a file, or from a Redis | `import` |
//! | a backup | `backup` |
//! | the keys of a server, batch by batch | `source`, `keyspaces`, `pattern` |
//! | keys on their way into a server | `sink` |
//! | a key with its value, in a file | `entry`, `lines`, `commands` |
//! | a connection | `link` |
//!
//! Whatever the number of keys, a few batches of them are in memory at a time.

mod backup;
mod cluster;
mod commands;
mod entry;
mod error;
mod export;
mod import;
mod keyspaces;
mod lines;
mod link;
mod pattern;
mod sink;
mod source;
mod status;

pub use backup::fetch_snapshot;
pub use cluster::{ClusterAsk, cluster};
pub use entry::Format;
pub use error::{EXIT_BAD_FILE, EXIT_FAILURE, Failure};
pub use export::{Export, Exported, export};
pub use import::{From, Import, Imported, import};
