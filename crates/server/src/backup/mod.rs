//! Backups on disk: read and held against all their checksums, and made the data directory of a new
//! cluster's first node; and the same of what the survivors of a cluster hold.
//!
//! The snapshot of a backup is the file of a server as it was there (see [`crate::snapshots`]).

mod examine;
mod new_node;
mod restore;
mod survey;

pub(crate) use examine::contents;
pub use examine::{Examined, examine};
pub use new_node::{NewNode, Restored};
pub use restore::{Restore, restore};
pub use survey::{Survey, survey};
