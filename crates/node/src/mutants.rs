//! Planted bugs: what the simulator must catch, so that its checks are known to be able to.
//!
//! Each stands where it breaks something, as `mutant!(Name, sound, broken)`: what is right, and
//! what it has instead. At most one is planted at a time, in all nodes of a thread: a world lives
//! on one, and worlds live side by side. Without the feature `mutants` there is nothing but what is
//! right.
//!
//! `candor sim --mutants` plants one after the other and tells which invariant catches it. What no
//! world catches names a story or a unit test that does: `cargo test -p node --features mutants
//! mutants`.

#[cfg(all(test, feature = "mutants"))]
mod hunt;

#[cfg(feature = "mutants")]
use std::cell::Cell;

#[cfg(feature = "mutants")]
use crate::api::Order;

/// Declares the mutants: what each does wrong, its class, and where it was seen in the wild.
macro_rules! mutants {
    ($($(#[doc = $what:literal])+ $name:ident, $class:literal, $seen:literal $(, $test:literal)?;)+) => {
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
                    | NeverExpires | AnsweredTwice | CertificateLeftOut | HalfDoubted | RoomGivenTwice
                    | DeadlineTakenForValue | OldRoomKept | EpochsMerged | TokenEpochIgnored
                    | FloorNotAwaited | FloorDropped | FloorNotHandedOn | ResolvedUnnoted
                    | ThirdKeyOverlooked | FencedBeforeSync | StaleReportCounts | ReadsNotFenced
                    | OpenedWithoutOne | NotResolvedAgain | IdUsedAgain | WeakerAlways
                    | KeyspacesNotKept | SnapshotWithoutKeyspaces | OtherOrderOvertaken
                    | KeyspacesNotAwaited | ResolvedTooEarly | PatternForDefault
                    | OthersListed | BeginsAgain | BeginningNotAwaited
                    | LevelOfDefault | DeadlinesOfDefaultAlone | TokenOfDefaultAlone
                    | OnceOfDefaultAlone | WatchOfDefaultAlone | AnswersRefuse | ToComeTaken
                    | ProposedThoughDropped | SurvivorsBootIgnored => None,
                    BootReused | MergedClaimsOrder | MergedUnknownAsRefused | ShownBeforeSync
                    | PushedBeforeSync | RepairsUnsynced | ForeignNotKept
                    | AppliedBeforeDependencies | PlaceSkipped | NoRepair | LowerStampWins
                    | TieByArrival | LastComeWins | StampFromWallClock | ClockNotRaised
                    | StampCeilingLost | StampWithoutOffset | DriftCapIgnored | NoTombstone
                    | UnmeasuredClockStamps | CertificateTooWide | DelStopsAtAbsent
                    | InboxBytesLeak | MergedKeysCounted | PushTakenForAnswer
                    | SnapshotWithoutCeiling | CutLogSkips | TombstonesByAge | OneRoundEnough
                    | OneMemberUnasked | JoinRevives | JoinKeepsGone | JoinedAppliedAgain
                    | JoinedToldAtOnce | ClockRaisedLate | LostCountsAsHere
                    | UnjoinedUnseen | WrittenUnjoined | JoinSkipsSlot
                    | TombstonesGoMeanwhile | ToldAheadOfOwn | BatchHeldAsTold | RemovalsWithoutEnd | MergedFloorIgnored
                    | LastIncrementWins | OwnUnseen | UnseenSetKeepsSums | SumsAddedAtJoin
                    | SumsDroppedAtJoin | JoinRevivesSum | SnapshotWithoutSums | CountedWhileLost
                    | IncrementUnchecked | PutOffWithoutEnd | CountedInOneTurn
                    | MergedListTorn | ListedAtOnePlace | ListReadsApplied
                    | ReadsShownBeforeSync | ToldWithoutEnd | TransactionsInOneTurn
                    | LoggedIncrementRefused | OverlayDroppedAtGather | NeverGathered
                    | IntervalClaimsCausal | IntervalRaisesFloor | FencedWithoutOverlay
                    | EndsUnsynced | JoinedGapSent | TombstonesGoWhileLost
                    | FirstOfTwiceWins | GoneStillAwaited | PromotedUnmerged
                    | LaterMembersTaken | LeaverFetched | HoldsTooSoon | ShunnedInboxKept
                    | SurvivorNotJoined => {
                        Some(Order::Merged)
                    }
                    _ => Some(Order::Agreed),
                }
            }

            /// The story or the unit test of this crate that catches it; none: the worlds of the
            /// simulator do.
            pub fn caught_by(self) -> Option<&'static str> {
                match self {
                    $(Mutant::$name => <[&str]>::first(&[$($test)?]).copied(),)+
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
    // Members that come and go.
    /// Who comes votes before it has learnt anything.
    VotesAtOnce, "members", "etcd#11640", "members_01_one_more.story";
    /// A learner is promoted that lacks most of the log.
    PromotedEarly, "members", "etcd#13766", "members_09_leaders_change.story";
    /// A change of members begins while another one is under way.
    TwoChangesAtOnce, "members", "Ongaro 2015", "members_06_who_does_not_come.story";
    /// A learner votes before it holds what was deleted and forgotten before it came.
    PromotedUnmerged, "deletes resurrect", "", "members_31_a_counter_after_a_delete.story";
    /// What a member holds that knows of a later one counts as if that one did as well.
    LaterMembersTaken, "deletes resurrect", "", "merged::anti_entropy::tests::a_vector_of_later_members_is_not_taken";
    /// Who has said how far it holds the log of one that is shunned fetches that one's state.
    LeaverFetched, "members", "", "members_32_a_state_of_one_that_is_shunned.story";
    /// A node says how far it holds a leaver's log while that one's state is on its way.
    HoldsTooSoon, "members", "", "members_33_a_state_on_its_way.story";
    /// Entries of one that is shunned wait on for those before them.
    ShunnedInboxKept, "members", "", "merged::entries::tests::what_waits_of_one_that_is_shunned_goes";
    /// Who is removed leaves when its own log says so, which others may forget by a start.
    LeavesByItself, "members", "", "members_34_two_of_two.story";
    /// A member is removed before it is on disk that its removal is committed.
    RemovesBeforeSync, "members", "", "members_34_two_of_two.story";
    /// Who was removed, and has not heard it, goes on talking to members that know.
    RemovedIgnored, "members", "", "members_35_removed_and_cut_off.story";
    /// A node goes by the members when an entry that changes them is half applied.
    FollowedWithin, "members", "", "members_36_two_commands_in_an_entry.story";
    /// Who has only heard that a member is removed tells it so.
    ToldByHearsay, "members", "", "members_37_by_hearsay.story";
    /// A learner stands for election when the leader is lost.
    LearnerStands, "members", "", "members_30_a_learner_does_not_stand.story";
    /// A leader that ends asks a learner to lead.
    LearnerToLead, "members", "", "members_10_a_learner.story";
    /// A learner answers clients.
    LearnerServes, "members", "", "members_10_a_learner.story";
    /// Whoever says that it is to join is taken in, wherever it is.
    StrangerJoins, "members", "tikv#5829", "members_06_who_does_not_come.story";
    /// Who was removed is not told so.
    RemovalNotHeard, "members", "tikv#804, #7636", "members_07_away.story";
    /// A member is gone before all that stay have said what they hold of its log.
    GoneWithoutAll, "members", "", "members_03_merged.story";
    /// The merged log of a member that is gone ends before its last write.
    LastPlaceIgnored, "members", "", "members_08_replaced.story";
    /// What a dead member says still counts while it leaves.
    LeaverHeard, "members", "", "members_11_not_dead.story";
    /// A leader that is to go puts its own end into the log, and leads on.
    RemovedLeaderGoesOn, "members", "etcd#3404", "members_13_no_successor.story";
    /// A joining node takes merged slots before it has applied the entry that added it.
    EarlySlotsCount, "members", "", "members_12_early.story";
    /// Nobody goes by the members that another member names before its own log says so.
    MembersNotHeard, "members", "", "members_28_a_leader_unknown.story";
    /// A token counts that names an entry which a removed member took with it.
    RemovedFloorTaken, "members", "", "members_08_replaced.story";
    /// A cluster is finalized although a member did not say that it understands that.
    OldestMemberIgnored, "versions", "etcd#13196", "versions_01_finalize.story";
    /// A snapshot says nothing of members.
    SnapshotWithoutMembers, "members", "tikv#12233", "members_05_by_snapshot.story";
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
    /// A node uses the boot number of its last start again. (In merged keyspaces, where it goes
    /// unnoticed by itself.)
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
    ReadsJoinOldRound, "ReadIndex context reused", "etcd#20418", "agreed::read_index::tests::where_there_are_many_attempts_a_new_read_joins_none_of_them";
    /// A question that comes twice is to Raft the same one.
    QuestionsAlike, "ReadIndex context reused", "", "agreed_14_a_question_comes_twice.story";
    /// A confirmed read is answered before what was confirmed is applied here.
    ReadBeforeApplied, "follower read without waiting", "tidb#43583, tikv#14715";
    /// A bounded read counts its bound from the answer of a quorum, and not from the question.
    BoundFromAnswer, "stale beyond the bound", "rqlite#1681, yugabyte-db#14675";
    /// A bounded read counts its bound on the wall clock.
    BoundOnWallClock, "stale beyond the bound", "cockroach#97512";
    /// A round counts for bounded reads as soon as it is asked.
    UnconfirmedRoundCounts, "stale beyond the bound", "rqlite#1681";
    /// A round counts for bounded reads before what it confirmed is applied.
    BoundBeforeApplied, "stale beyond the bound", "tidb#43583";
    /// A read that may be no staler than its bound is answered where that cannot be shown.
    StrictQuietlyWeaker, "level ignored", "consul#9610, rqlite#1681";
    /// A read takes its last level without trying the ones before.
    PreferenceNotTried, "level ignored", "", "preference_01_the_first_that_can_be_had.story";
    /// What a keyspace shows that is synced every second goes when its entry is made, and comes
    /// back when that is on disk.
    OverlayDroppedAtGather, "wrong answer", "", "interval_01_shown_before_it_is_on_disk.story";
    /// A read of a keyspace that is synced every second may be causal.
    IntervalClaimsCausal, "silent downgrade", "", "interval_02_without_a_position.story";
    /// A session stands behind what its node may lose.
    IntervalRaisesFloor, "session guarantees", "", "interval_02_without_a_position.story";
    /// The end of a merged log is told while something of the prefix is shown that is not in it.
    FencedWithoutOverlay, "a key in two keyspaces", "", "interval_04_a_prefix_changes_hands.story";
    /// A node ends while it shows something that is not on its disk.
    EndsUnsynced, "un-synced loss", "", "interval_06_the_end.story";
    /// What a keyspace shows that is synced every second never gets into an entry by itself.
    NeverGathered, "un-synced loss", "";
    /// The first write of a transaction on a merged keyspace has an entry by itself.
    MergedListTorn, "incomplete round seen", "scylladb#6299", "exec_03_merged.story";
    /// All writes of a transaction on a merged keyspace look as if they stood at one place.
    ListedAtOnePlace, "wrong answer", "", "exec_03_merged.story";
    /// Reads in a transaction on a merged keyspace see what is applied, and not what it wrote.
    ListReadsApplied, "wrong answer", "", "exec_03_merged.story";
    /// A transaction that only reads shows own writes that are not on disk.
    ReadsShownBeforeSync, "un-synced loss", "nats#7567", "exec_03_merged.story";
    /// What transactions are to be answered takes any memory until the disk is done.
    ToldWithoutEnd, "memory without limit", "", "exec_04_merged_within_bounds.story";
    /// A turn runs all transactions on merged keyspaces that wait, however many there are.
    TransactionsInOneTurn, "load", "", "exec_04_merged_within_bounds.story";
    /// Who asks for something else is refused for answers that wait for the disk.
    AnswersRefuse, "load", "", "exec_04_merged_within_bounds.story";
    /// A transaction does not see an own increment that others have brought beyond 64 bits.
    LoggedIncrementRefused, "wrong answer", "", "exec_05_merged_beyond_64_bits.story";
    /// Increments are put off without end while a state is lost.
    PutOffWithoutEnd, "memory", "", "merged::joining::tests::increments_are_put_off_while_a_state_is_lost_and_counted_in_slices";
    /// All increments that were put off are counted in one turn.
    CountedInOneTurn, "load", "", "merged::joining::tests::increments_are_put_off_while_a_state_is_lost_and_counted_in_slices";
    /// A connection may want a level that is tried only after the request timeout.
    LevelNeverTried, "option ignored", "", "preference::tests::a_level_that_would_never_be_tried_is_refused";
    /// A read that chooses a weaker level overtakes one of its connection that waits on.
    ChoiceOvertakes, "session order broken", "", "agreed::read_index::tests::who_waits_on_is_not_overtaken_by_who_chooses";
    /// A stranger whose messages cannot be read is not hung up on.
    BabblerStays, "availability", "", "node::tests::a_stranger_whose_words_cannot_be_read_is_hung_up_on";
    /// What a request waited for a turn that takes it in does not count.
    WaitUncounted, "answered too late", "", "node::tests::who_waits_for_its_turn_has_waited";
    /// Rounds for bounded reads go on when no more of them come.
    RoundsNeverEnd, "load", "", "bounded_03_rounds_begin_and_end.story";
    /// A restarted node serves reads before a quorum confirmed what is committed.
    ServesUnconfirmed, "reads during log replay", "etcd#3879, consul#2644", "agreed_08_reads_after_a_start.story";
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
    /// A write to logs of one order overtakes a write of its connection to those of the other.
    OtherOrderOvertaken, "session order broken", "", "sessions_05_over_two_orders.story";
    /// A change of the keyspaces overtakes what its connection asked before, and is overtaken.
    KeyspacesNotAwaited, "session order broken", "", "keyspaces_10_in_one_go.story";
    /// What comes behind a change of the keyspaces goes by those before it.
    ResolvedTooEarly, "session order broken", "", "keyspaces_10_in_one_go.story";
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
    /// Of a key that MSET names twice the first value counts.
    FirstOfTwiceWins, "wrong answer", "", "merged_18_a_key_named_twice.story";
    /// A delete of several keys stops at the first that is not there.
    DelStopsAtAbsent, "replicas diverge", "";

    // Digests.
    /// A digest leaves out every other slot.
    DigestSkipsSlots, "a digest says nothing", "", "digest_02_a_value_rots.story";
    /// A key that changes before a digest comes to it is not added as it was.
    DigestForgetsOld, "replicas seem to diverge", "";
    /// A digest adds what was written behind its point.
    DigestAddsLater, "replicas seem to diverge", "";
    /// A digest leaves out which writes ran last.
    DigestWithoutLastWrites, "a digest says nothing", "", "digest::outcome::tests::the_root_covers_the_point_and_the_last_write_of_each_node";
    /// A digest of a state goes on when another one takes its place.
    DigestOutlivesState, "replicas seem to diverge", "", "agreed::state::tests::a_digest_ends_where_another_state_comes";
    /// A node stops because any other one differs from it.
    StopsWithoutMajority, "a node stops for nothing", "", "digest_03_two_against_two.story";

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

    // What calm worlds show.
    /// No leader announces by itself what is committed.
    CommitNotAnnounced, "slow in calm weather", "";
    /// A push of new entries is taken for the answer to what was asked, so nobody asks while others
    /// write.
    PushTakenForAnswer, "slow in calm weather", "";

    // Counts that only go up.
    /// The bytes of a read that waited too long are counted for ever.
    ExpiredReadsLeak, "progress", "";
    /// A key that is written over or removed is counted once more.
    MergedKeysCounted, "wrong answer", "";

    // Which clocks count, and which of them is the median.
    /// A clock that is within the cap of half of the others' is not believed.
    HalfDoubted, "clock-skew loss", "";
    /// Log time goes by the upper median of the clocks.
    UpperMedian, "time in the log", "";

    // What stories and unit tests catch: it makes a cluster slow, takes what worlds do not do, or
    // leads to an assertion.
    /// A leader that counts on one entry too many of a follower goes unnoticed there.
    OneLostEntryUnnoticed, "lost disk unnoticed", "", "meeting_04_a_disk_that_forgets.story";
    /// A member's other directory is taken once the cluster has formed.
    OtherDirectoryTaken, "lost disk unnoticed", "", "meeting_01_a_lost_disk.story";
    /// A start is believed although its directory has not lived the start that is known.
    DescentNotAsked, "lost disk unnoticed", "", "identity_03_a_clone.story";
    /// A start is believed although the process that it descends from says that it is there.
    CopyBelieved, "lost disk unnoticed", "", "identity_03_a_clone.story";
    /// A start is believed before the process that it descends from could say that it is there.
    ProbeNotAwaited, "lost disk unnoticed", "", "identity_03_a_clone.story";
    /// A start answers clients before any member believes it.
    ServesUnknown, "lost disk unnoticed", "", "identity_03_a_clone.story";
    /// A cluster forms although another member has met other directories.
    FormsWithOthers, "two clusters out of one", "", "meeting_07_one_cluster_or_none.story";
    /// The log of this node carries writes of a start that it has not lived, and it goes on.
    OwnOtherLifeUnnoticed, "lost disk unnoticed", "", "agreed::apply::tests::another_life_in_the_log_that_this_directory_has_not_lived_supersedes_it";
    /// Nobody tells a replica that it has forgotten entries of its own.
    ForgottenNotTold, "lost disk unnoticed", "", "merged_08_forgotten_entries.story";
    /// A replica that is told that it has forgotten entries of its own goes on.
    LostNotBelieved, "lost disk unnoticed", "", "merged_08_forgotten_entries.story";
    /// A replica that answers in parts does not say that there is more.
    MoreNotSaid, "slow in calm weather", "", "merged::log::tests::what_a_peer_lacks_comes_in_order_and_in_parts";
    /// No replica tells the others now and then what it has.
    NoGossip, "slow in calm weather", "", "disk_04_full_merged.story";
    /// A read that must see what found no room here waits until its time is up.
    UnshowableAwaited, "full disk", "", "disk_01_full.story";
    /// A follower without room on its disk takes in what the leader appends.
    FullFollowerTakesAppends, "full disk", "", "disk_01_full.story";
    /// A replica without room on its disk takes in what others push.
    FullReplicaTakesEntries, "full disk", "", "disk_04_full_merged.story";
    /// KEYSPACE ALTER takes levels that the order has not got.
    AlterUnchecked, "keyspaces", "", "keyspace::table::tests::whatever_alter_takes_comes_back";
    /// A replica whose disk lags takes in what others push all the same.
    LaggingReplicaTakesEntries, "unbounded memory", "", "disk_06_lags_merged.story";
    /// A leader whose disk stands still leads on.
    LagsAndLeadsOn, "leadership", "", "disk_07_lags.story";
    /// A leader hands over to any member, fit to lead or not.
    HandsOverToUnfit, "leadership", "", "clocks_02_a_leader_gives_up.story";
    /// A node that is not fit to lead stands for election no later than the others.
    UnfitStandsAtOnce, "leadership", "", "elections_05_who_is_not_fit.story";
    /// The connection to the leader broke, and a node waits as if nothing had happened.
    BrokenIgnored, "leadership", "", "elections_01_a_leader_that_is_gone.story";
    /// Only the connection to the leader that this node made counts, not the one that the leader
    /// made.
    LeavingIgnored, "leadership", "", "elections_01_a_leader_that_is_gone.story";
    /// Who has lost the leader refuses its vote as if it still heard it.
    LostRemembered, "leadership", "", "elections_01_a_leader_that_is_gone.story";
    /// Who has lost the leader stands without asking whether others still hear it.
    StandsWithoutAsking, "leadership", "", "elections_02_a_wrong_hint.story";
    /// All that have lost the leader stand at the same time.
    RanksEqual, "leadership", "", "elections_03_one_stands_before_the_other.story";
    /// Who is asked for a vote by a shorter log, and has lost the leader, waits for its turn.
    LongerLogWaits, "leadership", "", "elections_04_the_longer_log.story";
    /// All that have a longer log than who asks for a vote stand at the same time.
    OutdoersAtOnce, "leadership", "", "elections_04_the_longer_log.story";
    /// A node that does not lead hands on the question of another in its name.
    DeposedHandsOnReads, "ReadIndex context reused", "", "agreed_11_questions_to_a_deposed_leader.story";
    /// A new leader appends again what lies in its log.
    TailNotHeld, "log without limit", "", "agreed_09_sent_again_to_a_new_leader.story";
    /// A run of writes of which some lie in the log is turned away.
    OverlapTurnedAway, "progress", "", "agreed::forwards::tests::what_is_held_is_turned_away";
    /// A request starts although others of its connection wait.
    RowJumped, "session order broken", "", "agreed_03_one_connection_is_one_program.story";
    /// A write of a start that is over runs after those of a later one.
    OldBootRuns, "retry runs twice", "etcd#18424", "agreed::state::tests::only_the_successor_is_applied";
    /// The first write of a start that runs need not be its first.
    FirstOfBootSkipped, "retry runs twice", "etcd#18424", "agreed::state::tests::only_the_successor_is_applied";
    /// Where there are too many rounds, the reads of the oldest are never answered.
    OldestRoundForgotten, "progress", "", "agreed::read_index::tests::an_answer_to_a_newer_attempt_serves_all";
    /// Reads of later rounds are never answered once an earlier one is.
    LaterRoundsForgotten, "progress", "", "agreed::read_index::tests::an_answer_to_an_older_attempt_says_nothing_of_newer_reads";
    /// The bytes of a read that cannot be shown are counted for ever.
    UnshowableReadsLeak, "progress", "", "agreed::read_index::tests::who_goes_weighs_nothing";
    /// However many writes are sent and not applied, more are.
    UnappliedWithoutLimit, "memory without limit", "", "agreed::proposals::tests::great_writes_go_one_by_one";
    /// However many entries wait for those before them, more are kept.
    InboxWithoutLimit, "memory without limit", "", "merged::anti_entropy::tests::only_so_many_entries_wait";
    /// A node counts as fresh once a quorum has confirmed what is committed, before that is
    /// applied.
    FreshBeforeApplied, "follower read without waiting", "tidb#43583", "agreed::read_index::tests::a_new_boot_confirms_once_without_being_asked";
    /// What stands behind a refusal in a list of commands does not run.
    ListStopsAtRefusal, "wrong answer", "", "agreed::state::tests::a_refusal_in_a_list_stops_nothing";
    /// The first command of a transaction is a write of its own.
    ExecTorn, "a list runs half", "";
    /// The last command of a transaction does not run.
    LastOfListSkipped, "a list runs half", "";
    /// EXEC runs whatever was written to the keys that its connection watches.
    ConditionsIgnored, "wrong answer", "";
    /// A key that is watched counts as unchanged as long as it has a value.
    WatchedAliveEnough, "wrong answer", "";
    /// A key that came and went counts as one that was never there.
    RemovalsUnversioned, "wrong answer", "", "watch_01_keys_that_change.story";
    /// A snapshot does not say where keys were last removed.
    SnapshotWithoutVersions, "snapshot", "", "watch_03_a_start_from_a_snapshot.story";
    /// The next snapshot takes away the one that a member fetches.
    FetchedTakenAway, "progress", "", "snapshot::tests::the_next_one_does_not_take_away_what_is_fetched";
    /// A snapshot that somebody asked for and that failed is not tried again.
    WantedForgotten, "snapshot", "", "snapshot::tests::one_that_was_asked_for_and_failed_is_tried_again";
    /// A WATCH of a key without a value does not notice that its prefix was another keyspace's for
    /// a while.
    CarvingUnnoticed, "wrong answer", "", "watch_05_a_prefix_that_changes_hands.story";
    /// The same, where the entry that ends a carving begins the next.
    NextHidesEnd, "wrong answer", "", "agreed::state::tests::a_prefix_has_changed_hands_also_where_the_next_one_begins_there";
    /// EXEC without commands that own keys goes under `default`, whatever was watched.
    WatchedForDefault, "progress", "", "watch_06_an_exec_without_commands.story";
    /// What a connection asked to watch and then forgot counts for its next transaction.
    ForgottenWatchCounts, "wrong answer", "", "session::watches::tests::what_is_forgotten_on_its_way_does_not_count_for_what_is_watched_next";
    /// EXEC runs although a WATCH before it was refused.
    RefusedWatchForgotten, "wrong answer", "", "session::watches::tests::an_exec_behind_a_watch_that_was_refused_is_refused";
    /// All commands of a list stand at one place.
    ListAtOnePlace, "wrong certificate", "", "agreed::state::tests::a_refusal_in_a_list_stops_nothing";
    /// A key that is removed is counted on.
    RemovedKeysCounted, "wrong answer", "", "agreed::state::tests::del_counts_what_was_there";
    /// What others forwarded, and Raft dropped while it handed over, is taken for appended.
    DroppedForwardsKept, "progress", "", "agreed_13_a_hand_over_in_vain.story";
    /// A merged DEL counts the keys that it names, not those that were there.
    MergedDelCountsAll, "wrong answer", "", "merged::state::tests::a_delete_counts_each_key_once";
    /// Room that was given back is handed out twice.
    RoomGivenTwice, "wrong answer", "", "store::tests::a_store_holds_what_a_map_would";
    /// Where a record has a deadline, its flag is not read: the deadline is taken for a part of the
    /// key and the value.
    DeadlineTakenForValue, "wrong answer", "", "store::record::tests::a_deadline_takes_room_only_where_there_is_one";
    /// The room of a value that another one takes the place of is never given back.
    OldRoomKept, "memory without limit", "", "store::tests::room_is_used_again_and_given_back";
    /// A clock that was set is noticed no sooner than the old measurement is too old.
    SetClockUnnoticed, "clock-skew loss", "", "cluster::clocks::tests::a_narrow_measurement_is_kept_for_a_while";
    /// Half of all clocks carry log time, which is no majority.
    HalfCarriesLogTime, "time in the log", "", "cluster::clocks::tests::log_time_goes_no_further_than_the_lower_median_and_the_cap";
    // Snapshots.
    /// What changes before a snapshot has seen it is written as it is by then.
    PreImagesForgotten, "snapshot", "dragonfly#4757", "store::walk::tests::a_walk_sees_what_was_there_when_it_began";
    /// A snapshot does not say which writes have run.
    SnapshotWithoutLastWrites, "snapshot", "";
    /// A snapshot does not say how high its stamps are.
    SnapshotWithoutCeiling, "snapshot", "";
    /// A state that is fetched counts before it is on disk.
    FetchedBeforeSync, "un-synced loss", "", "snapshots_04_fetched_on_a_slow_disk.story";
    /// Keys of a state that was fetched in part are taken for those of the next one.
    FetchesMixed, "snapshot", "", "snapshots_05_fetched_in_two_parts.story";
    /// A write that a fetched state may hold is said to have been refused.
    SkippedAsRefused, "unknown reported as failed", "", "snapshots_06_a_write_in_a_fetched_state.story";
    /// A leader offers a snapshot whose successors it does not keep any more.
    OffersStaleSnapshot, "snapshot", "", "agreed::storage::tests::a_snapshot_is_offered_while_what_follows_it_is_here";
    /// Who is behind fetches from its leader, whoever else has the state.
    LeaderAskedAlone, "load", "", "snapshots_15_from_another_follower.story";
    /// Who fetches the state of a leader that is gone does not hear of the next one's.
    LaterLeaderUnheard, "progress", "", "snapshots_20_the_next_leader.story";
    /// Who has fetched the state of another follower tells that one, not the leader.
    LeaderNotTold, "progress", "tikv#2341, etcd#10225", "snapshots_15_from_another_follower.story";
    /// A snapshot serves that stands before what the leader's log begins with.
    OlderOfferTaken, "snapshot", "", "snapshot::search::tests::another_offer_stands_where_the_leaders_log_goes_on";
    /// Who is fed from the log on disk gets an entry that was replaced by another.
    ReplacedEntryFed, "replicas differ", "", "agreed::on_disk::tests::what_was_replaced_is_passed_over";
    /// What cannot be read of the log counts as readable where it is the first entry of its place.
    LostPlaceKept, "progress", "", "agreed::on_disk::tests::what_cannot_be_read_is_not_there_any_more";
    /// A read of the log on disk is taken to have ended one entry before its end.
    EndTooEarly, "progress", "", "agreed::on_disk::tests::what_was_replaced_is_passed_over";
    /// What cannot be read of the log is asked for again and again.
    LostLogAskedAgain, "progress", "", "agreed::on_disk::tests::what_cannot_be_read_is_not_there_any_more";
    /// A leader waits for ever for a follower that fetches a snapshot.
    FetchNeverGivenUp, "progress", "tikv#2341, etcd#10225", "snapshots_21_an_offer_is_lost.story";
    /// A replica that joined a state sends what it has to who lacks what that state holds.
    JoinedGapSent, "progress", "", "merged::log::tests::who_joined_a_state_has_no_entries_for_who_lacks_what_that_holds";
    /// A fetch is given up at the first piece that is lost once some have come.
    AttemptsAddedUp, "progress", "", "snapshots_19_a_piece_is_lost.story";
    /// A replica that does not keep old entries any more sends what it has.
    CutLogSkips, "snapshot", "", "merged::log::tests::who_lacks_what_is_forgotten_is_told_so";
    /// A snapshot counts as whole although a part of it is missing.
    EndUncounted, "snapshot", "", "wire::section::tests::what_is_cut_or_changed_is_not_complete";
    /// Tombstones wait for what a member told of that is gone, and go without what it wrote last.
    GoneStillAwaited, "deletes resurrect", "", "merged::stability::tests::what_a_member_wrote_that_is_gone_comes_first";
    /// A tombstone goes a few milliseconds after it came, whoever has it.
    TombstonesByAge, "deletes resurrect", "KeyDB#83";
    /// A tombstone goes once every member has it, whatever older is still on its way.
    OneRoundEnough, "deletes resurrect", "KeyDB#83";
    /// A tombstone goes although one member has not said that it has it.
    OneMemberUnasked, "deletes resurrect", "KeyDB#83";
    /// A state that is fetched brings back a key that was deleted here and whose tombstone is gone.
    JoinRevives, "deletes resurrect", "", "merged::state::join::tests::what_is_gone_here_is_not_taken_in";
    /// What is gone in a state that is fetched stays here.
    JoinKeepsGone, "deletes resurrect", "", "merged::state::join::tests::what_is_gone_there_goes";
    /// A key that is still to be joined is read as it is here.
    UnjoinedUnseen, "merge too early", "", "snapshots_17_while_a_state_is_joined.story";
    /// A key that is still to be joined is written, and counted, as if only what is here were
    /// there.
    WrittenUnjoined, "wrong answer", "", "merged::state::join::tests::joined_in_slices_it_is_as_if_at_once";
    /// A slot is left out where a slice ends at its border.
    JoinSkipsSlot, "snapshot", "", "merged::state::join::tests::joined_in_slices_it_is_as_if_at_once";
    /// Of a replica's increments only the last one counts.
    LastIncrementWins, "lost update", "", "counters_01_both_count.story";
    /// An increment does not see a SET before it in its replica's own log that was not applied yet.
    OwnUnseen, "lost update", "", "counters_02_behind_a_set.story";
    /// A SET that wins leaves increments which had not seen it.
    UnseenSetKeepsSums, "replicas diverge", "", "merged::register::tests::any_order_gives_what_the_definition_says";
    /// Where a state is joined that holds the same increments they count twice.
    SumsAddedAtJoin, "wrong answer", "", "merged::register::tests::states_that_are_joined_are_the_fold_of_both";
    /// Where a state is joined the increments that are new in it are left out.
    SumsDroppedAtJoin, "lost update", "", "merged::register::tests::states_that_are_joined_are_the_fold_of_both";
    /// A state that is fetched brings back an increment that a DEL took along which is gone here.
    JoinRevivesSum, "deletes resurrect", "", "merged::register::tests::states_that_are_joined_are_the_fold_of_both";
    /// A snapshot has the increments of one replica only.
    SnapshotWithoutSums, "snapshot", "", "counters_06_a_start_from_a_snapshot.story";
    /// Increments are added to a state of which something is missing.
    CountedWhileLost, "recovery", "", "counters_07_a_lost_state.story";
    /// An increment of what is no number gets into the log.
    IncrementUnchecked, "wrong answer", "", "counters_05_no_number.story";
    /// Tombstones are gathered for a vector that does not hold all of them, and so they stay.
    BatchHeldAsTold, "memory without limit", "", "merged::stability::tests::a_batch_waits_until_its_own_replica_tells_of_it";
    /// A replica tells of deletes that its own entries on their way to the disk have not seen.
    ToldAheadOfOwn, "deletes resurrect", "", "merged::log::tests::no_more_is_told_than_was_applied_when_the_next_own_entry_was_made";
    /// A tombstone goes while a state is lost, in whose place one with an older write may come.
    TombstonesGoWhileLost, "deletes resurrect", "", "merged::stability::tests::none_goes_while_a_state_is_lost_that_may_come_back_with_older_writes";
    /// A tombstone goes while an older write is still to be joined.
    TombstonesGoMeanwhile, "deletes resurrect", "", "merged_17_no_tombstone_goes_while_a_state_is_joined.story";
    /// An entry that a fetched state holds is applied once it is on disk all the same.
    JoinedAppliedAgain, "deletes resurrect", "", "merged::apply::tests::what_a_fetched_state_holds_is_not_applied";
    /// Who has fetched a state tells so before its own older entries are on its disk.
    JoinedToldAtOnce, "deletes resurrect", "", "merged::log::tests::who_joined_a_state_tells_nothing_before_its_own_entries_are_on_disk";
    /// The clock is raised past a stamp when that is applied, not when it is taken in.
    ClockRaisedLate, "deletes resurrect", "", "merged_10_a_write_beside_a_delete_on_its_way.story";
    /// A state that was fetched takes the place of a log that holds it and more.
    HeldDropped, "un-synced loss", "", "agreed::storage::tests::a_state_leaves_what_the_log_holds_behind_it";
    /// A node that has lost its state votes.
    VotesWithoutState, "recovery", "";
    /// A node that has lost its state acknowledges entries.
    AcknowledgesWithoutState, "recovery", "";
    /// Who holds what another member says is committed waits for a leader to say so.
    CommitNotHeard, "progress", "", "snapshots_11_two_of_three.story";
    /// A state is taken although the log that was kept does not go on behind it.
    GapTaken, "log cut too far", "", "node::lost_state::tests::a_state_behind_which_the_log_does_not_go_on_is_not_fetched";
    /// A merged state that is lost counts as if it were there when another one is joined.
    LostCountsAsHere, "recovery", "", "snapshots_12_merged.story";
    /// What a log that is cut begins with does not say what its node has promised.
    MarkWithoutFacts, "recovery", "";

    // What survives a lost majority.
    /// Of the agreed logs of survivors the longest is taken, whatever its last term.
    LongestLogTaken, "log cut below commit", "", "recover_01_a_lost_quorum.story";
    /// What no survivor knows to be committed is left out.
    TailNotTaken, "log cut below commit", "", "agreed::replay::tests::all_is_applied_where_nobody_can_commit_it_any_more";
    /// Merged writes that only another survivor holds than the one whose agreed log is taken are
    /// left out.
    SurvivorNotJoined, "lost update", "", "recover_01_a_lost_quorum.story";
    /// The new node counts its boots on from those that one survivor knows.
    SurvivorsBootIgnored, "numbers used twice", "", "recover_02_what_goes_on.story";

    // Sessions that move.
    /// A token is taken for reached at once.
    FloorNotAwaited, "session guarantees", "", "sessions_01_a_token_brings_a_session_along.story";
    /// Of a token only what it says of the merged logs counts.
    AgreedFloorIgnored, "session guarantees", "", "sessions_01_a_token_brings_a_session_along.story";
    /// Of a token only what it says of the agreed log counts.
    MergedFloorIgnored, "session guarantees", "", "sessions_02_over_merged_logs.story";
    /// A token that a session takes on from where it only waited says nothing of the agreed log.
    FloorNotHandedOn, "session guarantees", "", "sessions_07_handed_on.story";
    /// A token says nothing of the order of a keyspace that its session was just given.
    ResolvedUnnoted, "session guarantees", "", "sessions_08_in_one_go.story";
    /// Who has waited in vain goes on as if it had no token.
    FloorDropped, "session guarantees", "", "sessions_03_who_gave_up_does_not_go_back.story";
    /// Tokens of two epochs of a cluster are merged.
    EpochsMerged, "session guarantees", "", "token::tests::tokens_of_other_clusters_and_epochs_are_not_merged";
    /// A token from before the cluster was brought back is waited for.
    TokenEpochIgnored, "session guarantees", "", "node::floors::tests::a_token_that_can_never_be_reached_is_refused_at_once";

    // Keyspaces.
    /// What a member said of an earlier attempt to carve out a prefix counts for this one.
    StaleReportCounts, "a key in two keyspaces", "", "carving::tests::all_must_have_said_all_of_this_attempt";
    /// While a prefix changes hands, reads of its keys go on.
    ReadsNotFenced, "a key in two keyspaces", "", "keyspaces_02_live_keys.story";
    /// A member says that it refuses commands before that is on its disk.
    FencedBeforeSync, "a key in two keyspaces", "", "keyspaces_15_on_a_slow_disk.story";
    /// A prefix changes hands although one member has not said that it refuses commands.
    OpenedWithoutOne, "a key in two keyspaces", "", "keyspaces_03_a_partition.story";
    /// Members that say nothing is there are counted, whoever they are.
    MembersCounted, "a key in two keyspaces", "", "carving::tests::one_that_came_since_does_not_speak_for_a_member";
    /// The state machine runs a write whatever keyspace it names.
    NotResolvedAgain, "a key in two keyspaces", "", "keyspaces_07_writes_on_their_way.story";
    /// The id of a keyspace that is gone is given to another one.
    IdUsedAgain, "numbers used twice", "", "keyspace::table::tests::no_id_comes_again";
    /// A level that is weaker than the keyspace's own is given without leave.
    WeakerAlways, "silent downgrade", "", "keyspace::definition::tests::what_is_weaker_needs_leave_and_what_is_stronger_needs_the_order";
    /// A node does not keep on its disk which keyspaces it goes by.
    KeyspacesNotKept, "a key in two keyspaces", "", "keyspaces_09_a_lost_state.story";
    /// The keyspaces with which a cluster begins are made again, whatever was dropped since.
    BeginsAgain, "a key in two keyspaces", "", "keyspace::table::beginning::tests::they_come_one_after_the_other_and_once";
    /// A key of a keyspace with which the cluster is to begin is written before that is made.
    BeginningNotAwaited, "a key in two keyspaces", "", "keyspaces_11_at_the_beginning.story";
    /// A key of a keyspace with which the cluster begins is written while those before it are made.
    ToComeTaken, "a key in two keyspaces", "", "keyspaces_14_begun_one_by_one.story";
    /// What a cluster is to begin with is not proposed again where a full disk has dropped it.
    ProposedThoughDropped, "progress", "", "keyspaces_14_begun_one_by_one.story";
    /// Of a command's keys only the first two must be of one keyspace.
    ThirdKeyOverlooked, "a key in two keyspaces", "", "keyspace::tests::keys_of_a_command_belong_to_one_keyspace";
    /// SCAN and KEYS look at `default`, whatever their pattern begins with.
    PatternForDefault, "wrong answer", "", "keyspaces_13_listed.story";
    /// SCAN and KEYS list keys of other keyspaces of the same order.
    OthersListed, "wrong answer", "", "keyspaces_13_listed.story";
    /// A snapshot does not say which keyspaces there are.
    SnapshotWithoutKeyspaces, "snapshot", "", "keyspaces_08_snapshots.story";

    /// A read that names no level has that of `default`, whichever keyspace its key is in.
    LevelOfDefault, "silent downgrade", "";
    /// Deadlines count for keys of `default` alone, until they are reclaimed.
    DeadlinesOfDefaultAlone, "replicas differ", "";
    /// A token says where its session stands in the order of `default` alone.
    TokenOfDefaultAlone, "session guarantees", "", "sessions_06_a_token_of_two_orders.story";
    /// What is to run once, and has run on a key of another keyspace than `default`, runs again.
    OnceOfDefaultAlone, "retry runs twice", "";
    /// A WATCH of a key of another keyspace than `default` holds whatever becomes of it.
    WatchOfDefaultAlone, "wrong answer", "";

    // Limits of memory.
    /// Whether a write finds memory is decided by the node that was asked for it alone.
    OomDecidedByAsked, "replicas differ", "";
    /// A value that is overwritten is counted for ever.
    OverwrittenCounted, "replicas differ", "";
    /// A list of commands runs although one of them grows and there is no memory.
    FullListRuns, "a list runs half", "", "agreed::state::tests::a_list_that_grows_is_refused_as_a_whole";
    /// A snapshot does not say what the limit of memory is.
    SnapshotWithoutLimit, "snapshot", "", "limits_03_a_snapshot_has_the_limit.story";
    /// Removals of keys that are not there are taken without end.
    RemovalsWithoutEnd, "memory without limit", "", "limits_05_merged.story";

    // Commands that run once.
    /// A command that has run under its id runs again.
    OnceRunsAgain, "retry runs twice", "etcd#18424";
    /// A snapshot does not say what has run once.
    OnceForgottenInSnapshot, "retry runs twice", "", "once_03_starts_and_fetched_states.story";
    /// A repeated answer stands where it was asked for again, not where the command ran.
    OnceWithoutPosition, "wrong certificate", "foundationdb#12582";
    /// An answer that is kept shows the time of the replica that keeps it.
    OnceShowsOwnTime, "replicas differ", "", "agreed::state::tests::once::what_is_kept_is_of_the_time_in_the_log";
    /// How old an id is, each node says by its own clock.
    OnceByWallClock, "replicas differ", "", "once_04_by_log_time.story";
    /// The answer to one command is given for another with the same id.
    OnceOtherCommandTaken, "wrong answer", "", "once_01_sent_again.story";
    /// An id that may have been forgotten runs.
    OnceRetentionIgnored, "retry runs twice", "", "once_04_by_log_time.story";
    /// The limits of ONCE with which a node was started take the place of those that were set.
    FirstLimitsAlways, "wrong answer", "", "agreed::state::tests::once::limits_that_were_set_are_not_those_of_a_start";
    /// However many ids are kept, more are.
    OnceWithoutBound, "memory without limit", "", "agreed::state::tests::once::only_so_many_ids_are_kept";
    /// However long an answer is, it is kept.
    LongAnswersKept, "memory without limit", "", "agreed::state::once::answer::tests::a_long_answer_is_not_kept";

    // Expiry.
    /// Keys go by the clock of each node, not by the time of the entries.
    ExpiredByWallClock, "expired alive again", "tikv#13082, etcd#9395";
    /// A follower looks at its own clock for what is dead.
    FollowerReadsOwnClock, "expired alive again", "scylladb#6149";
    /// A snapshot does not say when its keys go.
    SnapshotWithoutDeadlines, "snapshot", "";
    /// Who begins with a snapshot does not know what time it was there.
    SnapshotWithoutTime, "expired alive again", "", "agreed::state::tests::expiry::a_snapshot_has_deadlines_and_the_time";
    /// SET with KEEPTTL forgets the deadline.
    KeepTtlForgotten, "wrong answer", "";
    /// An entry that reclaims takes the next keys, whether they are dead at its time or not.
    ReclaimedByNoTime, "expired too early", "";
    /// Nothing is appended when a key falls due and nothing is written.
    NeverReclaimed, "progress", "", "expiry_01_due.story";
    /// What had a deadline stays listed under it when it has another one, or none.
    DeadlineStaysListed, "wrong answer", "", "store::tests::deadlines_are_those_of_the_records";
}

#[cfg(feature = "mutants")]
thread_local! {
    static PLANTED: Cell<Option<Mutant>> = Cell::new(named());
}

/// The variable that names a bug for a whole process: so tests are run with it.
#[cfg(feature = "mutants")]
const VARIABLE: &str = "CANDOR_MUTANT";

/// The bug that is planted from the start, if any.
#[cfg(feature = "mutants")]
fn named() -> Option<Mutant> {
    let name = std::env::var(VARIABLE).ok()?;
    Mutant::ALL.iter().copied().find(|mutant| format!("{mutant:?}") == name)
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

/// `mutant!(Name, sound, broken)`: what is right, and what this bug has instead.
#[cfg(feature = "mutants")]
macro_rules! mutant {
    ($name:ident, $sound:expr, $broken:expr) => {
        if $crate::mutants::is_planted($crate::mutants::Mutant::$name) { $broken } else { $sound }
    };
}

/// `mutant!(Name, sound, broken)`: in this build, what is right.
#[cfg(not(feature = "mutants"))]
macro_rules! mutant {
    ($name:ident, (), $broken:expr) => {{}};
    ($name:ident, $sound:expr, $broken:expr) => {{ $sound }};
}
