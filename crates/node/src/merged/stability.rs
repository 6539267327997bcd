//! Lets tombstones go, once nothing older can arrive: once they are stable (Baquero, Almeida &
//! Shoker, DAIS 2014).
//!
//! ```text
//!  closed    P   what is applied here: it holds every tombstone of the batch
//!  round 1       every member, this one too, has told a vector that holds P
//!            Q   all that they told
//!  round 2       every member, this one too, has told a vector that holds Q
//!  stable        each tombstone of the batch goes that still stands where it did
//! ```
//!
//! What a member writes after it applied a tombstone is stamped above it, and has seen it. What it
//! wrote before lies in its own log before what it told in round 1 ([`told`]), so Q holds it. After
//! round 2 all have that.
//! Nobody is asked anything: replicas tell their vectors now and then anyway, and vectors only
//! grow.
//!
//! Of a member that is gone Q holds what its log ends with, neither less nor more: it tells nothing
//! any more, and what it told of behind that nobody applies.
//!
//! One batch is looked after at a time, and the next one gathers. Age is never a reason: while one
//! member is not heard, all tombstones stay.
//!
//! [`told`]: super::log::Log::told

use std::collections::BTreeMap;

use super::Merged;
use super::anti_entropy::Repair;
use super::state::{Places, State};
use crate::ids::NodeId;
use crate::wire::version_vector::{Place, VersionVector};

/// So many keys are looked at in a turn.
const SLICE_KEYS: usize = 256;

/// Tombstones that came together, and how far they are.
#[derive(Debug)]
struct Batch {
    places: Places,
    /// It holds each of them.
    held: VersionVector,
    round: Round,
}

#[derive(Debug)]
enum Round {
    /// Members tell that they have the batch.
    First,
    /// Members tell that they have all of this: what was on any disk in the first round.
    Second(VersionVector),
    /// The batch goes.
    Stable,
}

/// The batch that is looked after.
#[derive(Debug, Default)]
pub(super) struct Stability {
    batch: Option<Batch>,
}

impl Stability {
    /// Looks how far the batch is, by what this replica and the others told; closes the next one,
    /// of what is applied here, if there is none.
    fn look(
        &mut self,
        here: &VersionVector,
        applied: &VersionVector,
        repair: &Repair,
        gone: &BTreeMap<NodeId, Place>,
        state: &mut State,
    ) {
        if self.batch.is_none() {
            let held = mutant!(BatchHeldAsTold, applied, here);
            let close = |places| Batch { places, held: held.clone(), round: Round::First };
            self.batch = state.take_tombstones().map(close);
        }
        while let Some(batch) = &mut self.batch
            && let Some(next) = batch.next_round(here, repair, gone)
        {
            batch.round = next;
        }
    }

    fn is_stable(&self) -> bool {
        self.batch.as_ref().is_some_and(|batch| matches!(batch.round, Round::Stable))
    }

    /// Removes some of a batch that is stable.
    fn remove(&mut self, state: &mut State) {
        if let Some(Batch { places, held, round: Round::Stable }) = &mut self.batch
            && !state.remove_tombstones(places, held, SLICE_KEYS)
        {
            self.batch = None;
        }
    }
}

impl Batch {
    /// The next round, if this one is over.
    fn next_round(
        &self,
        here: &VersionVector,
        repair: &Repair,
        gone: &BTreeMap<NodeId, Place>,
    ) -> Option<Round> {
        let stable = || Round::Stable;
        match &self.round {
            Round::First if mutant!(TombstonesByAge, false, true) => Some(stable()),
            Round::First if !here.holds(&self.held) => None,
            Round::First => repair
                .all_told(&self.held)
                .map(|told| mutant!(OneRoundEnough, Round::Second(join(here, told)), stable())),
            Round::Second(all) => {
                let all = mutant!(GoneStillAwaited, ended(all, gone), all.clone());
                let is_here = here.holds(&all);
                is_here.then(|| repair.all_told(&all))?.map(|_| stable())
            }
            Round::Stable => None,
        }
    }
}

/// The same, of members that are gone up to where their logs end.
fn ended(all: &VersionVector, gone: &BTreeMap<NodeId, Place>) -> VersionVector {
    let mut ended = all.clone();
    ended.retain(|id| !gone.contains_key(&id));
    gone.iter().for_each(|(id, last)| ended.raise(*id, *last));
    ended
}

/// The least vector that holds all of these.
fn join(one: &VersionVector, others: Vec<&VersionVector>) -> VersionVector {
    let mut all = one.clone();
    others.into_iter().for_each(|other| all.join(other));
    all
}

