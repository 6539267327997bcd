//! Planted bugs: what the simulator must catch, so that its checks are known to be able to.
//!
//! Each stands where it breaks something, as `mutant!(WriteId, sound, broken)`: what is right, and what it has instead. At most one
//! is planted at a time, in all nodes of a thread: a world lives on one, and worlds live side by side. Without the feature
//! `mutants` there is nothing but what is right.
//!
//! `candor sim --mutants` plants one after the other and tells which truth catches it.

#[cfg(feature = "mutants")]
use std::cell::Cell;

#[cfg(feature = "mutants")]
use crate::api::Order;

/// Declares the mutants: what each does wrong, its class, and where it was seen in the wild.
macro_rules! mutants {
    ($($(#[doc = $what:literal])+ $name:ident, $class:literal, $seen:literal;)+) => {
        /// A planted bug.
        #[cfg(feature = "mutants")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mutant {
            $($(#[doc = $what])+ $name,)+
        }

        #[cfg(feature = "mutants")]
        impl Mutant {
            /// All of them.
            pub const ALL: &[Mutant] = &[$(Mutant::$name),+];

            /// Its name, as people write it.
            pub fn name(self) -> String {
                let name = match self {
                    $(Mutant::$name => stringify!($name),)+
                };
                let mut text = String::new();
                for letter in name.chars() {
                    if letter.is_uppercase() && !text.is_empty() {
                        text.push('-');
                    }
                    text.push(letter.to_ascii_lowercase());
                }
                text
            }

            /// What it does wrong, in a line.
            pub fn what(self) -> &'static str {
                match self {
                    $(Mutant::$name => concat!($($what),+).trim_ascii(),)+
                }
            }

            /// The class of bugs that it stands for.
            pub fn class(self) -> &'static str {
                match self {
                    $(Mutant::$name => $class,)+
                }
            }

            /// The order of the keyspaces that it is about, if not both.
            pub fn order(self) -> Option<Order> {
                use Mutant::*;
                match self {
                    SpeaksBeforeBoot | LevelIgnored | ReadOvertakesWrite | WriteOvertakesRead
                    | NeverExpires | AnsweredTwice | CertificateLeftOut => None,
                    BootReused | MergedClaimsOrder | MergedUnknownAsRefused | ShownBeforeSync
                    | PushedBeforeSync | RepairsUnsynced | ForeignNotKept
                    | AppliedBeforeDependencies | PlaceSkipped | NoRepair | LowerStampWins
                    | TieByArrival | LastComeWins | StampFromWallClock | ClockNotRaised
                    | StampCeilingLost | StampWithoutOffset | DriftCapIgnored | NoTombstone
                    | UnmeasuredClockStamps | CertificateTooWide | DelStopsAtAbsent
                    | InboxBytesLeak => Some(Order::Merged),
                    _ => Some(Order::Agreed),
                }
            }

            /// Where bugs of its class were seen; empty if it is Candor's own.
            pub fn seen(self) -> &'static str {
                match self {
                    $(Mutant::$name => $seen,)+
                }
            }
        }
    };
}

