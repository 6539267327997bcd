//! Fetches the state of another member, of which this node lacks more than the logs hold.
//!
//! Pieces are asked for one after the other, no faster than this disk takes them, as records of the
//! log. The last record says that all of them count; until it is on disk none does.
//! So whenever this node is started anew, it has the whole or nothing of it.

use std::collections::BTreeMap;

use crate::agreed::{Agreed, Offer, State};
use crate::ids::{Index, NodeId, SnapshotNumber, Term, Ticket};
use crate::merged::{Merged, Pieces};
use crate::turn::Turn;
use crate::wire::base::{AgreedBase, MergedBase};
use crate::wire::codec::Malformed;
use crate::wire::message::Body;
use crate::wire::record::Record;
use crate::wire::section::Sections;

/// How long a piece may take before it is asked for again, and how often that is done, before it is
/// given up.
const ANSWER_MS: u64 = 1000;
const ATTEMPTS_MAX: u32 = 5;
/// The same where a leader has offered its own.
const ATTEMPTS_BESIDE_MAX: u32 = 2;

/// So many bytes may be on their way to the disk.
const UNSYNCED_BYTES: usize = 4 << 20;

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// The agreed state that stands there.
    Agreed(Index, Term),
    /// The merged one.
    Merged,
}

/// The state that comes.
#[derive(Debug)]
pub(crate) enum Coming {
    Agreed(Box<State>, Option<AgreedBase>),
    Merged(Pieces, Option<MergedBase>),
}

/// A snapshot of another member that is being fetched.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) from: NodeId,
    pub(crate) want: Want,
    number: SnapshotNumber,
    sections: Sections,
    /// The place of the next piece.
    offset: u64,
    coming: Coming,
    asked_ms: u64,
    attempts: u32,
    /// What was taken in last is on its way to the disk, with so many bytes.
    writing: Option<Ticket>,
    unsynced: usize,
    /// All is taken in.
    complete: bool,
}

impl Fetch {
    /// A leader offers its state.
    pub(crate) fn agreed(from: NodeId, offer: Offer, members: &[NodeId]) -> Fetch {
        let coming = Coming::Agreed(Box::new(State::new(members)), None);
        Fetch::new(from, offer.number, Want::Agreed(offer.index, offer.term), coming)
    }

    /// Another replica offers its state.
    pub(crate) fn merged(from: NodeId, number: SnapshotNumber) -> Fetch {
        Fetch::new(from, number, Want::Merged, Coming::Merged(Pieces::default(), None))
    }

    fn new(from: NodeId, number: SnapshotNumber, want: Want, coming: Coming) -> Fetch {
        Fetch {
            from,
            want,
            number,
            sections: Sections::default(),
            offset: 0,
            coming,
            asked_ms: 0,
            attempts: 0,
            writing: None,
            unsynced: 0,
            complete: false,
        }
    }

    /// Asks for the next piece.
    pub(crate) fn ask(&mut self, turn: &mut Turn<'_>) {
        self.asked_ms = turn.now.monotonic_ms;
        self.attempts += 1;
        let (number, offset) = (self.number, self.offset);
        let for_raft = self.want != Want::Merged;
        turn.send(self.from, Body::AskSnapshot { number, offset, for_raft });
    }

    /// Asks again where no answer comes; false: it is to be given up. `beside`: another member
    /// offers the like.
    pub(crate) fn on_tick(&mut self, beside: bool, turn: &mut Turn<'_>) -> bool {
        if self.waits() || turn.now.monotonic_ms < self.asked_ms + ANSWER_MS {
            return true;
        }
        let most = if beside { ATTEMPTS_BESIDE_MAX } else { ATTEMPTS_MAX };
        let goes_on = self.attempts < most;
        if goes_on {
            self.ask(turn);
        }
        goes_on
    }

    /// Whether nothing is asked for now.
    fn waits(&self) -> bool {
        self.complete || self.unsynced >= UNSYNCED_BYTES
    }

    /// Whether a piece that came from there is the next one.
    pub(crate) fn expects(&self, from: NodeId, number: SnapshotNumber, offset: u64) -> bool {
        !self.waits() && (from, number, offset) == (self.from, self.number, self.offset)
    }

