//! The table of the planted bugs, and that it and the code agree.

use std::fs;
use std::path::{Path, PathBuf};

/// Declares the mutants: what each does wrong, its class, and the test that catches it.
macro_rules! mutants {
    ($($(#[doc = $what:literal])+ $name:ident, $class:literal, $caught_by:literal;)+) => {
        /// A planted bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Mutant {
            $($(#[doc = $what])+ $name,)+
        }

        impl Mutant {
            /// All of them.
            pub(super) const ALL: &[Mutant] = &[$(Mutant::$name),+];

            /// What it does wrong, in a line.
            fn what(self) -> &'static str {
                match self {
                    $(Mutant::$name => concat!($($what),+).trim_ascii(),)+
                }
            }

            /// The class of bugs that it stands for.
            fn class(self) -> &'static str {
                match self {
                    $(Mutant::$name => $class,)+
                }
            }

            /// The test that catches it.
            pub(super) fn caught_by(self) -> &'static str {
                match self {
                    $(Mutant::$name => $caught_by,)+
                }
            }
        }
    };
}

mutants! {
    // What is promised before it is on disk.
    /// A group is acknowledged without any sync.
    NoSync, "un-synced loss", "log::crashes::acknowledged_groups_survive_a_power_loss_at_any_moment";
    /// Only every second group is synced.
    EverySecondSync, "un-synced loss", "log::crashes::acknowledged_groups_survive_a_power_loss_at_any_moment";
    /// A group is acknowledged when it is taken up, before it is written.
    TellsBeforeSync, "un-synced loss", "log::thread::tests::a_failed_sync_is_the_end";
    /// The group that is held back for the next frame is acknowledged with this one.
    HeldBackAcknowledged, "un-synced loss", "log::thread::tests::groups_that_do_not_fit_into_a_segment_together_are_apart";
    /// What is written beside the thread overtakes what is queued for it.
    QueueOvertaken, "un-synced loss", "log::thread::tests::what_is_queued_is_not_overtaken";
    /// What was written beside the thread is never sealed.
    WrittenBesideNotSealed, "damage unnoticed", "log::thread::tests::what_was_written_beside_the_thread_is_sealed_after_a_while";
    /// What is queued when the server ends is not written.
    QueuedLostAtEnd, "un-synced loss", "log::thread::tests::what_is_queued_at_the_end_is_made_durable";
    /// The header of a new segment is not synced before the segment has its name.
    NoHeaderSync, "un-synced loss", "log::crashes::acknowledged_groups_survive_a_power_loss_at_any_moment";
    /// The name of a new segment is not synced.
    NoDirectorySync, "un-synced loss", "log::crashes::acknowledged_groups_survive_a_power_loss_at_any_moment";
    /// The name of a new data directory is not synced.
    NewDirectoryNotSynced, "un-synced loss", "log::crashes::acknowledged_groups_survive_a_power_loss_at_any_moment";
    /// What a killed process left unsynced of the names above the data directory is taken for
    /// durable.
    KilledStartForgotten, "un-synced loss", "log::crashes::any_operation_may_fail";
    /// A directory above the data directory that may be written and not read is passed over.
    UnreadablePassedOver, "un-synced loss", "log::directory::tests::a_directory_above_that_may_be_written_and_not_read_is_told_of_at_every_start";
    /// What a killed process left unsynced of the names is taken for durable.
    NamesNotSyncedAtStart, "un-synced loss", "log::crashes::names_that_a_process_left_unsynced_are_durable_after_the_next_start";
    /// What a killed process left unsynced of the names beside the log is taken for durable.
    OldNamesNotSynced, "un-synced loss", "log::crashes::an_identity_that_a_process_left_unsynced_is_durable_after_the_next_start";
    /// The last frame is not written again at the start: after a failed sync it is in memory alone.
    LastFrameNotRewritten, "fsync error believed", "log::crashes::what_a_start_has_read_is_durable_also_after_a_failed_sync";
    /// A sync that failed is tried again and believed.
    FailedSyncRetried, "fsync error believed", "log::crashes::a_failed_sync_is_not_tried_again";
    /// A sync that failed is taken for one that did not.
    FailedSyncForgotten, "fsync error believed", "log::crashes::a_failed_sync_is_not_tried_again";
    /// A log on which a write or a sync failed is written on, and acknowledges what was lost.
    BrokenLogWritten, "fsync error believed", "log::thread::tests::nothing_is_written_beside_the_thread_after_a_failure_there";
    /// A disk that stalled is waited for again at once.
    StallForgiven, "availability", "log::pace::tests::a_disk_that_stalls_again_and_again_has_to_be_quick_for_longer_and_longer";
    /// What the system wrote of a group is taken for all of it.
    ShortWrite, "torn tail", "log::crashes::any_operation_may_fail";

    // Snapshots.
    /// A snapshot is put in place before it is synced.
    SnapshotNotSynced, "un-synced loss", "snapshots::crashes::what_was_acknowledged_survives_a_power_loss_at_any_moment";
    /// The name of a snapshot is not synced before the log behind it is cut.
    SnapshotNameNotSynced, "un-synced loss", "snapshots::crashes::what_was_acknowledged_survives_a_power_loss_at_any_moment";
    /// What a killed process left unsynced of the names of snapshots is taken for durable.
    SnapshotNamesNotSyncedAtStart, "un-synced loss", "snapshots::crashes::what_was_acknowledged_survives_a_kill_at_any_moment";
    /// A snapshot is put in place without being read back.
    SnapshotNotReadBack, "damage unnoticed", "snapshots::tests::a_snapshot_that_cannot_be_written_fails_alone";
    /// A damaged snapshot is loaded.
    DamagedSnapshotTaken, "damage unnoticed", "snapshots::tests::a_damaged_snapshot_gives_way_to_the_one_before_it";
    /// A snapshot of another version is loaded.
    OtherSnapshotVersionTaken, "version ignored", "snapshots::format::tests::a_header_that_was_changed_is_damage_and_one_of_another_version_is_not";
    /// The node is not told of a snapshot that cannot be read, and uses its number again.
    SkippedNumberUsedAgain, "off by one", "snapshots::tests::a_damaged_snapshot_gives_way_to_the_one_before_it";
    /// Nor of one that an earlier start found bad.
    BadNumberUsedAgain, "off by one", "snapshots::tests::with_no_good_snapshot_there_is_none";
    /// Snapshots that were found bad are kept for ever.
    BadSnapshotsKept, "full disk", "snapshots::folder::tests::of_bad_ones_the_newest_two_are_kept";
    /// A snapshot says that it holds one group more than it does.
    MarkOneTooHigh, "off by one", "log::thread::tests::a_mark_ends_the_group_and_names_the_frame_behind_it";
    /// A group that is written beside the thread comes before the mark of a snapshot that does not
    /// hold it.
    MarkOvertaken, "order", "log::thread::tests::what_is_written_beside_the_thread_does_not_overtake_a_mark";
    /// A snapshot is begun before the group that was handed over before it.
    SnapshotBeforeItsGroup, "order", "event_loop::driver::tests::a_snapshot_holds_what_was_handed_over_before_it_and_nothing_else";
    /// Nobody tells a snapshot which frames it holds.
    MarkNotTold, "progress", "event_loop::driver::tests::a_snapshot_comes_into_being_is_read_and_cuts_the_log";
    /// What is asked of a snapshot that is gone is answered with bytes of the newest.
    GoneSnapshotRead, "wrong answer", "snapshots::tests::what_is_gone_or_damaged_is_not_read";
    /// A snapshot is written as fast as the disk goes while clients wait for the log.
    PaceIgnored, "availability", "snapshots::pace::tests::a_snapshot_waits_only_for_a_log_that_is_written";
    /// A snapshot that was given up keeps its room.
    GivenUpSnapshotStays, "disk without limit", "snapshots::tests::what_is_given_up_is_gone";
    /// A snapshot that an earlier life did not finish keeps its room.
    UnfinishedSnapshotKept, "disk without limit", "snapshots::folder::tests::names_are_told_apart_and_what_was_not_finished_is_removed";

    // The log that is cut.
    /// The log is cut behind the newest snapshot, and the one before it is worth nothing.
    CutPastOlder, "log cut too far", "snapshots::tests::two_are_kept_and_the_log_is_cut_behind_the_older_one";
    /// The log is cut with the first snapshot.
    CutWithOne, "log cut too far", "snapshots::tests::two_are_kept_and_the_log_is_cut_behind_the_older_one";
    /// A segment is cut although its last frames are needed.
    CutInsideSegment, "log cut too far", "log::tests::what_is_cut_is_gone_and_what_it_leaves_is_used_again";
    /// The log is never cut.
    LogNeverCut, "disk without limit", "event_loop::driver::tests::a_snapshot_comes_into_being_is_read_and_cuts_the_log";
    /// No snapshot is begun before its time where the disk runs short of room.
    RoomIgnored, "disk without limit", "event_loop::driver::tests::a_snapshot_is_begun_early_where_room_runs_short";
    /// A full disk gets no snapshot, though a small state has room there.
    FullForEver, "disk without limit", "event_loop::driver::tests::a_full_disk_on_which_the_state_has_room_gets_a_snapshot";
    /// A frame is left out between two parts of the log that are read for a member.
    PartSkipped, "progress", "log::reads::tests::parts_follow_each_other_across_segments";
    /// What became durable is said to lie in the next frame.
    FrameOneTooHigh, "progress", "log::thread::tests::a_great_group_that_finds_no_room_is_told_of_while_it_waits";
    /// A segment is used again with what is left in it of its former life.
    RecycledNotZeroed, "torn tail", "log::segment::tests::a_segment_that_is_used_again_is_all_zeros";
    /// What a snapshot holds is replayed once more, where it shares a segment with what it lacks.
    KnownReplayedAgain, "replayed twice", "log::tests::a_log_is_read_from_any_frame_on";
    /// A log that ends before what its snapshot holds is taken for whole.
    LogBehindSnapshot, "damage unnoticed", "log::tests::a_log_is_read_from_any_frame_on";

    /// Harm to what a good snapshot holds stops a start.
    KnownHarmStops, "availability", "log::tests::harm_to_what_a_snapshot_holds_is_passed_over_and_told";

    // What a start makes of what it finds.
    /// A frame whose checksum is wrong is taken for whole.
    TornTailTakenForWhole, "torn tail", "log::tests::a_torn_tail_is_cut_wherever_it_is_torn";
    /// A torn tail is left where it is.
    TornTailNotCut, "torn tail", "log::tests::a_torn_tail_is_cut_wherever_it_is_torn";
    /// A bad frame is taken for a torn tail, whatever follows it.
    DamageTakenForTorn, "damage unnoticed", "log::tests::damage_is_told_from_a_torn_tail";
    /// A segment that ends before the next one begins is taken.
    EndsTooSoon, "damage unnoticed", "log::tests::damage_before_an_empty_segment_is_noticed";
    /// A log whose first segment is missing is taken.
    FirstSegmentMissing, "damage unnoticed", "log::tests::missing_and_foreign_files_are_named";
    /// A segment that is shorter than its header says is taken.
    ShortenedSegmentTaken, "damage unnoticed", "log::tests::a_shortened_segment_is_damage";
    /// The last frame is not sealed, so harm to it looks like a torn tail for ever.
    NoSeal, "damage unnoticed", "log::thread::tests::harm_to_the_last_group_is_seen_once_it_is_sealed";
    /// A group takes the room of the seal behind it.
    NoRoomForSeal, "damage unnoticed", "log::thread::tests::harm_to_the_last_group_is_seen_once_it_is_sealed";
    /// All segments have the same salt, so a client can store what passes for a frame.
    ConstantSalt, "forged frame", "log::crashes::each_segment_has_a_salt_of_its_own";
    /// A new segment has the number of the one before it, and takes its place.
    SegmentNumberReused, "log overwritten", "log::tests::full_segments_roll";
    /// A segment of another version is taken.
    OtherVersionTaken, "damage unnoticed", "log::segment::tests::bad_headers_are_refused";

    // Whose directory it is.
    /// A directory that had a log starts empty.
    LostLogTaken, "lost directory", "log::tests::a_directory_without_its_log_does_not_start_empty";
    /// The log of another directory is taken.
    ExchangedLogTaken, "lost directory", "log::tests::a_log_of_another_directory_is_refused";
    /// Somebody else's directory is taken.
    ForeignDirectoryTaken, "lost directory", "log::directory::tests::somebody_elses_directory_is_refused";
    /// The bytes of the identity are not synced before it has its name.
    IdentityNotSynced, "un-synced loss", "log::crashes::acknowledged_groups_survive_a_power_loss_at_any_moment";
    /// The name of the identity is not synced.
    IdentityNameNotSynced, "un-synced loss", "log::crashes::a_log_that_is_gone_is_missed_also_after_a_power_loss";
    /// The identity is written before there is a log that could be lost.
    IdentityFirst, "lost directory", "log::tests::a_directory_without_its_log_does_not_start_empty";

    /// A directory that another process uses is taken.
    LockIgnored, "two nodes on one disk", "log::directory::tests::a_directory_is_made_and_locked";
    /// A survivor's directory is read though its node runs, or starts meanwhile.
    RestingNotLocked, "two nodes on one disk", "log::directory::tests::a_directory_that_rests_is_locked_and_left_as_it_is";

    // What the system refuses.
    /// A disk that fails (EIO) is taken for one that is full.
    BrokenTakenForFull, "fsync error believed", "log::crashes::any_operation_may_fail";
    /// A directory that may not be written for a while stops the node.
    RefusalIsTheEnd, "availability", "log::crashes::what_the_system_has_not_got_is_waited_for";

    /// What could not be made whole is left, and takes the room that there is not.
    UnfinishedKept, "availability", "log::segment::tests::what_could_not_be_made_takes_no_room";
    /// The next segment that an earlier life had made ready is kept beside the new one.
    OldSpareKept, "availability", "log::tests::an_old_spare_is_removed";

    // Connections.
    /// Those that a backlog holds up are never woken.
    HeldUpNeverWoken, "progress", "event_loop::shared::tests::who_is_held_up_by_the_disk_is_woken_when_it_has_caught_up";
    /// However much waits for the disk, clients are read from.
    NoBackpressure, "memory without limit", "event_loop::shared::tests::who_is_held_up_by_the_disk_is_woken_when_it_has_caught_up";
    /// Those that many requests hold up are never woken.
    SwampedForEver, "progress", "event_loop::shared::tests::who_has_asked_waits_while_many_requests_do_and_who_has_not_does_not";
    /// What is told the node and needs no answer from it counts only for who waits for one.
    UnansweredUncounted, "memory without limit", "event_loop::shared::tests::who_has_told_something_waits_while_much_is_told_though_it_is_owed_nothing";
    /// A call may name the same command any number of times, and is told of it as often.
    NamesUnlimited, "memory without limit", "clients::tests::who_names_more_than_there_is_is_refused";
    /// A long reply that is made without the node counts like a short one.
    LongLocalRepliesFree, "load", "clients::tests::others_are_answered_between_long_replies_without_the_node";
    /// A client that sends a whole pipeline before it reads is waited for without end.
    StuckForEver, "progress", "clients::tests::who_asks_more_than_it_may_and_never_reads_is_let_go";
    /// Who holds values that the store let go of is looked into again at once, however long that
    /// took.
    LooksAllTheTime, "load", "clients::account::tests::what_took_long_to_find_out_is_good_for_long";
    /// A connection that is over is kept until the disk has caught up.
    GoneSessionKept, "memory without limit", "event_loop::shared::tests::who_is_gone_is_not_kept_for_the_disk";
    /// A connection to a peer that is over is still written to.
    StaleConnectionKept, "stale connection", "peers::link::tests::a_connection_that_is_over_takes_no_messages";
    /// The node is not told that a peer is gone.
    DisconnectionNotTold, "stale connection", "peers::link::tests::a_connection_that_is_over_takes_no_messages";
    /// Another node than the one at this address should be is taken for it.
    OtherNodeTaken, "stale connection", "peers::link::tests::another_node_at_the_address_is_turned_away";
    /// A node that is found at two addresses is connected to twice.
    ReachedTwice, "stale connection", "peers::tests::one_way_to_a_node_that_is_found_twice_is_enough";
    /// A member that is gone, or somewhere else, is dialled for ever where it was.
    GoneStillDialled, "stale connection", "peers::tests::links_follow_the_members";
    /// A node that nobody has taken in stops asking.
    JoinGivenUp, "availability", "peers::tests::an_address_to_join_at_tells_who_is_there";
    /// The connection of a member that is gone counts as that of a member.
    GoneStaysTrusted, "stale connection", "peers::inbound::tests::who_is_no_member_any_more_is_hung_up_on";
    /// While a cluster forms anybody comes in.
    AnybodyForms, "silence", "peers::inbound::tests::who_may_come_in_depends_on_whether_the_cluster_has_formed";
    /// A message is sent behind a gap of others that were dropped.
    GapFilled, "progress", "peers::outgoing::tests::once_a_message_is_dropped_all_are_until_the_queue_is_empty";
    /// A connection that the node wants closed stays.
    HangUpIgnored, "stale connection", "peers::inbound::tests::who_is_hung_up_on_is_gone_and_the_node_is_told";
    /// The node is not told that a connection to it is over.
    LeavingNotTold, "stale connection", "peers::inbound::tests::who_is_hung_up_on_is_gone_and_the_node_is_told";
    /// A node that must not go on, and learns it while the server ends, ends as if nothing were
    /// wrong.
    HaltForgotten, "superseded node goes on", "serve::tests::a_node_that_halts_while_the_server_ends_says_so";
    /// Nobody makes room at the port for peers, however many strangers are there.
    StrangersCrowdOut, "availability", "peers::inbound::tests::the_silent_make_room_before_the_identified_and_the_trusted_never";
    /// A socket that is full again after one more write is not waited for any more.
    BlockedTwiceNeverWoken, "progress", "peers::link::tests::what_fills_the_socket_again_and_again_arrives";
    /// An urgent message stands in the middle of a frame.
    UrgentWithinFrame, "broken protocol", "peers::outgoing::tests::urgent_messages_overtake_what_waits";
    /// A connection on which half a message was sent back goes on.
    HalfSentBack, "broken protocol", "peers::inbound::tests::who_was_sent_half_a_message_back_is_gone";
    /// Who is not trusted may send as much at once as a member.
    LongFromStrangers, "memory without limit", "peers::inbound::tests::who_is_not_trusted_says_nothing_long";
    /// Who is not trusted may say as much as a member.
    StrangersUnpaced, "memory without limit", "peers::inbound::tests::who_is_not_trusted_says_little_at_a_time";
    /// Peers are read however many of their messages wait for the node.
    PeersNeverHeldUp, "memory without limit", "peers::inbound::tests::no_peer_is_read_while_many_messages_wait";
    /// Peers that were held up are never read again.
    PeersHeldUpForEver, "progress", "peers::inbound::tests::no_peer_is_read_while_many_messages_wait";

    // Clients.
    /// A late reply to a connection that is over goes to the one that has its place now.
    ReplyToWhoCameAfter, "wrong answer", "clients::sessions::tests::a_late_reply_is_not_for_who_came_after";
    /// The level that a read asks for is not handed to the node.
    LevelLost, "silent downgrade", "clients::redis::tests::every_read_hands_its_level_to_the_node";
    /// The level that stands behind the name of a read is not asked for.
    SuffixForgotten, "silent downgrade", "clients::redis::tests::every_read_hands_its_level_to_the_node";
    /// A write that names a level runs, at that of its keyspace.
    LevelOfWriteTaken, "silent downgrade", "clients::redis::tests::every_read_hands_its_level_to_the_node";
    /// What is left of a pipeline that swamps the node is forgotten until more comes.
    SwampedRestForgotten, "progress", "clients::tests::who_swamps_the_node_is_answered_to_the_end";
    /// What is left of a pipeline that takes long is forgotten until more comes.
    PausedRestForgotten, "progress", "clients::tests::who_says_no_more_is_answered_to_the_end";
    /// Replies that came out of order count as asked for ever.
    AskedLeak, "progress", "clients::replies::tests::replies_out_of_order_make_room_for_requests_again";
    /// A reply without the node stands in the middle of a large value that is being sent.
    LocalOvertakes, "broken protocol", "clients::replies::tests::a_reply_without_the_node_waits_for_the_large_value_before_it";
    /// After RESET reads take the levels that the connection preferred before.
    PreferenceOutlivesReset, "silent downgrade", "clients::tests::after_a_reset_nothing_is_preferred_or_watched";
    /// A task that waits for replies to be sent is not woken.
    WaitingNeverWoken, "progress", "clients::tests::who_says_no_more_is_answered_to_the_end";
    /// A client that closes its end hears nothing more.
    HalfClosedDropped, "lost answer", "clients::tests::who_says_no_more_is_answered_to_the_end";
    /// Long replies without the node are sent as far as one write goes.
    LongLocalReplyStays, "progress", "clients::tests::many_replies_without_the_node_are_all_sent";
    /// What a socket did not take is not sent when it has room.
    RoomUnused, "progress", "clients::tests::who_reads_late_gets_all_that_its_socket_did_not_take";
    /// What is too much for one turn is not sent in the next.
    SentInOneTurnOnly, "progress", "clients::sessions::tests::a_turn_ends_although_all_are_owed_much_and_all_get_it";
    /// A connection does not end with the server.
    EndUnnoticed, "progress", "clients::tests::the_end_waits_for_nobody_who_is_owed_nothing";
    /// What is asked when the server ends is taken.
    TakesAtItsEnd, "progress", "clients::tests::what_is_asked_at_the_end_is_refused_and_answered";
    /// The end of the server does not hear of clients that go.
    DepartureNotNotified, "progress", "clients::tests::the_end_waits_for_nobody_who_is_owed_nothing";
    /// The node is not told that a client is gone.
    ClosingNotTold, "memory without limit", "event_loop::shared::tests::who_is_gone_is_not_kept_for_the_disk";

    // What drives the node.
    /// A turn begins with the time of the last one.
    StaleTick, "time", "event_loop::shared::tests::a_turn_begins_with_the_time_that_it_is";
    /// While there is more to do, nobody else has a turn.
    TurnWithoutYield, "progress", "event_loop::driver::tests::others_have_their_turn_while_much_is_done";
    /// What a turn leaves over waits for something else to happen.
    MoreNotDue, "progress", "event_loop::driver::tests::what_a_turn_leaves_over_is_done_in_the_next_ones";
    /// What the node leaves over is forgotten until something else happens.
    MoreForgotten, "progress", "event_loop::driver::tests::what_a_turn_leaves_over_is_done_in_the_next_ones";
    /// Requests that the node leaves over do not count.
    RequestsLeftUncounted, "memory without limit", "event_loop::driver::tests::what_a_turn_leaves_over_is_done_in_the_next_ones";
    /// What is too much to send in one turn is forgotten until something else happens.
    UnsentForgotten, "progress", "event_loop::driver::tests::what_a_turn_does_not_send_is_sent_in_the_next_ones";
    /// Who asks waits for the next tick.
    WakeUpIgnored, "progress", "event_loop::driver::tests::a_wake_up_is_a_reason_for_a_turn";
    /// What the disk reports waits for the next tick.
    ReportNotDue, "progress", "event_loop::driver::tests::all_that_the_disk_reports_is_heard_at_once";
    /// Of all that the disk reports, a turn takes in one.
    OneReportATurn, "progress", "event_loop::driver::tests::all_that_the_disk_reports_is_heard_at_once";
    /// What is written beside the thread is told before what was durable before it.
    ReportsOvertaken, "progress", "event_loop::driver::tests::what_was_durable_before_is_told_before_what_is_written_beside_the_thread";
    /// What is on disk counts as waiting for it.
    BacklogKept, "progress", "event_loop::driver::tests::all_that_the_disk_reports_is_heard_at_once";
    /// What waits for the disk does not count.
    BacklogUncounted, "memory without limit", "event_loop::driver::tests::what_goes_to_the_disk_counts_until_it_is_there";
    /// The node is not told that its disk is full.
    ShortageNotTold, "full disk", "event_loop::driver::tests::all_that_the_disk_reports_is_heard_at_once";
    /// Those that held too much are not woken when they do no more.
    NothingSettled, "progress", "clients::tests::who_held_too_much_is_woken_when_it_does_no_more";
    /// Messages to peers wait for the next ones.
    PeersNotFlushed, "progress", "event_loop::driver::tests::two_nodes_meet_trust_each_other_and_turn_others_away";
    /// Nothing goes back on the connection that a message came by.
    NothingSentBack, "progress", "event_loop::driver::tests::two_nodes_meet_trust_each_other_and_turn_others_away";
    /// The port for peers is not told whom the node trusts.
    NobodyTrusted, "availability", "event_loop::driver::tests::two_nodes_meet_trust_each_other_and_turn_others_away";
    /// The port for peers is not told whom the node hangs up on.
    NobodyHungUpOn, "stale connection", "event_loop::driver::tests::two_nodes_meet_trust_each_other_and_turn_others_away";
    /// The ways to members stay as they were at the start.
    PeersNotFollowed, "availability", "event_loop::driver::tests::members_that_are_new_are_dialled_and_those_that_are_gone_are_not";
    /// What the node says about itself is not logged.
    NothingTold, "silence", "event_loop::driver::tests::what_the_node_says_of_itself_is_logged";
    /// A node that must not go on goes on.
    HaltIgnored, "superseded node goes on", "event_loop::driver::tests::a_copy_that_is_told_so_ends";
    /// The server says what it waits for before its own disk has answered.
    ListensTooSoon, "wrong answer", "logging::announcement::tests::what_a_node_waits_for_is_said_once_its_disk_has_answered";

    // ZeroMQ.
    /// A client that never says what it is keeps its place.
    PatienceWithoutEnd, "availability", "clients::zmq::tests::who_does_not_say_what_it_is_is_late_and_who_has_said_it_never";
    /// A client that has said what it is loses its place as if it had not.
    PatienceEndsAnyway, "availability", "clients::zmq::tests::who_does_not_say_what_it_is_is_late_and_who_has_said_it_never";
    /// A pong stands behind the answers that the client waits for.
    PongWaits, "progress", "clients::zmq::tests::a_pong_does_not_wait_for_an_answer";
    /// The longest ping is passed over.
    LongestPingPassedOver, "off by one", "clients::zmq::tests::a_pong_does_not_wait_for_an_answer";
    /// What follows on something that is no ZMTP is read.
    ErrorForgotten, "broken protocol", "clients::zmq::tests::after_an_error_nothing_more_is_to_be_had";
    /// The longest request is passed over.
    LongestBodyRefused, "off by one", "clients::zmq::tests::the_longest_request_is_taken_and_what_is_before_it_counted";
    /// What stands in front of a request that has not come whole does not count.
    EnvelopeUncounted, "memory without limit", "clients::zmq::tests::the_longest_request_is_taken_and_what_is_before_it_counted";
    /// What stands in front of a request has no limit.
    EnvelopeWithoutEnd, "memory without limit", "clients::zmq::tests::what_is_announced_takes_no_memory";
}