impl Merged {
    /// Looks whether tombstones may go; none does while a state is lost, or another one is being
    /// joined: older writes may come with what is joined.
    pub(super) fn look_at_tombstones(&mut self) {
        if mutant!(TombstonesGoWhileLost, self.lost.is_empty(), true)
            && self.is_joined()
            && let Some(here) = self.log.told(self.me)
        {
            let applied = self.log.applied();
            self.stability.look(&here, applied, &self.repair, &self.gone, &mut self.state);
        }
    }

    /// Whether some that may go can.
    pub(crate) fn has_garbage(&self) -> bool {
        self.stability.is_stable() && self.has_room() && self.is_joined()
    }

    /// Whether nothing older comes with a state that is being joined.
    fn is_joined(&self) -> bool {
        mutant!(TombstonesGoMeanwhile, !self.is_joining(), true)
    }

    /// Removes some of them: so much takes a turn not long.
    pub(crate) fn clean_up(&mut self) {
        if self.has_garbage() {
            self.stability.remove(&mut self.state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Command;
    use crate::ids::{Boot, Index, KeyspaceId};
    use crate::merged::entry::{Header, encode};
    use crate::merged::hlc::Stamp;

    /// A delete of node 1, its second entry, and what is known where node 2 has told this.
    fn deleted(told: VersionVector) -> (State, Repair) {
        let mut state = State::new();
        let stamp = Stamp { clock: 2, replica: NodeId(1), offset: 0 };
        state.merge(b"k", stamp, place(2), None);
        let mut repair = Repair::new(vec![NodeId(2)]);
        repair.on_vector(NodeId(2), told, Index(0));
        (state, repair)
    }

    fn place(index: u64) -> Place {
        Place { boot: Boot(1), index: Index(index) }
    }

    /// What holds so many entries of node 1, and of node 2.
    fn both(one: u64, two: u64) -> VersionVector {
        VersionVector::from_iter([(NodeId(1), place(one)), (NodeId(2), place(two))])
    }

    #[test]
    fn what_a_member_that_is_gone_told_of_behind_its_last_entry_is_not_waited_for() {
        let (mut state, mut repair) = deleted(both(2, 9));
        let mut stability = Stability::default();
        let here = both(2, 5);
        stability.look(&here, &here, &repair, &BTreeMap::new(), &mut state);
        assert!(!stability.is_stable(), "four entries are on their way here");
        repair.follow(Index(1), vec![]);
        let gone = BTreeMap::from([(NodeId(2), place(5))]);
        stability.look(&here, &here, &repair, &gone, &mut state);
        assert!(stability.is_stable(), "they count no more");
    }

    #[test]
    fn what_a_member_wrote_that_is_gone_comes_first() {
        let (mut state, _) = deleted(VersionVector::default());
        let mut stability = Stability::default();
        let gone = BTreeMap::from([(NodeId(2), place(5))]);
        let mut look = |here: VersionVector| {
            stability.look(&here, &here, &Repair::new(vec![]), &gone, &mut state);
            stability.is_stable()
        };
        assert!(!look(both(2, 4)), "the last one may be older than the delete");
        assert!(look(both(2, 5)));
    }

    #[test]
    fn a_batch_waits_until_its_own_replica_tells_of_it() {
        let up_to = |index| VersionVector::from_iter([(NodeId(1), place(index))]);
        let (mut state, repair) = (State::new(), Repair::new(vec![]));
        let stamp = Stamp { clock: 2, replica: NodeId(1), offset: 0 };
        state.merge(b"k", stamp, place(2), None);
        let mut stability = Stability::default();
        // An own entry is on its way that was made before the delete was applied.
        let nobody = BTreeMap::new();
        stability.look(&up_to(1), &up_to(2), &repair, &nobody, &mut state);
        assert!(!stability.is_stable());
        stability.look(&up_to(2), &up_to(2), &repair, &nobody, &mut state);
        assert!(stability.is_stable());
        stability.remove(&mut state);
        assert_eq!(state.tombstones(), 0);
    }

    #[test]
    fn none_goes_while_a_state_is_lost_that_may_come_back_with_older_writes() {
        let place = Place { boot: Boot(1), index: Index(1) };
        let mut merged = Merged::new(NodeId(1), &[NodeId(1)]);
        merged.lost = VersionVector::from_iter([(NodeId(1), place)]);
        let after = VersionVector::default();
        let header = Header { origin: NodeId(1), place, previous: Place::START, clock: 2, after };
        let del = Command::of_words(&["DEL", "k"]).unwrap();
        let write = merged.copies.encoded(KeyspaceId::DEFAULT, &del);
        merged.take(&header, encode(&header, 1, &write));
        merged.apply_next(&mut |_, _, _| ());
        let left = |merged: &mut Merged| {
            merged.look_at_tombstones();
            merged.clean_up();
            merged.state.tombstones()
        };
        assert_eq!(left(&mut merged), 1);
        merged.lost = VersionVector::default();
        assert_eq!(left(&mut merged), 0, "nothing older can come any more");
    }
}
