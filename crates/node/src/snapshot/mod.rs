//! Snapshots: the state written down, so that the log before it may go, a start is quick, and a
//! member that lacks more than the logs hold can fetch it.
//!
//! ```text
//!   log       … group, group, ▌mark, group, group, …         what stands before ▌ may go
//!                             ▌
//!   snapshot  facts │ agreed keys │ base, entries │ merged keys │ base, entries │ end
//! ```
//!
//! A snapshot is a log that was made short: records that lead to the same place as all groups
//! before it. It stands where it was begun, for both orders. What changes before the walk has seen
//! it is kept [as it was](crate::store::Walk); if that has no room, nothing is applied until the
//! walk has gone on. It is written in slices, a slice a turn, and no faster than the disk takes it.
//!
//! The log has a mark where it was begun: a group with all that the snapshot says but for the keys.
//! So a log that is cut there still knows what its node has promised, and what is missing if no
//! snapshot can be read any more.
//!
//! # Where to look
//!
//! | duty | file |
//! |---|---|
//! | when to take one; writing it | this one |
//! | reading one that is in place for a member that fetches it | `donor` |
//! | fetching one | `fetch` |
//! | one of a state that nobody changes meanwhile | `still` |
//! | whom a node asks that is behind, or has lost its own | `search` |
//! | its bytes | `wire`: `section`, `record`, `base`; `slots` in `agreed` and `merged` |

mod donor;
mod fetch;
mod search;
mod still;

use bytes::Bytes;

use crate::agreed::{self, Agreed};
use crate::api::{Event, Output, Snapshots as Told};
use crate::ids::{Index, SnapshotNumber};
use crate::limits::Limits;
use crate::merged::{self, Merged};
use crate::turn::Turn;
use crate::wire::base::{AgreedBase, Mark, MergedBase};
use crate::wire::record::Record;
use crate::wire::section;
pub(crate) use donor::Donor;
pub(crate) use fetch::{Coming, Fetch, Want};
pub(crate) use search::{LeadersOffer, Search};
pub(crate) use still::Still;

/// A slice is about so many keys or bytes, whichever comes first: that takes less than 1 ms.
const SLICE_KEYS: usize = 1024;
const SLICE_BYTES: usize = 128 << 10;
/// So many bytes may be on their way to the disk.
const UNWRITTEN_BYTES: u64 = 1 << 20;
/// How long a snapshot may keep entries from being applied before it is given up, in milliseconds.
const STUCK_MS: u64 = 1000;
/// How long none is begun after one failed, in milliseconds.
const FAILED_MS: u64 = 5000;
/// How many times as much log waits for the next one while somebody fetches the newest. Two are
/// kept: taken as often as usual, they would go faster than a slow member fetches any.
const FETCHED_TIMES: u64 = 8;

/// A snapshot that is in place, and its size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) number: SnapshotNumber,
    pub(crate) bytes: u64,
}

/// One that is being written.
#[derive(Debug)]
struct Writing {
    number: SnapshotNumber,
    part: Part,
    agreed: AgreedBase,
    merged: MergedBase,
    /// Where agreed keys were last removed.
    versions: Record,
    /// Which keyspaces there are, if anything was ever said of them.
    keyspaces: Option<Record>,
    /// All members, if any was ever changed, and the version that the cluster is finalized at.
    members: Vec<Record>,
    /// The entries behind each, and term and vote.
    agreed_tail: Vec<Record>,
    merged_tail: Vec<Record>,
    /// Records that were written, and bytes of them: handed over, and known to be written.
    records: u64,
    sent: u64,
    written: u64,
    /// What was handed to the log before it.
    handed: u64,
    /// Whether somebody asked for it.
    wanted: bool,
    /// Since when nothing could be applied.
    stuck_since_ms: Option<u64>,
    /// Whether there is little room left for what changes meanwhile, or so much log behind it that
    /// the next one is due.
    hurry: bool,
}

/// How far one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Agreed,
    Merged,
    /// All is handed over.
    Ended,
}

/// The snapshots of this node.
#[derive(Debug)]
pub(crate) struct Snapshots {
    next: SnapshotNumber,
    placed: Option<Placed>,
    writing: Option<Writing>,
    /// What was handed to the log before the newest one.
    handed: u64,
    /// Whether somebody asked for one.
    wanted: bool,
    /// Whether it may begin on a full disk: so the driver said, who knows what room there is.
    though_full: bool,
    /// When the last attempt failed, if it did.
    failed_ms: Option<u64>,
    /// When the newest one was placed, by both clocks; at first, when this start began.
    placed_ms: Option<u64>,
    placed_wall_ms: u64,
}