/// The variable that says what is planted.
#[cfg(feature = "mutants")]
pub(super) const VARIABLE: &str = "CANDOR_MUTANT";

/// What is planted in this process.
#[cfg(feature = "mutants")]
pub(crate) fn planted() -> Option<Mutant> {
    static PLANTED: std::sync::LazyLock<Option<Mutant>> = std::sync::LazyLock::new(|| {
        let name = std::env::var(VARIABLE).ok()?;
        Mutant::ALL.iter().copied().find(|mutant| format!("{mutant:?}") == name)
    });
    *PLANTED
}

impl Mutant {
    /// Its name, as people write it.
    pub(super) fn name(self) -> String {
        let mut text = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_uppercase() && !text.is_empty() {
                text.push('-');
            }
            text.push(letter.to_ascii_lowercase());
        }
        text
    }
}

/// The sources of this crate, but for these tables.
fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut sources = vec![];
    for path in entries.filter(|path| !path.ends_with("mutants")) {
        if path.is_dir() {
            sources.extend(self::sources(&path));
        } else {
            sources.push(fs::read_to_string(path).unwrap());
        }
    }
    sources
}

#[test]
fn each_mutant_has_one_place() {
    let text = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).concat();
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect()
    };
    let all = words(&text);
    for mutant in Mutant::ALL {
        let name = format!("{mutant:?}");
        assert_eq!(all.iter().filter(|word| **word == name).count(), 1, "{name}");
    }
    for place in text.split("mutant!(").skip(1) {
        let name = words(place.trim_start()).remove(0);
        assert!(Mutant::ALL.iter().any(|mutant| format!("{mutant:?}") == name), "{name}");
    }
}

