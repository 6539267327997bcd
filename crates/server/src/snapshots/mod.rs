//! The snapshots on disk: all that the node holds, as it was behind some frame of the log, so that
//! the log before that frame need not be kept.
//!
//! What stands in a snapshot, only the node knows. It gives the bytes in pieces, and takes them
//! back in order at a start; another member may be given any part of them.
//!
//! ```text
//!   snapshots/            0            4096                            4096 + bytes
//!   ├── 000…007.snap      ┌────────────┬───────────────────────────────┬─────────────────┬─────┐
//!   ├── 000…008.snap      │ header     │ the bytes of the node         │ CRC32C of each  │ end │
//!   ├── 000…009.new       │ number, S  │ as they are                   │ MiB of them     │     │
//!   └── 000…006.bad       └────────────┴───────────────────────────────┴─────────────────┴─────┘
//! ```
//!
//! **What it holds.** All groups that were handed to the log before it was begun. The log says
//! which frame is the first behind them (`S` in the header), once they are durable.
//!
//! **Writing** has a thread of its own and a name that no start takes for a snapshot. It is synced
//! every 256 KiB: the log's syncs would otherwise wait for more at once; and beside a log that is
//! written it goes [slowly](pace). The header comes last.
//! Then the file is synced, read back from the disk and held against its checksums, renamed, and
//! the directory synced. A snapshot that cannot be written, whatever the reason, is given up and
//! removed: the log and the snapshots before it stand.
//!
//! **Two are kept**, the newest and the one before it. Once a new one is in place, older ones go,
//! and then the log before the older of the two.
//!
//! **Reading.** A start takes the newest one that is good, each piece held against its checksum
//! before the node sees it, and the log from frame `S` on. One that is damaged is renamed aside, so
//! that somebody can look at it; one that the system does not let us read stays. Either is told of,
//! and the one before it is taken. One of another version is no damage, nor is one that the node
//! does not take, as that of another node: the start is refused, and no file is touched.

mod error;
mod folder;
mod format;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod layout;
mod pace;
mod pinned;
mod reader;
mod reads;
mod start;
mod thread;
mod whole;
mod writer;

#[cfg(test)]
mod crashes;
#[cfg(test)]
mod tests;

pub(crate) use error::Error;
pub(crate) use folder::{Folder, placed_in};
pub(crate) use pinned::PinnedRead;
use reader::Reader;
pub(crate) use start::Start;
pub(crate) use thread::{Handle, Kept, Report};
pub(crate) use whole::{read as read_whole, write as write_whole};
