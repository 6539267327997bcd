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
//! One batch is looked after at a time, and the next one gathers. Age is never a reason: while one
//! member is not heard, all tombstones stay.
//!
//! [`told`]: super::log::Log::told

use super::Merged;
use super::anti_entropy::Repair;
use super::state::{Places, State};
use crate::wire::version_vector::VersionVector;

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
        state: &mut State,
    ) {
        if self.batch.is_none() {
            let held = mutant!(BatchHeldAsTold, applied, here);
            let close = |places| Batch { places, held: held.clone(), round: Round::First };
            self.batch = state.take_tombstones().map(close);
        }
        while let Some(batch) = &mut self.batch
            && let Some(next) = batch.next_round(here, repair)
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
    fn next_round(&self, here: &VersionVector, repair: &Repair) -> Option<Round> {
        let stable = || Round::Stable;
        match &self.round {
            Round::First if mutant!(TombstonesByAge, false, true) => Some(stable()),
            Round::First if !here.holds(&self.held) => None,
            Round::First => repair
                .all_told(&self.held)
                .map(|told| mutant!(OneRoundEnough, Round::Second(join(here, told)), stable())),
            Round::Second(all) if here.holds(all) => repair.all_told(all).map(|_| stable()),
            Round::Second(_) | Round::Stable => None,
        }
    }
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
            self.stability.look(&here, applied, &self.repair, &mut self.state);
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
    use crate::ids::{Boot, Index, KeyspaceId, NodeId};
    use crate::merged::entry::{Header, encode};
    use crate::merged::hlc::Stamp;
    use crate::wire::version_vector::Place;

    #[test]
    fn a_batch_waits_until_its_own_replica_tells_of_it() {
        let place = |index| Place { boot: Boot(1), index: Index(index) };
        let up_to = |index| VersionVector::from_iter([(NodeId(1), place(index))]);
        let (mut state, repair) = (State::new(), Repair::new(vec![]));
        let stamp = Stamp { clock: 2, replica: NodeId(1), offset: 0 };
        state.merge(b"k", stamp, place(2), None);
        let mut stability = Stability::default();
        // An own entry is on its way that was made before the delete was applied.
        stability.look(&up_to(1), &up_to(2), &repair, &mut state);
        assert!(!stability.is_stable());
        stability.look(&up_to(2), &up_to(2), &repair, &mut state);
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
