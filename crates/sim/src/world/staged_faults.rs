//! Faults of several steps: a hand-over that fails, the end of a log that is overwritten and then
//! lost or not, directories that are put back, emptied or copied.

use node::{Event as NodeEvent, NodeId, Output};

use super::World;
use super::event::Event;
use super::fault_state::FaultState;
use crate::env::disk::Directory;
use crate::env::host::Host;

impl World {
    /// Whether each other member runs and has the present start of this node on its disk: then no
    /// copy from before that start can be taken for it by anyone, whatever breaks.
    pub(super) fn is_known(&self, host: usize) -> bool {
        let Some(node) = self.hosts[host].node.as_ref() else { return false };
        let start = Some(node.own_start());
        let knows = |other: &Host| {
            let node = other.node.as_ref().filter(|_| !other.is_copy);
            node.is_some_and(|node| node.believes(node_id(host)) == start)
        };
        let settled = self.hosts[host].is_settled() && !self.hosts[host].is_copy;
        let mut others = (0..self.members()).filter(|other| *other != host);
        settled && others.all(|other| self.hosts[other].gone || knows(&self.hosts[other]))
    }

    /// A leader wants to hand over, and whom it asks next is to hear nothing of it.
    pub(super) fn thwart(&mut self, place: usize, host: usize, ahead_ms: Option<i64>) {
        self.faults[place].thwarted = Some(host);
        match ahead_ms {
            None => self.stop(place, host),
            Some(ahead_ms) => {
                self.hosts[host].clock.jump(ahead_ms);
                self.faults[place].ahead = Some((host, ahead_ms));
            }
        }
    }

    /// A node asks another one to lead: if that is to fail, the two are cut off from each other
    /// before it gets there.
    pub(super) fn maybe_thwart(&mut self, host: usize, outputs: &[Output]) {
        let successor = outputs.iter().find_map(|output| match output {
            Output::Note(NodeEvent::HandsOver(successor)) => Some(successor.0 as usize - 1),
            _ => None,
        });
        let Some(successor) = successor else { return };
        let thwarts = |state: &mut FaultState| state.thwarted.take_if(|one| *one == host).is_some();
        if let Some(place) = self.faults.iter_mut().position(thwarts) {
            let now_us = self.now_us();
            self.trace.tell(now_us, || format!("node {} hears nothing of it", successor + 1));
            self.cut(place, vec![(host, successor), (successor, host)]);
        }
    }

    /// A node was made to drop the end of its log: it dies now, or a moment later, when its disk
    /// may have the news.
    pub(super) fn after_overwrite(&mut self, host: usize) {
        self.hosts[host].dies_overwritten = false;
        let now_us = self.now_us();
        self.trace.tell(now_us, || format!("node {} drops the end of its log", host + 1));
        if self.turns.percent(50) {
            self.stumble(host);
        } else {
            let life = self.hosts[host].life;
            self.queue.after(self.turns.below(10_000), Event::Stumble { host, life });
        }
    }

    /// A node is down, and its directory becomes another one.
    pub(super) fn restore(&mut self, place: usize, host: usize, empty: bool) {
        self.keep_down(place, host, false);
        let chance = &mut self.faults[place].chance;
        let directory =
            if empty { Directory::default() } else { self.hosts[host].older_copy(chance) };
        self.hosts[host].put_back(directory);
    }

    /// An older copy of a node's directory is started beside it.
    pub(super) fn clone_node(&mut self, place: usize, host: usize) {
        let directory = self.hosts[host].older_copy(&mut self.faults[place].chance);
        let clone = self.members();
        let [original, copy] = self.hosts.get_disjoint_mut([host, clone]).expect("they are two");
        copy.impersonate(original, directory);
        self.boot(clone);
    }

    /// A copy was told that it is none of the members, and stops for good.
    pub(super) fn end_copy(&mut self, host: usize) {
        let (now_us, id) = (self.now_us(), self.hosts[host].id().0);
        self.trace.tell(now_us, || format!("a copy of node {id} is turned away"));
        self.lose_machine(host);
    }
}

fn node_id(host: usize) -> NodeId {
    NodeId(host as u64 + 1)
}
