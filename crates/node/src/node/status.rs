//! How the node sees itself and the cluster.

use super::Node;
use crate::api::{
    Expiry, KeyspacesTold, Level, LostStates, Memory, Order, Role, Standing, Status, Unsynced,
    Waits,
};
use crate::cluster::told::{ClusterTold, MemberTold};
use crate::ids::NodeId;
use crate::keyspace::Keyspace;
use crate::keyspace::table::{Attempt, Entry};
use crate::wire::record::LOG_VERSION;

impl Node {
    /// What keeps requests at the default level from being answered now; nothing: it is ready.
    pub fn waits_for(&self) -> Option<Waits> {
        self.waits(self.keyspaces.default().order)
    }

    /// How the node sees itself and the cluster.
    pub fn status(&self) -> Status {
        let Keyspace { order, levels, .. } = *self.keyspaces.default();
        let keys_of = |order| match order {
            Order::Agreed => self.view(order).keys(),
            Order::Merged => self.merged.applied_keys(),
        };
        let keys = keys_of(order);
        let other_keys = keys_of(Order::Agreed) + keys_of(Order::Merged) - keys;
        let (unsynced, bytes, last_ms) = self.merged.unsynced();
        let (deadlines, reclaimed) = self.agreed.expiry();
        let waits = self.waits_for();
        Status {
            id: self.identity.id,
            members: self.members.ids().to_vec(),
            boot: self.identity.life.boot,
            order,
            level: levels.level,
            request_timeout_ms: self.config.request_timeout_ms,
            keyspaces: self.keyspaces_told(),
            directory: self.identity.directory,
            cluster: self.members.cluster().map(|cluster| cluster.id),
            formed: self.members.is_formed(),
            ready: waits.is_none(),
            waits,
            agreed_ready: self.waits(Order::Agreed).is_none(),
            role: self.agreed.role(),
            leader: self.agreed.leader(),
            term: self.agreed.term(),
            commit: self.agreed.commit(),
            applied: self.agreed.applied(),
            vector: self.merged.vector().iter().map(|(id, at)| (id, at.boot, at.index)).collect(),
            keys,
            other_keys,
            disk_backlog_bytes: self.disk.unsynced_bytes(),
            tombstones: self.merged.tombstones(),
            unsynced: Unsynced { keys: unsynced, bytes, last_ms },
            disk_full: self.disk.is_full(),
            clock_agrees: self.clocks.agrees(),
            clocks: self.clocks.measured(self.now).collect(),
            snapshots: self.snapshots_told(),
            memory: self.memory(),
            expiry: Expiry { keys: deadlines, reclaimed },
            states_fetched: self.states_fetched,
            once: self.agreed.once(),
            log_reads: self.agreed.log_reads(),
            digests: self.digests.status(&self.agreed),
            joins: self.merged.is_joining(),
            lost: LostStates {
                agreed: self.has_lost(Order::Agreed),
                merged: self.has_lost(Order::Merged),
            },
        }
    }

    /// The cluster as this node knows it; also before it has formed, and without a quorum.
    pub fn cluster_told(&self) -> ClusterTold {
        let cluster = self.members.cluster();
        let leader = self.agreed.leader();
        let last = self.agreed.last_index();
        let roster = self.members.table();
        let standing = |id| roster.member(id).map_or(Standing::Voter, |member| member.standing);
        let members = self.member_addresses().map(|(id, address)| {
            let matched = self.agreed.matched(id);
            let role = match standing(id) {
                Standing::Voter if leader == Some(id) => "leader",
                standing => standing.name(),
            };
            MemberTold {
                id,
                address,
                role,
                reachable: id == self.identity.id || self.connected.contains(&id),
                version: self.spoken_by(id),
                matched,
                lag: matched.map(|matched| last.0.saturating_sub(matched.0)),
            }
        });
        let outcome = self.agreed.roster().outcome();
        ClusterTold {
            id: cluster.map(|cluster| cluster.id),
            epoch: cluster.map_or(0, |cluster| cluster.epoch),
            node: self.identity.id,
            leader,
            term: self.agreed.term(),
            commit: self.agreed.commit(),
            applied: self.agreed.applied(),
            members: members.collect(),
            version: self.version(),
            newest_version: LOG_VERSION,
            removed: roster.all_removed().iter().map(|(id, it)| (*id, it.index)).collect(),
            joining: self.joiners(),
            under_way: self.change_in_words(),
            last_change: (!outcome.is_empty()).then(|| outcome.to_owned()),
        }
    }

    /// The members with their addresses, by their ids.
    fn member_addresses(&self) -> impl Iterator<Item = (NodeId, String)> {
        let address = |id: NodeId| {
            let listed = self.config.members.iter().find(|member| member.0 == id);
            let listed = listed.map(|member| member.1.clone());
            let member = self.members.table().member(id).map(|member| member.address.clone());
            member.or(listed).unwrap_or_default()
        };
        self.members.ids().iter().map(move |id| (*id, address(*id)))
    }

    fn keyspaces_told(&self) -> KeyspacesTold {
        let table = self.keyspaces.table();
        let name = |(entry, _): (&Entry, Attempt)| entry.definition.name.clone();
        KeyspacesTold {
            count: table.iter().count() + 1,
            under_way: table.under_way().map(name),
            given_up: self.agreed.given_up().cloned(),
        }
    }

    fn memory(&self) -> Memory {
        let (agreed, max_agreed) = self.agreed.memory();
        let (merged, max_merged) = (self.merged.memory(), self.limits.max_memory_merged);
        Memory { agreed, max_agreed, merged, max_merged }
    }

    /// Whether the others get on without this node: it does not lead and knows who does, or there
    /// is nobody to hand over to. And all that it has shown is on its disk.
    pub fn may_end(&self) -> bool {
        let follows = self.agreed.role() == Role::Follower && self.agreed.leader().is_some();
        let leaves =
            follows || !self.takes_part() || self.has_lost_state() || self.connected.is_empty();
        leaves && mutant!(EndsUnsynced, !self.merged.has_unsynced(), true)
    }

    /// What keeps requests on keyspaces of this order from being answered at their levels.
    fn waits(&self, order: Order) -> Option<Waits> {
        if !self.started {
            return Some(Waits::Disk);
        }
        let waits = self.members.waits_for(order).or_else(|| self.waits_for_state(order));
        if waits.is_some() || order == Order::Merged {
            return waits;
        }
        match self.agreed.leader() {
            // Sequential reads go on without one, and so do the writes that they wait for once
            // there is one again. Bounded ones do for a while.
            None if Level::Sequential.is_weaker_than(self.keyspaces.default().levels.level)
                || !self.agreed.is_fresh() =>
            {
                Some(Waits::Leader(self.members.unheard()))
            }
            _ => (!self.agreed.is_fresh()).then_some(Waits::Quorum),
        }
    }
}
