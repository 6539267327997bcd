//! What a story tells of its nodes: what they note, and how they stand.

use node::*;

use super::words::clock;
use super::{BEGAN_MS, World};

impl World {
    /// A node notes something.
    pub(super) fn note(&mut self, id: u64, event: &Event) {
        match event {
            Event::SnapshotPlaced(number, _) => {
                self.told.push(format!("n{id}: snapshot {number} is in place"));
            }
            Event::SnapshotGivenUp(number, why) => {
                self.told.push(format!("n{id} gives snapshot {number} up: {why}"));
            }
            Event::Fetches(from) => {
                self.told.push(format!("n{id} fetches the state of n{}", from.0));
            }
            Event::Fetched(from, index) => {
                let up_to = index.map_or(String::new(), |index| format!(", up to {index}"));
                self.told.push(format!("n{id} has the state of n{}{up_to}", from.0));
            }
            Event::OtherMaxMemory { own, agreed } => {
                self.told.push(format!("n{id} was told {own}, and the cluster has {agreed}"));
            }
            Event::OtherLimit { name, own, agreed } => {
                self.told
                    .push(format!("n{id} was told {name} {own}, and the cluster has {agreed}"));
            }
            Event::OtherKeyspace { name, differs } => {
                self.told.push(format!("n{id} was told of the keyspace {name}: {differs}"));
            }
            // Who asked is told the same.
            Event::KeyspaceGivenUp(_) => {}
            Event::DigestDiffers { index, member, .. } => {
                self.told.push(format!("n{id}: n{} differs at digest {index}", member.0));
            }
            Event::StateIsBack => self.told.push(format!("n{id}: the state is back")),
            Event::LostForGood(node, boot, index) => {
                self.told.push(format!("n{id}: nobody has {}.{boot}:{index}", node.0));
            }
            Event::Refused(why) => self.told.push(format!("n{id} refuses: {why}")),
            Event::Disk(shortage) => {
                self.told.push(format!(
                    "n{id}: the disk {}",
                    if shortage.is_some() { "is full" } else { "has room" }
                ));
            }
            Event::Clock { agrees, others } => {
                let others: Vec<String> = others.iter().map(clock).collect();
                let word = if *agrees { "agrees" } else { "is off" };
                self.told.push(format!("n{id}'s clock {word}: {}", others.join(", ")));
            }
            Event::HandsOver(to) => {
                self.told.push(format!("n{id} hands over to n{}", to.0));
            }
            Event::Unheard => {
                self.told.push(format!("n{id} serves although nobody has answered"));
            }
            _ => {}
        }
    }

    /// What each node counts, and what it may.
    pub(super) fn memory(&mut self) {
        for (id, node) in &self.nodes {
            let Memory { agreed, max_agreed, merged, max_merged } = node.status().memory;
            let max = max_agreed.map_or("no limit set".into(), |max| format!("at most {max}"));
            let merged = match (merged, max_merged) {
                (0, 0) => String::new(),
                _ => format!("; merged {merged}, at most {max_merged}"),
            };
            self.told.push(format!("n{id}: agreed {agreed}, {max}{merged}"));
        }
    }

    pub(super) fn log_time(&mut self) {
        let told = self.stamps_ms(1).last().map(|stamp_ms| {
            let ahead_ms = *stamp_ms as i64 - (BEGAN_MS + self.now_ms) as i64;
            format!("log time is {ahead_ms:+} ms off")
        });
        self.told.push(told.unwrap_or("no entry has a time".into()));
    }

    pub(super) fn digests(&mut self) {
        for (id, node) in &self.nodes {
            let Digests { last, equal, alarm, given_up } = node.status().digests;
            let alarm = alarm.unwrap_or("no alarm".into());
            self.told.push(format!(
                "n{id}: digest {last}, equal at {equal}, {given_up} given up, {alarm}"
            ));
        }
    }

    /// The members as a node sees them.
    pub(super) fn members_told(&mut self, id: u64) {
        let cluster = self.nodes[&id].cluster_told();
        for member in cluster.members {
            let MemberTold { id, address, role, reachable, lag, .. } = member;
            let reached = if reachable { "" } else { ", not reached" };
            let lag = lag.map_or(String::new(), |lag| format!(", lacks {lag}"));
            self.told.push(format!("n{} at {address}: {role}{reached}{lag}", id.0));
        }
    }

    pub(super) fn status(&mut self) {
        for (id, node) in &self.nodes {
            let status = node.status();
            let vector: Vec<String> = status
                .vector
                .iter()
                .map(|(id, boot, index)| format!("{}.{boot}:{index}", id.0))
                .collect();
            self.told.push(format!(
                "n{id}: boot {}, {}, {}, keys {}, vector [{}]{}",
                status.boot,
                if status.formed { "formed" } else { "not formed" },
                status.waits.map_or("ready".into(), |waits| format!("waits for {waits}")),
                status.keys,
                vector.join(" "),
                if status.joins { ", joins a state" } else { "" },
            ));
        }
    }
}