/// The last section of `docs/mutants.md`, which is that of this crate.
fn section() -> String {
    let row = |mutant: &Mutant| {
        let (name, what, class) = (mutant.name(), mutant.what(), mutant.class());
        format!("| `{name}` | {what} | {class} | `{}` |\n", mutant.caught_by())
    };
    format!("{HEAD}{}", Mutant::ALL.iter().map(row).collect::<String>())
}

#[test]
fn the_section_of_the_log_and_the_server_is_that_of_the_code() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/mutants.md");
    let text = fs::read_to_string(&path).unwrap();
    let others = text.find(TITLE).map_or(&text[..], |at| &text[..at]);
    let sound = format!("{others}{}", section());
    if std::env::var_os("UPDATE_MUTANTS").is_some() {
        fs::write(&path, &sound).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    assert!(text == sound, "UPDATE_MUTANTS=1 cargo test -p server mutants writes it anew");
}

const TITLE: &str = "\n## Log and server\n";

const HEAD: &str = "
## Log and server

What no world drives is planted in the real log and in the real server (`crates/server/src/mutants/`), and each bug must be caught
by the test that stands beside it: it passes without the bug, and fails with it.

```console
$ cargo test -p server --features mutants mutants::
$ CANDOR_MUTANT=NoSync cargo test -p server --features mutants log::
```

This section is written by `UPDATE_MUTANTS=1 cargo test -p server mutants`; a test holds it to the code.

| name | what is wrong | class | caught by |
|---|---|---|---|
";