mutants! {
    // What is promised before it is on disk.
    /// A follower acknowledges entries before they are on its disk.
    AckBeforeSync, "un-synced loss", "etcd#14140, nats#7564";
    /// A leader counts itself among the majority before its own disk is done.
    LeaderCountsUnsynced, "un-synced loss", "tikv#994";
    /// A leader answers a SET when it has proposed it.
    AnswerBeforeCommit, "unknown reported as OK", "redis#6062";
    /// A vote is sent before it is on disk.
    VoteBeforeSync, "un-synced loss", "etcd#14140";
    /// The vote never gets to the disk.
    VoteNotPersisted, "un-synced loss", "canonical/raft#250";
    /// Term and vote are not written when entries are.
    HardStateLeftOut, "un-synced loss", "canonical/raft#250";
    /// What a follower says of a term that is not on its disk leaves at once.
    SyncedTermTooHigh, "un-synced loss", "etcd#14140";
    /// Another member's directory counts as known before it is on disk.
    DirectoryCountsUnsynced, "un-synced loss", "";
    /// A restarted node speaks before its boot is on disk.
    SpeaksBeforeBoot, "numbers used twice", "";
    /// A node uses the boot number of its last start again. (In merged keyspaces, where it goes unnoticed by itself.)
    BootReused, "numbers used twice", "";
    /// A start drops the last entry of the agreed log, if it is not known to be committed.
    LogCutAtStart, "log cut below commit", "nats#7549, nats#7556";
    /// Replay takes the last committed entry for applied, and its writes are lost here.
    ReplaySkipsEntry, "applied index not atomic with state", "etcd#13766, etcd#13854, etcd#13967";
    /// Replay keeps the entries behind one that a later leader replaced.
    ReplayKeepsReplaced, "log cut below commit", "";
    /// An older copy of a directory does not notice what it has not lived.
    OldCopyUnnoticed, "lost disk unnoticed", "";

    // What reads confirm.
    /// A leader answers linearizable reads without asking a quorum.
    LeaderReadsAlone, "deposed leader answers", "etcd#741, consul#54, redisraft#19, d-engine#381";
    /// A leader answers linearizable reads under a lease, and does not notice when it runs out.
    LeaseRead, "lease read", "tikv#964, yugabyte-db#16, etcd#6005";
    /// A new leader confirms reads before it has committed anything in its term.
    ReadBeforeTermCommit, "new leader reads too early", "etcd#7331, redisraft#18, consul#2644";
    /// Every attempt to confirm a read has the same context.
    ContextReused, "ReadIndex context reused", "etcd#20418, etcd#21399, antfly#599";
    /// The answer to a round confirms also the reads that came after it began.
    RoundConfirmsLater, "ReadIndex context reused", "etcd#20418";
    /// Once many rounds are under way, reads join the oldest.
    ReadsJoinOldRound, "ReadIndex context reused", "etcd#20418";
    /// A node counts as fresh once a quorum has confirmed what is committed, before that is applied.
    FreshBeforeApplied, "follower read without waiting", "tidb#43583";
    /// A confirmed read is answered before what was confirmed is applied here.
    ReadBeforeApplied, "follower read without waiting", "tidb#43583, tikv#14715";
    /// A restarted node serves reads before a quorum confirmed what is committed.
    ServesUnconfirmed, "reads during log replay", "etcd#3879, consul#2644";
    /// A linearizable read is answered as a sequential one.
    SilentDowngrade, "silent downgrade", "cassandra-java-driver#962, teleport#16941";
    /// The level that a read asks for is ignored.
    LevelIgnored, "silent downgrade", "scylla-rust-driver#503";
    /// A merged keyspace answers linearizable and sequential reads.
    MergedClaimsOrder, "silent downgrade", "cassandra-java-driver#962";

    // Names and numbers of writes.
    /// A write that comes again runs again.
    AppliedTwice, "retry runs twice", "etcd#14890, etcd#18424, jetcd#1444";
    /// A write runs although the one before it has not.
    NameGapAccepted, "retry runs twice", "etcd#18424";
    /// What is lost on the way to a leader is not sent again.
    ForwardNotResent, "progress", "";
    /// A proposal that Raft drops while it hands over is not proposed again.
    DroppedNotTakenBack, "progress", "";
    /// The bytes of a write that waited too long are counted for ever.
    ExpiredBytesLeak, "progress", "";
    /// The bytes of an entry that waited for others are counted for ever.
    InboxBytesLeak, "progress", "";
    /// A leader without room on its disk takes the writes of others.
    FullLeaderTakesForwards, "full disk", "";
    /// Writes that wait for a leader get their names last come, first served.
    NamedOutOfOrder, "session order broken", "";
    /// A write that was sent is called refused when time is up.
    UnknownAsRefused, "unknown reported as failed", "jetcd#1072";
    /// A merged write on its way to the disk is called refused when time is up.
    MergedUnknownAsRefused, "unknown reported as failed", "jetcd#1072";
    /// A write that is refused is sent nevertheless.
    RefusedButSent, "unknown reported as failed", "jetcd#1072";
    /// A compare-and-set compares where it arrives, not at its place in the log.
    CompareAtArrival, "incomplete round seen", "scylladb#6299";
    /// A read that is answered at once is answered twice.
    AnsweredTwice, "wrong answer", "";
    /// DEL counts the keys that it names, not those that were there.
    DelAlwaysCounts, "wrong answer", "";
    /// A delete of several keys removes the first only.
    DelTakesFirst, "wrong answer", "";
    /// EXISTS of several keys counts one at most.
    ExistsCountsOne, "wrong answer", "";
    /// SET with XX sets a key that is not there, too.
    PresentTakenForAlways, "wrong answer", "";

    // Sessions.
    /// A read overtakes a write of its connection.
    ReadOvertakesWrite, "session order broken", "mongodb 3.6.4 (Jepsen)";
    /// A write overtakes a read of its connection.
    WriteOvertakesRead, "session order broken", "mongodb 3.6.4 (Jepsen)";
    /// A sequential read overtakes the reads of its connection that wait for a round.
    ReadOvertakesRead, "session order broken", "specifications#1930";
    /// What waits too long for a leader is not answered.
    NeverExpires, "progress", "";
    /// A round of reads that is lost on the way is not tried again.
    RoundNotRetried, "progress", "";

    // Merged logs.
    /// A merged entry is shown, answered and spread before it is on disk.
    ShownBeforeSync, "un-synced loss", "nats#7567";
    /// A merged entry is spread before it is on this disk.
    PushedBeforeSync, "un-synced loss", "nats#7567";
    /// Who asks for missing entries gets also those that are not on disk yet.
    RepairsUnsynced, "un-synced loss", "nats#7567";
    /// A merged entry of another replica is applied and never gets to the disk.
    ForeignNotKept, "un-synced loss", "nats#7564";
    /// A merged entry is applied before what it depends on.
    AppliedBeforeDependencies, "causal session with weak parts", "mongodb 3.6.4 (Jepsen)";
    /// An entry is taken for the next of its replica's log although some before it are missing.
    PlaceSkipped, "replicas diverge", "KeyDB#247, KeyDB#307";
    /// A replica that missed entries never asks for them.
    NoRepair, "replicas diverge", "KeyDB#307";
    /// Of two writes of a key the lower stamp wins.
    LowerStampWins, "clock-skew loss", "KeyDB#247";
    /// Of two writes with one clock the later come wins, not the higher replica.
    TieByArrival, "replicas diverge", "KeyDB#247";
    /// The last come of two writes wins, whatever their stamps.
    LastComeWins, "replicas diverge", "KeyDB#247, KeyDB#366";
    /// A stamp is what the wall clock says.
    StampFromWallClock, "clock-skew loss", "KeyDB#247, scylladb#7975";
    /// A stamp is not raised past those that were seen from others.
    ClockNotRaised, "clock-skew loss", "scylladb#5653";
    /// The clock forgets at a restart what its log holds.
    StampCeilingLost, "clock-skew loss", "KeyDB#366";
    /// Two writes of a key in one entry have one stamp.
    StampWithoutOffset, "clock-skew loss", "";
    /// A merged write is stamped by a clock that is too far from most others.
    DriftCapIgnored, "clock-skew loss", "KeyDB#247";
    /// A node that was just started stamps merged writes before it has measured anyone.
    UnmeasuredClockStamps, "clock-skew loss", "";
    /// A member's clock is taken to have been read when its answer came.
    RoundTripIgnored, "clock-skew loss", "";
    /// A delete leaves no tombstone.
    NoTombstone, "deletes resurrect", "KeyDB#83";
    /// A delete of several keys stops at the first that is not there.
    DelStopsAtAbsent, "replicas diverge", "";

    // Time in the log.
    /// A leader stamps entries with what its own clock says, however far that is from the others'.
    LogTimeFromOwnClock, "time in the log", "";
    /// Log time that is ahead of the leader's clock stands until that has caught up.
    LogTimeStands, "time in the log", "";
    /// A leader stamps entries with its clock, whatever the last stamp in its log is.
    LogTimeGoesBack, "time in the log", "";
    /// A new leader does not go on from the last stamp in its log.
    LogTimeAnchoredAnew, "time in the log", "";

    // Certificates.
    /// A certificate names the entry and not the place in it.
    CertificateWithoutOffset, "wrong certificate", "";
    /// The certificate of a merged write names what is applied here when it is answered.
    CertificateTooWide, "wrong certificate", "";
    /// An answer comes without the certificate that its connection asked for.
    CertificateLeftOut, "wrong certificate", "";
}

