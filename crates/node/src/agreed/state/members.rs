//! All members, as the log changes them.

use super::State;
use crate::cluster::roster::{Effect, Roster, Step, Wanted};
use crate::ids::{Index, NodeId};
use crate::position::AgreedPosition;
use crate::reply::Reply;
use crate::wire::codec::Malformed;

impl State {
    /// All members; of version 0 as long as the founders are.
    pub(crate) fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Takes in the members of a snapshot.
    pub(crate) fn load_members(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.roster = Roster::decode(bytes)?;
        self.follow_roster();
        Ok(())
    }

    /// The version that the cluster is finalized at; 0: nobody has done that.
    pub(crate) fn finalized(&self) -> u64 {
        self.finalized
    }

    /// All members understand this version from now on: there is no way back.
    pub(crate) fn finalize(&mut self, version: u64) {
        self.finalized = self.finalized.max(version);
    }

    /// Begins a change of members, if it may. `founders` are those that whoever asked knew.
    pub(super) fn change_members(
        &mut self,
        founders: &Roster,
        wanted: Wanted,
        at: AgreedPosition,
    ) -> Reply {
        match self.roster.begin(founders, wanted, at.index, self.time_ms) {
            Ok(()) => Reply::Ok,
            Err(error) => Reply::Error(error),
        }
    }

    /// Does a step of the change of members that began there, if it is the next one.
    pub(crate) fn step_members(&mut self, change: Index, step: &Step, at: Index) -> Effect {
        let effect = self.roster.step(change, step, at);
        self.follow_roster();
        effect
    }

    /// Members have writes, and nobody else does.
    fn follow_roster(&mut self) {
        if self.roster.version() > Index(0) {
            let ids: Vec<NodeId> = self.roster.members().keys().copied().collect();
            self.applied.follow(&ids);
        }
    }
}
