//! Which writes have run: the last one of each member.

use std::collections::BTreeMap;

use super::entry::WriteId;
use crate::ids::{Life, NodeId, Sequence};

/// The last write that was applied of each member: in which of its starts, and its number there.
///
/// - Others than members have no writes.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    last: BTreeMap<NodeId, (Life, Sequence)>,
}

impl Applied {
    pub(crate) fn new(members: &[NodeId]) -> Applied {
        Applied { last: members.iter().map(|id| (*id, (Life::default(), Sequence(0)))).collect() }
    }

    /// These are the last writes that have run, as a snapshot says.
    pub(crate) fn restore(&mut self, last: &BTreeMap<NodeId, (Life, Sequence)>) {
        for (node, write) in last {
            self.last.entry(*node).and_modify(|last| *last = *write);
        }
    }

    /// From now on these are the members.
    pub(crate) fn follow(&mut self, members: &[NodeId]) {
        self.last.retain(|id, _| members.contains(id));
        for id in members {
            self.last.entry(*id).or_insert((Life::default(), Sequence(0)));
        }
    }

    /// Whether a write of this id runs, because it is the successor of the last one of its node; if
    /// so, it counts as run.
    pub(crate) fn take(&mut self, id: WriteId) -> bool {
        let Some(last) = self.last.get_mut(&id.node) else { return false };
        let next_of_life = id.life == last.0 && id.sequence == last.1.next();
        let first_of_later_boot =
            mutant!(OldBootRuns, id.life.boot > last.0.boot, id.life.boot != last.0.boot)
                && mutant!(FirstOfBootSkipped, id.sequence == Sequence(1), true);
        let runs = next_of_life || first_of_later_boot;
        if runs {
            *last = (id.life, id.sequence);
        }
        runs
    }

    /// Whether a write of this id, or a later one of the same life, has run.
    #[cfg(feature = "mutants")]
    pub(super) fn has_run(&self, id: WriteId) -> bool {
        self.last.get(&id.node).is_some_and(|last| id.life == last.0 && id.sequence <= last.1)
    }

    /// Whether the last write that ran lies more than one before this one, in the same life.
    #[cfg(feature = "mutants")]
    pub(super) fn has_gap(&self, id: WriteId) -> bool {
        self.last.get(&id.node).is_some_and(|last| id.life == last.0 && id.sequence > last.1)
    }

    /// The last write that has run of each member that has written.
    pub(crate) fn last_writes(&self) -> BTreeMap<NodeId, (Life, Sequence)> {
        self.ids().map(|id| (id.node, (id.life, id.sequence))).collect()
    }

    /// The last id of each member that has written.
    pub(crate) fn ids(&self) -> impl Iterator<Item = WriteId> {
        let id = |(node, (life, sequence)): (&NodeId, &(Life, Sequence))| WriteId {
            node: *node,
            life: *life,
            sequence: *sequence,
        };
        self.last.iter().map(id).filter(|id| id.sequence > Sequence(0))
    }
}