impl Snapshots {
    pub(crate) fn new(placed: Option<Placed>, skipped: SnapshotNumber) -> Snapshots {
        let last = placed.map_or(SnapshotNumber(0), |placed| placed.number);
        Snapshots {
            next: last.max(skipped).next(),
            placed,
            writing: None,
            handed: 0,
            wanted: false,
            though_full: false,
            failed_ms: None,
            placed_ms: None,
            placed_wall_ms: 0,
        }
    }

    /// Somebody wants one now.
    pub(crate) fn want(&mut self) {
        self.wanted |= self.writing.is_none();
    }

    /// The driver wants one now.
    pub(crate) fn ask_for(&mut self, though_full: bool) {
        self.want();
        self.though_full = though_full && self.wanted;
    }

    /// Whether one may begin on a full disk.
    pub(crate) fn may_begin_on_full(&self) -> bool {
        self.though_full
    }

    /// What is told of them.
    pub(crate) fn told(&self, handed: u64, spool_bytes: usize) -> Told {
        let unwritten = self.writing.as_ref().map_or(0, |writing| writing.sent - writing.written);
        Told {
            last: self.placed.map(|placed| placed.number),
            last_bytes: self.last_bytes(),
            last_ms: self.placed_wall_ms,
            failed: self.failed_ms.is_some(),
            writing: self.writing.is_some(),
            spool_bytes: spool_bytes as u64 + unwritten,
            log_bytes: handed - self.handed,
        }
    }

    /// Whether the next turn can go on with one.
    pub(crate) fn has_more(&self) -> bool {
        self.writing.as_ref().is_some_and(|writing| writing.goes_on())
    }

    fn last_bytes(&self) -> u64 {
        self.placed.map_or(0, |placed| placed.bytes)
    }

    /// Whether one is to be begun now. `is_fetched`: somebody fetches the newest one.
    fn is_due(&self, limits: &Limits, handed: u64, is_fetched: bool, now_ms: u64) -> bool {
        if self.failed_ms.is_some_and(|failed_ms| now_ms < failed_ms + FAILED_MS) {
            return false;
        }
        let log = handed - self.handed;
        let times = if mutant!(FetchedTakenAway, is_fetched, false) { FETCHED_TIMES } else { 1 };
        let is_great = log >= times * limits.snapshot_log_bytes.max(2 * self.last_bytes());
        let age_ms = now_ms - self.placed_ms.unwrap_or(now_ms);
        let is_old = limits.snapshot_age_ms > 0 && age_ms >= limits.snapshot_age_ms && log > 0;
        self.wanted || is_great || (is_old && !is_fetched)
    }

    /// Begins one if it is time to, or goes on with the one that was begun. `may_begin`: the state
    /// stands between two entries, and nothing is being fetched. `is_fetched`: somebody fetches the
    /// newest one, which a newer one would take away. True: a slice was written.
    pub(crate) fn work(
        &mut self,
        limits: &Limits,
        may_begin: bool,
        is_fetched: bool,
        agreed: &mut Agreed,
        merged: &mut Merged,
        turn: &mut Turn<'_>,
    ) -> bool {
        let now_ms = turn.now.monotonic_ms;
        self.placed_ms.get_or_insert(now_ms);
        let is_wanted = agreed.wants_snapshot() | merged.wants_snapshot();
        self.wanted |= is_wanted && self.writing.is_none() && !is_fetched;
        let is_due =
            self.writing.is_none() && self.is_due(limits, turn.disk.handed(), is_fetched, now_ms);
        if is_due && may_begin {
            self.begin(agreed, merged, turn);
        }
        let Some(writing) = &mut self.writing else { return false };
        if writing.part == Part::Agreed && !agreed.state().is_walked() {
            self.give_up("the keys were flushed meanwhile", agreed, merged, turn);
            return false;
        }
        let spool = agreed.state().kept_bytes().max(merged.state().kept_bytes());
        let log = turn.disk.handed() - writing.handed;
        let is_long =
            log >= limits.snapshot_log_bytes.max(2 * self.placed.map_or(0, |it| it.bytes));
        writing.hurry = is_long || spool >= limits.spool_bytes / 2;
        let goes_on = writing.goes_on();
        if goes_on {
            writing.go_on(agreed.state(), merged.state(), turn.outputs);
        }
        let spool = agreed.state().kept_bytes().max(merged.state().kept_bytes());
        if spool < limits.spool_bytes {
            writing.stuck_since_ms = None;
        } else if now_ms >= *writing.stuck_since_ms.get_or_insert(now_ms) + STUCK_MS {
            self.give_up("it kept writes waiting for a second", agreed, merged, turn);
        }
        goes_on
    }

