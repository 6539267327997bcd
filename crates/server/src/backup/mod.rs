//! Backups on disk: read and held against all their checksums, and made the data directory of a new
//! cluster's first node.
//!
//! The snapshot of a backup is the file of a server as it was there (see [`crate::snapshots`]).

mod examine;
mod restore;

pub(crate) use examine::contents;
pub use examine::{Examined, examine};
pub use restore::{Restore, Restored, restore};