    /// Takes in the next piece, hands what is of use to the disk, and asks for the next one, unless
    /// much is on its way there.
    pub(crate) fn take_in(&mut self, bytes: &[u8], turn: &mut Turn<'_>) -> Result<(), Malformed> {
        if self.offset == 0 {
            turn.disk.record(&Record::Fetch);
            self.writing = Some(turn.disk.ticket());
        }
        self.offset += bytes.len() as u64;
        mutant!(AttemptsAddedUp, self.attempts = 0, ());
        let (coming, writing) = (&mut self.coming, &mut self.writing);
        self.sections.take_in(bytes, |record| {
            if take_in(coming, &record)? {
                turn.disk.record(&record);
                *writing = Some(turn.disk.ticket());
            }
            Ok::<_, Malformed>(())
        })?;
        self.unsynced += if self.writing.is_some() { bytes.len() } else { 0 };
        self.complete = self.sections.is_complete();
        if !self.complete {
            if !self.waits() {
                self.ask(turn);
            }
            return Ok(());
        }
        match &self.coming {
            Coming::Agreed(_, Some(base)) => {
                let is_offered = self.want == Want::Agreed(base.index, base.term);
                is_offered.then_some(()).ok_or(Malformed)
            }
            Coming::Merged(_, Some(_)) => Ok(()),
            Coming::Agreed(_, None) | Coming::Merged(_, None) => Err(Malformed),
        }
    }

    /// Whether all is there; then [`Fetch::seal`] is due.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Where the merged state stands that came.
    pub(crate) fn merged_base(&self) -> Option<&MergedBase> {
        match &self.coming {
            Coming::Merged(_, base) => base.as_ref(),
            Coming::Agreed(..) => None,
        }
    }

    /// Where the agreed state stands that came.
    pub(crate) fn agreed_base(&self) -> Option<&AgreedBase> {
        match &self.coming {
            Coming::Agreed(_, base) => base.as_ref(),
            Coming::Merged(..) => None,
        }
    }

    /// Whether nothing is missing any more of a state that was lost, once this counts.
    pub(crate) fn completes(&self, agreed: &Agreed, merged: &Merged) -> bool {
        match &self.coming {
            Coming::Agreed(..) => merged.lost().is_empty(),
            Coming::Merged(_, base) => {
                let is_whole = base.as_ref().is_some_and(|base| merged.is_whole_with(base));
                agreed.lost_at().is_none() && is_whole
            }
        }
    }

    /// Writes that all that was taken in counts.
    pub(crate) fn seal(&mut self, turn: &mut Turn<'_>) {
        match &self.coming {
            Coming::Agreed(_, Some(base)) => {
                turn.disk.record(&Record::AgreedBase(base.clone()));
            }
            Coming::Merged(_, Some(base)) => {
                turn.disk.record(&Record::MergedBase(base.clone()));
            }
            Coming::Agreed(_, None) | Coming::Merged(_, None) => {
                unreachable!("what is complete has a base")
            }
        }
        self.writing = Some(turn.disk.ticket());
    }

    /// What was handed to the disk up to there is on it: whether what was waited for is.
    pub(crate) fn on_persisted(&mut self, ticket: Ticket) -> bool {
        let waited = self.waits();
        let is_synced = self.writing.take_if(|writing| *writing <= ticket).is_some();
        if is_synced {
            self.unsynced = 0;
        }
        is_synced && waited
    }

    /// The state that came.
    pub(crate) fn into_coming(self) -> Coming {
        self.coming
    }
}

/// Takes in what is of use of a record: the rest is about the other member, or the other order.
/// Whether it is to be kept now; the base is, once all is there.
fn take_in(coming: &mut Coming, record: &Record) -> Result<bool, Malformed> {
    match (coming, record) {
        (Coming::Agreed(state, None), Record::AgreedSlot(slot)) => {
            state.load(slot)?;
            Ok(true)
        }
        (Coming::Agreed(state, None), Record::AgreedVersions(bytes)) => {
            state.load_versions(bytes)?;
            Ok(true)
        }
        (Coming::Agreed(state, None), Record::AgreedKeyspaces(bytes)) => {
            state.load_keyspaces(bytes)?;
            Ok(true)
        }
        (Coming::Agreed(state, None), Record::AgreedMembers(bytes)) => {
            state.load_members(bytes)?;
            Ok(true)
        }
        (Coming::Agreed(state, None), Record::AgreedVersion(version)) => {
            state.finalize(*version);
            Ok(true)
        }
        (Coming::Agreed(state, None), Record::AgreedOnce(bytes)) => {
            state.load_once(bytes)?;
            Ok(true)
        }
        (Coming::Agreed(state, base @ None), Record::AgreedBase(found)) => {
            state.loaded(found);
            *base = Some(found.clone());
            Ok(false)
        }
        (Coming::Merged(pieces, None), Record::MergedSlot(slot)) => {
            pieces.push(slot)?;
            Ok(true)
        }
        (Coming::Merged(_, base @ None), Record::MergedBase(found)) => {
            // Which entries its node has written says nothing of this one.
            *base = Some(MergedBase { own: BTreeMap::new(), ..found.clone() });
            Ok(false)
        }
        _ => Ok(false),
    }
}
