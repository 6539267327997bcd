//! How all members meet once: who claims what, and when the cluster forms.

use super::{Members, Other, hang_up};
use crate::api::Event;
use crate::ids::{DirectoryId, NodeId, PathId};
use crate::turn::Turn;
use crate::wire::message::Hello;
use crate::wire::record::{Cluster, Record};

/// While a cluster forms: how long a member that says nothing counts as there, in milliseconds.
const PRESENT_MS: u64 = 2000;
/// How often the same contradiction is told, in milliseconds.
const CLAIM_MS: u64 = 1000;
/// What helps who finds a cluster that is there.
const COMES_LATER: &str = ". Its cluster is there already: who is to come into that is started with a new directory, a new id, and --join \
    instead of --peers";

fn is_recent(at_ms: Option<u64>, now_ms: u64) -> bool {
    at_ms.is_some_and(|at_ms| now_ms < at_ms + PRESENT_MS)
}

impl Members {
    /// What the sender was told otherwise than this node, if anything.
    pub(super) fn contradiction(&self, from: NodeId, hello: &Hello) -> Option<String> {
        let list =
            |ids: &[NodeId]| ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(", ");
        let is_one_cluster = hello.cluster.is_some() && hello.cluster == self.birth.cluster;
        if hello.members != self.founders && !is_one_cluster {
            let way = match hello.cluster {
                Some(_) if !self.is_formed() => COMES_LATER,
                _ => "",
            };
            return Some(format!(
                "node {} was started with members {}, this node with {}: give every node the same list of peers{way}",
                from.0,
                list(&hello.members),
                list(&self.founders)
            ));
        }
        if hello.order != self.birth.order {
            return Some(format!(
                "on node {} the keyspace default is {}, on this node {}: an order is fixed when the cluster forms; \
                 start every node with a level of the same order",
                from.0, hello.order, self.birth.order
            ));
        }
        let other_cluster = |own: Cluster| hello.cluster.is_some_and(|other| other != own);
        self.birth.cluster.is_some_and(other_cluster).then(|| {
            format!(
                "node {} is part of another cluster: one of the addresses in the lists of peers is wrong",
                from.0
            )
        })
    }

    pub(super) fn on_contradiction(
        &mut self,
        from: NodeId,
        hello: &Hello,
        path: Option<PathId>,
        is_stranger: bool,
        why: String,
        turn: &mut Turn<'_>,
    ) {
        if !self.is_formed() && hello.cluster.is_some() && !is_stranger {
            turn.halt(78, why);
            return;
        }
        self.on_claim(from, hello, path, &why, turn);
    }

    /// Somebody claims what cannot be: that is told once a second. Who it is hears what this node
    /// has to say.
    pub(super) fn on_claim(
        &mut self,
        from: NodeId,
        hello: &Hello,
        path: Option<PathId>,
        why: &str,
        turn: &mut Turn<'_>,
    ) {
        self.tell_claim(from, why, turn);
        self.answer(from, hello, None, turn);
        hang_up(path, turn);
    }

    pub(super) fn tell_claim(&mut self, from: NodeId, why: &str, turn: &mut Turn<'_>) {
        let now_ms = turn.now.monotonic_ms;
        let waits = if self.is_formed() { "" } else { ". This node waits until they agree" };
        let other = self.others.get_mut(&from).expect("a member");
        if other.claimed_ms.is_none_or(|claimed_ms| now_ms >= claimed_ms + CLAIM_MS) {
            other.claimed_ms = Some(now_ms);
            turn.note(Event::Refused(format!("{why}{waits}")));
        }
    }

    /// Whether the directory that is known of a member is silent while the cluster forms, so that
    /// another one may take its place; nothing was promised yet.
    pub(super) fn yields(&mut self, id: NodeId, turn: &Turn<'_>) -> bool {
        let now_ms = turn.now.monotonic_ms;
        let other = self.others.get_mut(&id).expect("a member");
        if is_recent(other.hello_ms, now_ms) {
            other.rival_ms = Some(now_ms);
            return false;
        }
        *other = Other { claimed_ms: other.claimed_ms, ..Other::default() };
        true
    }

    /// The id of the cluster that the directories on this disk form, if all are there.
    pub(super) fn roster(&self) -> Option<u64> {
        let known = |(id, other): (&NodeId, &Other)| Some((*id, other.known?.directory));
        let mut all = vec![(self.birth.id, self.birth.directory)];
        for other in &self.others {
            all.push(known(other)?);
        }
        Some(cluster_id(all))
    }

    /// Everyone has met everyone: this node takes part from now on. All must have the same
    /// directories on disk, or two clusters could form out of one.
    pub(super) fn maybe_form(&mut self, turn: &mut Turn<'_>) {
        if self.is_formed() || self.joins {
            return;
        }
        let Some(roster) = self.roster() else { return };
        let now_ms = turn.now.monotonic_ms;
        let formed = |(id, other): (&NodeId, &Other)| Some((*id, other.cluster?));
        let may_form = match self.others.iter().find_map(formed) {
            Some((id, cluster)) if cluster.id != roster => {
                self.tell_claim(id, &other_roster(id), turn);
                false
            }
            Some(_) => true,
            None => self.others.values().all(|other| {
                other.has_met_us
                    && mutant!(FormsWithOthers, other.roster == roster, true)
                    && is_recent(other.hello_ms, now_ms)
                    && !is_recent(other.rival_ms, now_ms)
            }),
        };
        if !may_form {
            return;
        }
        self.birth.cluster = Some(Cluster { id: roster, epoch: 1 });
        turn.disk.record(&Record::Birth(self.birth.clone()));
        turn.note(Event::Formed);
        turn.sessions.wake_all();
        self.say_hello_to_all(turn);
        self.maybe_confirm(turn);
    }
}

/// The id of the cluster that these directories form, the same on every member and as random as
/// they are.
fn cluster_id(mut all: Vec<(NodeId, DirectoryId)>) -> u64 {
    all.sort();
    let mixed =
        all.into_iter().flat_map(|(id, directory)| [id.0, directory.0]).fold(0, |sum, part| {
            // SplitMix64 (Steele et al., OOPSLA 2014), a step for each part.
            let mut mixed: u64 = (sum ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
    mixed.max(1)
}

/// Two directories claim one id; with `by`, that one has met another than this node's.
pub(super) fn rival(id: NodeId, by: Option<NodeId>) -> String {
    let met = match by {
        Some(by) => {
            format!("node {} has met node {}, this one, with another data directory", by.0, id.0)
        }
        None => format!(
            "node {} comes with another data directory than the one that this node has met",
            id.0
        ),
    };
    format!(
        "{met}: two processes were started as node {}, or it was started anew on another directory. End the wrong one",
        id.0
    )
}

fn other_roster(id: NodeId) -> String {
    format!(
        "node {} is part of a cluster that formed with other data directories than those that this node has met: start every \
         node with the directory that it had then. If one of them is gone, begin anew with new directories on all nodes",
        id.0
    )
}