    fn begin(&mut self, agreed: &mut Agreed, merged: &mut Merged, turn: &mut Turn<'_>) {
        let number = self.next;
        self.next = number.next();
        let wanted = std::mem::take(&mut self.wanted);
        self.though_full = false;
        turn.disk.close(turn.outputs);
        turn.outputs.push(Output::BeginSnapshot(number));
        turn.note(Event::SnapshotBegun(number));
        agreed.state().begin_walk();
        merged.state().begin_walk();
        merged.note_begun(turn.now.monotonic_ms);
        let facts = turn.disk.facts().records();
        let hard_state = turn.disk.facts().hard_state();
        let agreed_tail: Vec<_> = agreed.unapplied().into_iter().chain([hard_state]).collect();
        let merged_tail = merged.unapplied();
        let mark = Record::Mark(Mark { agreed: agreed.base(), merged: merged.base() });
        let rest = facts.iter().chain(&agreed_tail).chain(&merged_tail);
        let records =
            mutant!(MarkWithoutFacts, rest, agreed_tail.iter().chain(&[]).chain(&merged_tail));
        [&mark].into_iter().chain(records).for_each(|record| turn.disk.record(record));
        agreed.is_marked(turn.disk.ticket());
        turn.disk.close(turn.outputs);
        let table = agreed.keyspaces();
        let is_set = mutant!(SnapshotWithoutKeyspaces, table.version() > 0, false);
        let keyspaces = is_set.then(|| Record::AgreedKeyspaces(table.encode().into()));
        let roster = agreed.roster();
        let is_set = mutant!(SnapshotWithoutMembers, roster.version() > Index(0), false);
        let members = is_set.then(|| Record::AgreedMembers(roster.encode().into()));
        let version = Some(agreed.finalized()).filter(|version| *version > 0);
        let members = members.into_iter().chain(version.map(Record::AgreedVersion)).collect();
        let mut writing = Writing {
            agreed: agreed.base(),
            merged: merged.base(),
            versions: Record::AgreedVersions(agreed.state().versions().into()),
            keyspaces,
            members,
            agreed_tail,
            merged_tail,
            handed: turn.disk.handed(),
            wanted,
            ..Writing::new(number)
        };
        writing.put(facts, turn.outputs);
        self.writing = Some(writing);
    }

    /// The one that is being written is no use any more.
    pub(crate) fn give_up(
        &mut self,
        why: &str,
        agreed: &mut Agreed,
        merged: &mut Merged,
        turn: &mut Turn<'_>,
    ) {
        if let Some(writing) = &self.writing {
            let number = writing.number;
            turn.outputs.push(Output::DropSnapshot(number));
            self.on_failed(number, why, agreed, merged, turn);
        }
    }

    /// One could not be written.
    pub(crate) fn on_failed(
        &mut self,
        number: SnapshotNumber,
        why: &str,
        agreed: &mut Agreed,
        merged: &mut Merged,
        turn: &mut Turn<'_>,
    ) {
        if self.fail(number, turn.now.monotonic_ms) {
            agreed.state().end_walk();
            merged.state().end_walk();
            turn.note(Event::SnapshotGivenUp(number, why.to_owned()));
        }
    }

    /// Nothing comes of one; false: it is not the one that is being written.
    fn fail(&mut self, number: SnapshotNumber, now_ms: u64) -> bool {
        let Some(writing) = self.writing.take_if(|writing| writing.number == number) else {
            return false;
        };
        // Whoever asked for it wants one still.
        self.wanted |= mutant!(WantedForgotten, writing.wanted, false);
        self.failed_ms = Some(now_ms);
        true
    }

    /// So much of one is written.
    pub(crate) fn on_written(&mut self, number: SnapshotNumber, bytes: u64) {
        if let Some(writing) = self.writing.as_mut().filter(|writing| writing.number == number) {
            writing.written = bytes.max(writing.written);
        }
    }

    /// One is in place.
    pub(crate) fn on_placed(
        &mut self,
        number: SnapshotNumber,
        bytes: u64,
        agreed: &mut Agreed,
        merged: &mut Merged,
        turn: &mut Turn<'_>,
    ) {
        let is_whole =
            |writing: &mut Writing| writing.number == number && writing.part == Part::Ended;
        let Some(writing) = self.writing.take_if(is_whole) else { return };
        let Writing { sent, agreed: base, merged: MergedBase { vector, .. }, handed, .. } = writing;
        assert_eq!(bytes, sent, "the driver writes all that it is given");
        agreed.offer(number, &base, turn.now.monotonic_ms);
        merged.offer(number, vector);
        self.placed = Some(Placed { number, bytes });
        self.handed = handed;
        self.failed_ms = None;
        self.placed_ms = Some(turn.now.monotonic_ms);
        self.placed_wall_ms = turn.now.wall_ms;
        turn.note(Event::SnapshotPlaced(number, bytes));
    }
}

