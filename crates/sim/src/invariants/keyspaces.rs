//! No key is ever served by two keyspaces. Begin with [`OneKeyspace`].
//!
//! Whoever would answer a read of a key would do so under the same keyspace as all others, at every
//! moment; many refuse while the key changes hands. A node that is down is taken to go on where it
//! was seen last: nothing may change hands meanwhile. And what one order has of a key is not there
//! any more where the key is served under the other one. (A node that has joined goes through what
//! the merged logs held before, with keys that were deleted later.)

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use node::{Boot, Index, NodeId, Order, Status};

use super::invariant::{Invariant, Turn, takes_part};
use crate::plan::setting::Setting;
use crate::record::keyspace::KEYS;

/// Under which keyspace each node would serve keys that change hands.
#[derive(Debug)]
pub(crate) struct OneKeyspace {
    /// Whether keyspaces come and go at all.
    is_on: bool,
    keys: Vec<Bytes>,
    /// By key, then by node.
    seen: Vec<BTreeMap<usize, (u32, Order)>>,
    /// Of each node its life, and the version of the keyspaces that it went by, when it was looked
    /// at.
    versions: BTreeMap<usize, (u64, u64)>,
    /// The hosts whose nodes were removed: who has not heard of it may serve what was.
    removed: BTreeSet<usize>,
    /// Whether members come and go, and how many founded the cluster.
    changes_members: bool,
    founders: usize,
    /// What anybody has applied of the merged logs; and for each node that has joined, what it
    /// still lacks of all that was applied when it first took part: behind that it has seen what
    /// was deleted before.
    applied: Vector,
    goals: BTreeMap<usize, Vector>,
}

type Vector = BTreeMap<NodeId, (Boot, Index)>;

impl OneKeyspace {
    pub(crate) fn new(setting: &Setting) -> OneKeyspace {
        OneKeyspace {
            is_on: setting.has_keyspaces(),
            keys: KEYS.into_iter().map(Bytes::from).collect(),
            seen: vec![BTreeMap::new(); KEYS.len()],
            versions: BTreeMap::new(),
            removed: BTreeSet::new(),
            changes_members: setting.changes_members(),
            founders: setting.nodes,
            applied: Vector::new(),
            goals: BTreeMap::new(),
        }
    }

    /// Whether it has joined, and still lacks what had been applied by then.
    fn learns(&mut self, host: usize, status: &Status) -> bool {
        if !self.changes_members {
            return false;
        }
        let here = || status.vector.iter().map(|(id, boot, index)| (*id, (*boot, *index)));
        for (id, place) in here() {
            let known = self.applied.entry(id).or_insert(place);
            *known = place.max(*known);
        }
        if host < self.founders {
            return false;
        }
        let applied = &self.applied;
        let goal = self.goals.entry(host).or_insert_with(|| applied.clone());
        let here: Vector = here().collect();
        // Of one that is gone there may be less, and nothing is waited for.
        goal.retain(|id, place| {
            here.get(id) < Some(place) && !self.removed.contains(&(id.0 as usize - 1))
        });
        !goal.is_empty()
    }

    /// Under which keyspaces the node serves keys has changed.
    fn look(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let node = turn.status.id.0;
        for (key, seen) in self.keys.iter().zip(&mut self.seen) {
            let Some((id, order, _)) = turn.view.serves_under(key) else {
                seen.remove(&turn.host);
                continue;
            };
            seen.insert(turn.host, (id, order));
            let differs = |(_, (other, _)): &(&usize, &(u32, Order))| *other != id;
            if let Some((other, (other_id, _))) = seen.iter().find(differs) {
                let text = String::from_utf8_lossy(key);
                return Err(format!(
                    "node {node} serves {text} under keyspace {id}, and node {} under {other_id}",
                    other + 1
                ));
            }
        }
        Ok(())
    }
}

impl Invariant for OneKeyspace {
    fn name(&self) -> &'static str {
        "one keyspace a key"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        if !self.is_on {
            return Ok(());
        }
        let version = (turn.life, turn.view.keyspaces_version());
        for (id, ..) in turn.view.roster().removed {
            let host = id.0 as usize - 1;
            if self.removed.insert(host) {
                self.seen.iter_mut().for_each(|seen| seen.retain(|other, _| *other != host));
            }
        }
        if !takes_part(turn.status) || self.removed.contains(&turn.host) {
            // Whoever is to join, or starts, serves nobody.
            self.versions.remove(&turn.host);
            for seen in &mut self.seen {
                seen.remove(&turn.host);
            }
            return Ok(());
        }
        if self.versions.insert(turn.host, version) != Some(version) {
            self.look(turn)?;
        }
        let is_behind =
            turn.status.lost.merged || turn.status.joins || self.learns(turn.host, turn.status);
        for (key, seen) in self.keys.iter().zip(&self.seen) {
            let Some(&(id, order)) = seen.get(&turn.host) else { continue };
            let (other, is_lost) = match order {
                Order::Agreed => (Order::Merged, is_behind),
                Order::Merged => (Order::Agreed, turn.status.lost.agreed),
            };
            if !is_lost && turn.view.value_in(other, key).is_some() {
                let (node, text) = (turn.status.id.0, String::from_utf8_lossy(key));
                return Err(format!(
                    "node {node} serves {text} under keyspace {id}, which is {order}, and holds a value of it that is {other}"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::{Held, status, turn};
    use crate::options::Options;
    use node::Level;

    fn look(
        invariant: &mut OneKeyspace,
        node: u64,
        id: Option<u32>,
        held: &[Order],
    ) -> Result<(), String> {
        let key = Bytes::from(KEYS[0]);
        let serves = id.map(|id| (key.clone(), (id, Order::Agreed, Level::Sequential)));
        let held_in = held.iter().map(|order| (*order, key.clone())).collect();
        let held = Held { serves: serves.into_iter().collect(), held_in, ..Held::default() };
        let status = status(node);
        invariant.on_turn(&Turn { view: &held, host: node as usize - 1, ..turn(&status, 1) })
    }

    #[test]
    fn a_key_that_two_keyspaces_serve_is_seen() {
        let mut setting = Setting::draw(1, &Options::default());
        setting.load.keyspaces_percent = 1;
        let mut invariant = OneKeyspace::new(&setting);
        assert_eq!(look(&mut invariant, 1, Some(1), &[]), Ok(()));
        assert_eq!(look(&mut invariant, 2, None, &[]), Ok(()));
        assert!(look(&mut invariant, 2, Some(2), &[]).unwrap_err().contains("node 1 under 1"));
        let mut invariant = OneKeyspace::new(&setting);
        assert_eq!(look(&mut invariant, 1, Some(1), &[Order::Agreed]), Ok(()));
        assert_eq!(look(&mut invariant, 1, None, &[]), Ok(()));
        assert_eq!(look(&mut invariant, 2, Some(2), &[]), Ok(()));
        assert!(look(&mut invariant, 2, Some(2), &[Order::Merged]).is_err());
    }
}
