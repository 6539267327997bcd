//! Versions that roll: which one the members understand, and which one the cluster may use.
//!
//! Nodes are updated one by one, and may be put back. So what the version before this one does not
//! know is proposed by nobody before all members have said that they understand it, and somebody
//! has said that there is no way back (`candor cluster finalize`): that is an entry of the log. A
//! cluster that this version founded may use all of it from the beginning. Who meets an entry that
//! it does not know stops before it, whatever was said.

use std::collections::BTreeMap;

use super::Node;
use crate::api::Output;
use crate::commands::Command;
use crate::ids::{Life, NodeId};
use crate::reply::Error;
use crate::turn::Turn;
use crate::wire::message::Body;
use crate::wire::record::{FIRST_VERSION, LOG_VERSION};

/// What each start of a member understands; who has said nothing, the first version.
#[derive(Debug, Default)]
pub(super) struct Versions {
    said: BTreeMap<NodeId, (Life, u64)>,
    /// When this node said again what it understands.
    again_ms: u64,
}

/// As long as the cluster may not use it, members say what they understand after so many
/// milliseconds again.
const AGAIN_MS: u64 = 2000;

impl Node {
    /// The version that the cluster may use.
    pub(super) fn version(&self) -> u64 {
        self.members.founded().max(self.agreed.finalized())
    }

    /// The version that a member understands.
    pub(super) fn spoken_by(&self, id: NodeId) -> u64 {
        if id == self.identity.id {
            return LOG_VERSION;
        }
        let life = self.members.known(id).map(|known| known.life);
        let said = self.versions.said.get(&id).filter(|(said, _)| Some(*said) == life);
        said.map_or(FIRST_VERSION, |(_, version)| *version)
    }

    /// A member understands this version.
    pub(super) fn on_speaks(&mut self, from: NodeId, life: Life, version: u64) {
        self.versions.said.insert(from, (life, version));
    }

    /// Says to a member that believes this node what it understands.
    pub(super) fn say_version(&mut self, peer: NodeId, outputs: &mut Vec<Output>) {
        if self.members.is_settled(peer) {
            turn!(self, outputs).send(peer, Body::Speaks(LOG_VERSION));
        }
    }

    /// Says it again to all, since it may be lost.
    pub(super) fn say_versions(&mut self, outputs: &mut Vec<Output>) {
        let now_ms = self.now.monotonic_ms;
        if self.version() < LOG_VERSION && now_ms >= self.versions.again_ms + AGAIN_MS {
            self.versions.again_ms = now_ms;
            self.members.ids().to_vec().into_iter().for_each(|id| self.say_version(id, outputs));
        }
    }

    /// Refuses a command that a member may not understand.
    pub(super) fn check_version(&self, command: &Command) -> Result<(), Error> {
        let is_final = command.is_finalize();
        if !is_final && command.members_wanted().is_none() {
            return Ok(());
        }
        let earlier = self.members.ids().iter().filter(|id| self.spoken_by(**id) < LOG_VERSION);
        let earlier: Vec<String> = earlier.map(|id| id.0.to_string()).collect();
        let is_all = mutant!(OldestMemberIgnored, earlier.is_empty(), true);
        if is_final && !is_all {
            let nodes = if earlier.len() == 1 { "node" } else { "nodes" };
            return Err(Error::Invalid(format!(
                "{nodes} {} did not say that this version is understood there: an earlier one runs, or nobody. Hint: start all \
                 members with this version first",
                earlier.join(", ")
            )));
        }
        if !is_final && self.version() < LOG_VERSION {
            return Err(Error::Invalid(
                "this cluster was founded by an earlier version of Candor, which does not know members that come and go. Hint: start \
                 all nodes with this version, then CLUSTER-ADMIN FINALIZE; after that no node goes back"
                    .into(),
            ));
        }
        Ok(())
    }
}