#[cfg(feature = "mutants")]
thread_local! {
    static PLANTED: Cell<Option<Mutant>> = const { Cell::new(None) };
}

/// While this lives, every node on this thread has the bug.
#[cfg(feature = "mutants")]
#[derive(Debug)]
#[must_use = "the bug is gone with it"]
pub struct Planted(());

#[cfg(feature = "mutants")]
impl Drop for Planted {
    fn drop(&mut self) {
        PLANTED.set(None);
    }
}

/// Plants a bug, if one is named, in all nodes on this thread.
///
/// # Panics
/// If one is planted already.
#[cfg(feature = "mutants")]
pub fn plant(mutant: Option<Mutant>) -> Planted {
    assert_eq!(PLANTED.replace(mutant), None, "one bug at a time");
    Planted(())
}

#[cfg(feature = "mutants")]
pub(crate) fn is_planted(mutant: Mutant) -> bool {
    PLANTED.get() == Some(mutant)
}

/// `mutant!(WriteId, sound, broken)`: what is right, and what this bug has instead.
#[cfg(feature = "mutants")]
macro_rules! mutant {
    ($name:ident, $sound:expr, $broken:expr) => {
        if $crate::mutants::is_planted($crate::mutants::Mutant::$name) { $broken } else { $sound }
    };
}

/// `mutant!(WriteId, sound, broken)`: in this build, what is right.
#[cfg(not(feature = "mutants"))]
macro_rules! mutant {
    ($name:ident, (), $broken:expr) => {{}};
    ($name:ident, $sound:expr, $broken:expr) => {{ $sound }};
}
