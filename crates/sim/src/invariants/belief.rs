//! A node believes a start of another member only once that is on its disk: after a crash it
//! believes the same start, or a later one.
//!
//! (What a start found on its disk may not be synced until its own first record is; it says nothing
//! before.)

use std::collections::BTreeMap;

use node::{NodeId, Waits};

use super::invariant::{Invariant, Turn};

/// A start of a node: boot and incarnation.
type Start = (u64, u64);

/// For each node, its life, and which start of each other member it believed last.
#[derive(Debug)]
pub(crate) struct Kept {
    hosts: Vec<(u64, BTreeMap<NodeId, Start>)>,
}

fn describe(start: Option<Start>) -> String {
    start.map_or("no start".into(), |(boot, incarnation)| format!("boot {boot} ({incarnation:x})"))
}

impl Kept {
    pub(crate) fn new(nodes: usize) -> Kept {
        Kept { hosts: vec![(0, BTreeMap::new()); nodes] }
    }
}

impl Invariant for Kept {
    fn name(&self) -> &'static str {
        "beliefs are kept"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let (life, believed) = &mut self.hosts[turn.host];
        let starts = std::mem::replace(life, turn.life) != turn.life;
        for member in &turn.status.members {
            let now = turn.view.believes(*member);
            let before = believed.get(member).copied();
            if starts && now.map(|start| start.0) < before.map(|start| start.0) {
                let (node, now, before) = (turn.status.id.0, describe(now), describe(before));
                return Err(format!(
                    "node {node} starts and believes {now} of node {}, and has believed {before}",
                    member.0
                ));
            }
            if let Some(now) = now
                && turn.status.waits != Some(Waits::Disk)
            {
                believed.insert(*member, now);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{Held, status, turn};
    use node::Status;

    /// A node is seen in these lives, and believes a start of node 2 with this boot.
    fn play(rows: &[(u64, Option<u64>)]) -> Result<(), String> {
        let mut invariant = Kept::new(1);
        let status = Status { members: vec![NodeId(1), NodeId(2)], ..status(1) };
        rows.iter().try_for_each(|(life, boot)| {
            let believed = boot.map(|boot| (NodeId(2), (boot, 7))).into_iter().collect();
            let view = Held { believed, ..Held::default() };
            invariant.on_turn(&crate::invariants::invariant::Turn {
                view: &view,
                ..turn(&status, *life)
            })
        })
    }

    #[test]
    fn what_a_start_found_and_did_not_sync_may_be_gone() {
        let mut invariant = Kept::new(1);
        let mut look = |life, boot, waits: Option<Waits>| {
            let members = vec![NodeId(1), NodeId(2)];
            let status = Status { members, waits, ..status(1) };
            let believed = [(NodeId(2), (boot, 7))].into_iter().collect();
            let view = Held { believed, ..Held::default() };
            invariant
                .on_turn(&crate::invariants::invariant::Turn { view: &view, ..turn(&status, life) })
        };
        assert_eq!(look(1, 1, None), Ok(()));
        assert_eq!(look(2, 2, Some(Waits::Disk)), Ok(()));
        assert_eq!(look(3, 1, Some(Waits::Disk)), Ok(()), "the disk had not kept it");
        assert!(look(4, 0, None).is_err(), "but this one");
    }

    #[test]
    fn a_belief_that_is_forgotten_is_seen() {
        assert_eq!(play(&[(1, None), (1, Some(3)), (2, Some(3)), (3, Some(4))]), Ok(()));
        assert!(play(&[(1, Some(3)), (2, None)]).is_err());
        assert!(play(&[(1, Some(3)), (2, Some(2))]).is_err());
    }
}
