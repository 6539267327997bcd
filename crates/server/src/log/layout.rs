//! The layout of a data directory: what its files are called, their version and their size.

/// The version of the format of segments, the records in them included.
pub(super) const VERSION: u32 = 3;
/// The size of a segment in bytes, unless one group needs more.
pub(crate) const SEGMENT_BYTES: u64 = 16 << 20;
/// The segment that is made ready for the next roll.
pub(super) const SPARE: &str = "spare";
/// A segment that is made for one great group.
pub(super) const SPARE_LARGE: &str = "spare-large";
/// The file that says whose directory it is.
pub(super) const IDENTITY: &str = "identity";
/// The name under which that file is written.
pub(super) const IDENTITY_UNFINISHED: &str = "identity.new";
