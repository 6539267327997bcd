//! How much may wait, and go together: so that whatever others ask, memory and messages have an
//! end.

/// The longest time between two ticks, in milliseconds.
pub const TICK_MS: u64 = 50;

/// The most keys that one command may remove: so many take a few milliseconds, in which nothing
/// else goes on.
pub const REMOVED_KEYS_MAX: usize = 32_768;

/// The longest key or value, in bytes.
pub const VALUE_BYTES_MAX: usize = 16 << 20;

/// How many keys a connection may watch at a time.
pub const WATCHED_KEYS_MAX: usize = 1024;
/// How many bytes these keys may have together.
pub const WATCHED_BYTES_MAX: usize = 256 << 10;

/// How much a turn does of each kind of work, in steps of a key or of half a kilobyte, unless it is
/// told otherwise.
pub const TURN_STEPS: usize = 8192;

/// How long before the request timeout what waits is answered, in milliseconds: time is looked at
/// once a tick, and an answer is to come in time.
pub(crate) fn early_ms(timeout_ms: u64) -> u64 {
    (2 * TICK_MS).min(timeout_ms / 2)
}

/// How much more of a log is kept than usual for members that are there and behind.
pub(crate) const KEPT_TIMES: usize = 4;

/// How long and how many ids are kept. They are values of the system keyspace, the same on every
/// replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnceLimits {
    /// How old an id may be, in milliseconds of log time.
    pub retention_ms: u64,
    /// How many may be kept.
    pub ids: u64,
    /// How far an id may be ahead of log time, in milliseconds.
    pub ahead_ms: u64,
}

impl OnceLimits {
    /// What holds until somebody sets something else.
    pub const DEFAULT: OnceLimits =
        OnceLimits { retention_ms: 600_000, ids: 1_000_000, ahead_ms: 500 };
}

/// The limits of ONCE with which a cluster begins; where nothing is said, it is what is usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnceWanted {
    /// See [`OnceLimits::retention_ms`].
    pub retention_ms: Option<u64>,
    /// See [`OnceLimits::ids`].
    pub ids: Option<u64>,
    /// See [`OnceLimits::ahead_ms`].
    pub ahead_ms: Option<u64>,
}

/// What goes together at most, and what waits at most, each but for a single greater one. A driver
/// that is out to try a node makes them small, so that it meets them often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What the requests may weigh that wait to be written, sent or confirmed.
    pub waiting_bytes: usize,
    /// While more bytes than this of the agreed log are on their way to the disk, none is proposed;
    /// while more than this of other replicas' entries are, none is taken in. 0: no limit.
    pub lag_bytes: u64,
    /// Bytes of writes in one run to the leader, and in one entry of the agreed log.
    pub run_bytes: usize,
    /// Bytes of entries in one append.
    pub append_bytes: usize,
    /// The most writes of a node that may be named and unapplied. All of them are sent again when
    /// the leader changes, on the connections that heartbeats use: many more would cost the next
    /// leader its leadership too, and so on for ever.
    pub unapplied: usize,
    /// The same in bytes.
    pub unapplied_bytes: usize,
    /// Bytes of writes in one entry of a merged log, and of entries in one message.
    pub entry_bytes: usize,
    /// While transactions on merged keyspaces are to be answered so many bytes, once their entries
    /// are on disk, no further entry is made.
    pub told_bytes: usize,
    /// The most merged entries that are kept while something before them is missing.
    pub inbox: usize,
    /// The same in bytes.
    pub inbox_bytes: usize,
    /// Bytes of the agreed log that are kept in memory for those who are behind, and the same of
    /// merged logs. What is not yet applied is kept anyway.
    pub kept_bytes: usize,
    /// A snapshot is taken once the log weighs so many bytes beyond the last one, or twice that
    /// one's size if that is more.
    pub snapshot_log_bytes: u64,
    /// A snapshot is taken after so many milliseconds, if anything was written; 0: never for its
    /// age.
    pub snapshot_age_ms: u64,
    /// What may be kept in memory of a snapshot that is being written, in bytes: old values, and
    /// what is not yet on its way to the disk.
    pub spool_bytes: usize,
    /// What the records of merged keyspaces may count, in bytes, where this node is asked for a
    /// write (see [`Memory`](crate::Memory)); 0: no limit. What others took is merged anyway.
    pub max_memory_merged: u64,
    /// The state of all members is compared after so many milliseconds, if anything was written.
    pub digest_ms: u64,
    /// So many keys of a digest are added in a turn, at most.
    pub digest_keys: usize,
    /// So many keys of a state that was fetched are joined in a turn, at most.
    pub join_keys: usize,
    /// So many milliseconds lie between one slice of them and the next, at least.
    pub join_ms: u64,
    /// Bytes of a snapshot in one message to a member that fetches it.
    pub piece_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            waiting_bytes: 256 << 20,
            lag_bytes: 32 << 20,
            run_bytes: 1 << 20,
            append_bytes: 1 << 20,
            unapplied: 65_536,
            unapplied_bytes: 4 << 20,
            entry_bytes: 1 << 20,
            told_bytes: 64 << 20,
            inbox: 4096,
            inbox_bytes: 64 << 20,
            kept_bytes: 64 << 20,
            snapshot_log_bytes: 256 << 20,
            snapshot_age_ms: 0,
            spool_bytes: 64 << 20,
            max_memory_merged: 0,
            digest_ms: 60_000,
            digest_keys: 1024,
            join_keys: 512,
            join_ms: 0,
            piece_bytes: 256 << 10,
        }
    }
}
