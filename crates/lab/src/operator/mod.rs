//! What operators do with the keys of a server that runs: take them out, put them in, and fetch a
//! backup. All of it speaks with servers as any client does.
//!
//! | duty | file |
//! |---|---|
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

pub use backup::fetch_snapshot;
pub use entry::Format;
pub use error::{EXIT_BAD_FILE, EXIT_FAILURE, Failure};
pub use export::{Export, Exported, export};
pub use import::{From, Import, Imported, import};
