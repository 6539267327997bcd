//! The layout of snapshots: what their files are called, their version and their sizes.

/// The version of the format. What the node writes has one of its own.
pub(super) const VERSION: u32 = 1;
/// Where the bytes of the node begin.
pub(super) const HEADER_BYTES: usize = 4096;
/// How many bytes have one checksum; the last ones may be fewer.
pub(super) const PIECE_BYTES: usize = 1 << 20;
/// What stands at the end.
pub(super) const END_BYTES: usize = 20;

/// How the name of a snapshot ends that is in place.
pub(super) const PLACED: &str = ".snap";
/// How the name of one ends that is being written.
pub(super) const UNFINISHED: &str = ".new";
/// How the name of one ends that was found bad.
pub(super) const BAD: &str = ".bad";