impl Writing {
    /// One of an empty state.
    fn new(number: SnapshotNumber) -> Writing {
        Writing {
            number,
            part: Part::Agreed,
            agreed: AgreedBase::default(),
            merged: MergedBase::default(),
            versions: Record::AgreedVersions(Bytes::new()),
            keyspaces: None,
            members: vec![],
            agreed_tail: vec![],
            merged_tail: vec![],
            records: 0,
            sent: 0,
            written: 0,
            handed: 0,
            wanted: false,
            stuck_since_ms: None,
            hurry: false,
        }
    }

    fn goes_on(&self) -> bool {
        self.part != Part::Ended && self.sent - self.written < UNWRITTEN_BYTES
    }

    /// Writes a slice of the keys, or what follows the last of them.
    fn go_on(
        &mut self,
        agreed: &mut agreed::State,
        merged: &mut merged::state::State,
        outputs: &mut Vec<Output>,
    ) {
        let mut slice = section::begin();
        let records = match self.part {
            Part::Agreed => agreed.walk_on(SLICE_KEYS, SLICE_BYTES, &mut slice),
            Part::Merged => merged.walk_on(SLICE_KEYS, SLICE_BYTES, &mut slice),
            Part::Ended => None,
        };
        match records {
            Some(records) => {
                self.records += records;
                self.put_section(slice, outputs);
            }
            None if self.part == Part::Agreed => {
                agreed.end_walk();
                let base = Record::AgreedBase(self.agreed.clone());
                let tail = std::mem::take(&mut self.agreed_tail);
                let versions = mutant!(SnapshotWithoutVersions, Some(self.versions.clone()), None);
                let versions = versions.into_iter().chain(self.keyspaces.take());
                let versions = versions.chain(std::mem::take(&mut self.members));
                self.put(versions.chain([base]).chain(tail), outputs);
                self.part = Part::Merged;
            }
            None => {
                merged.end_walk();
                let base = Record::MergedBase(self.merged.clone());
                let tail = std::mem::take(&mut self.merged_tail);
                self.put([base].into_iter().chain(tail), outputs);
                self.put([Record::End(self.records)], outputs);
                self.part = Part::Ended;
                outputs.push(Output::EndSnapshot(self.number));
            }
        }
    }

    /// Writes records, in sections of some length.
    fn put(&mut self, records: impl IntoIterator<Item = Record>, outputs: &mut Vec<Output>) {
        let mut section = section::begin();
        for record in records {
            record.encode(&mut section);
            self.records += 1;
            if section.len() >= SLICE_BYTES {
                self.put_section(std::mem::replace(&mut section, section::begin()), outputs);
            }
        }
        self.put_section(section, outputs);
    }

    fn put_section(&mut self, mut section: Vec<u8>, outputs: &mut Vec<Output>) {
        if section::end(&mut section) {
            self.sent += section.len() as u64;
            let (number, hurry) = (self.number, self.hurry);
            outputs.push(Output::WriteSnapshot { number, bytes: section.into(), hurry });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_does_not_take_away_what_is_fetched() {
        let limits = Limits { snapshot_log_bytes: 1000, snapshot_age_ms: 500, ..Limits::default() };
        let placed = Placed { number: SnapshotNumber(1), bytes: 700 };
        let mut snapshots = Snapshots::new(Some(placed), SnapshotNumber(0));
        snapshots.placed_ms = Some(0);
        let is_due = |snapshots: &Snapshots, handed, is_fetched, now_ms| {
            snapshots.is_due(&limits, handed, is_fetched, now_ms)
        };
        assert!(!is_due(&snapshots, 1399, false, 0) && is_due(&snapshots, 1400, false, 0));
        assert!(is_due(&snapshots, 1, false, 500), "it is old");
        // Fetched, it stays: but no log grows without an end.
        assert!(!is_due(&snapshots, 11_199, true, 500) && is_due(&snapshots, 11_200, true, 500));
        snapshots.want();
        assert!(is_due(&snapshots, 0, true, 0), "somebody asked for it");
    }

    #[test]
    fn one_that_was_asked_for_and_failed_is_tried_again() {
        let mut snapshots = Snapshots::new(None, SnapshotNumber(0));
        let is_due =
            |snapshots: &Snapshots, now_ms| snapshots.is_due(&Limits::default(), 0, false, now_ms);
        for (wanted, number) in [(false, SnapshotNumber(1)), (true, SnapshotNumber(2))] {
            snapshots.writing = Some(Writing { wanted, ..Writing::new(number) });
            assert!(!snapshots.fail(SnapshotNumber(9), 100), "that is another one");
            assert!(snapshots.fail(number, 100));
            assert!(!is_due(&snapshots, 100 + FAILED_MS - 1));
            assert_eq!(is_due(&snapshots, 100 + FAILED_MS), wanted);
        }
    }
}
