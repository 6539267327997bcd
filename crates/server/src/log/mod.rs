//! The log on disk: the only write-ahead log of a node, for both orders.
//!
//! The node hands over groups of records; the log makes them durable, one group a frame, in order,
//! and gives them back at the next start. What the records mean, only the node knows.
//!
//! ```text
//!   data directory            one segment (16 MiB, zeroed before it is used)
//!   ├── lock, identity        ┌────────────┬───────┬─────────────┬───────┬────────────────────┐
//!   ├── snapshots/            │ header     │ frame │ frame       │ frame │ zeros              │
//!   └── log/                  │ 4096 bytes │ n     │ n + 1       │ n + 2 │                    │
//!       ├── 000…412.log       └────────────┴───────┴─────────────┴───────┴────────────────────┘
//!       ├── 000…907.log                    each frame at a multiple of 64 bytes
//!       ├── used-000…001
//!       └── spare
//! ```
//!
//! **Writing.** One group is one frame, one `pwrite` and one `fdatasync`; the next is written only
//! after that. All that arrives while a sync runs becomes the next group. Segments are written full
//! of zeros and synced before they are used, the next one in the background, so a sync moves data
//! and no metadata, and a roll does not wait. A group that needs more than half a segment and finds
//! no room gets one of its size, which is not written before.
//!
//! **Reading.** Frames are numbered without gaps across all segments. Where a frame is bad:
//!
//! - If nothing newer follows, it is a torn tail: the group was being written when the machine
//!   stopped, and nobody was told that it is durable. It is zeroed to the segment's end, synced,
//!   and reported. So its bytes can never be taken for something later.
//! - If a valid frame with a higher number, or a segment that begins with one, follows, the bad
//!   frame had been synced: this is damage. The log is not opened; the error names file and offset.
//!
//! The last frame is written again and synced before the log is opened: after the death of the
//! process alone it may be complete in memory and not yet on the disk, and after a failed sync the
//! system may even take it for clean. All before it were synced, for the next frame is written only
//! then.
//!
//! **Cutting.** A snapshot holds all groups before some frame, and says which. Once two of them are
//! in place, the segments whose frames all lie before that of the *older* one go, oldest first. A
//! start with either of the two reads from its frame on and looks at nothing before, so it does not
//! matter which of the cut segments a power failure brings back. A few of them become the next
//! segments: under another name at once, then full of zeros, like a new one.
//!
//! **Feeding.** Members that are behind get what memory does not hold any more from here: see
//! [`reads`].
//!
//! **Salt.** Each segment draws a random number that goes into the checksum and the first bytes of
//! its frames. A client does not know it, so no value that it stores can pass for a frame when the
//! bytes behind a torn tail are searched, and a segment that is used again knows its own frames
//! from those of its former life.
//!
//! **Seal.** A last frame that was synced and then damaged cannot be told from a torn tail. So
//! where nothing was written for a second, and at the end, an empty frame is written behind it:
//! from then on it is not the last one.
//!
//! **Identity.** A log that is gone cannot say so. So the file `identity` beside it says that there
//! was one: see [`identity`].
//!
//! What is left out: harm to the last frame within that second, and zeros from some frame on to the
//! end of the log, which look like frames that were never written. It is assumed that the disk does
//! not harm bytes that are written again as they were, in a sector that was being written when the
//! power failed.

mod blocks;
mod directory;
pub(crate) mod disk;
mod error;
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod identity;
mod inspect;
mod layout;
mod older;
mod pace;
mod reads;
mod recovery;
mod segment;
mod thread;
mod writer;

#[cfg(test)]
mod crashes;
#[cfg(test)]
mod tests;

pub(crate) use directory::{Directory, Resting};
pub(crate) use error::Error;
pub(crate) use identity::Identity;
pub(crate) use inspect::{End, Seen, look_at, segments};
pub(crate) use layout::SEGMENT_BYTES;
pub(crate) use reads::Reads;
pub(crate) use recovery::{Report as Recovered, first_frame, read};
pub(crate) use thread::{Completion, Group, Handle, Report};
pub(crate) use writer::{Counters, Log, begin_behind};
