//! What invariants look at in a node beside what it says.

use std::borrow::Cow;

use bytes::Bytes;
use node::{Index, Level, MemberStep, MergedEntry, NamedWrite, Node, NodeId, Order, RosterSeen};

use crate::record::trace;

/// What invariants look at in a node beside what it says.
pub(crate) trait View {
    /// Term and a hash of the content of an entry of the agreed log.
    fn entry(&self, index: u64) -> Option<(u64, u64)>;
    /// The last index of the agreed log.
    fn last_index(&self) -> u64;
    /// The first entry of it that is kept.
    fn first_index(&self) -> u64;
    /// The term of the last entry.
    fn last_term(&self) -> u64;
    /// Where a state stands that was fetched, and handed to the disk: index and term.
    fn comes(&self) -> Option<(u64, u64)>;
    /// Term and time of an entry of the agreed log.
    fn stamp(&self, index: u64) -> Option<(u64, Option<u64>)>;
    /// The writes in an entry of the agreed log.
    fn writes(&self, index: u64) -> Option<Vec<NamedWrite>>;
    /// What it holds at a key in keyspaces of this order.
    fn value_in(&self, order: Order, key: &Bytes) -> Option<Cow<'_, [u8]>>;
    /// What reads of merged keyspaces see at a key.
    fn shown(&self, key: &Bytes) -> Option<Bytes>;
    /// How many keys it holds in keyspaces of this order.
    fn keys_in(&self, order: Order) -> u64;
    /// The id, the order and the level of the keyspace under which it would answer a read of a key.
    fn serves_under(&self, key: &Bytes) -> Option<(u32, Order, Level)>;
    /// How many changes have made the keyspaces that it goes by.
    fn keyspaces_version(&self) -> u64;
    /// Which start of another member it believes: boot and incarnation.
    fn believes(&self, member: NodeId) -> Option<(u64, u64)>;
    /// Bytes of writes that wait to become the next agreed entry.
    fn drafted(&self) -> usize;
    /// The step of a change of members in an entry of the agreed log, and where that began.
    fn step(&self, index: u64) -> Option<(Index, MemberStep)>;
    /// All members, as it has applied them.
    fn roster(&self) -> RosterSeen;
    /// How many merged entries it holds.
    fn merged_count(&self) -> usize;
    /// Those of them that are kept, from this number on.
    fn merged_entries(&self, from: usize) -> Vec<MergedEntry>;
    /// Whether it stands inside an entry of the agreed log.
    fn is_within_entry(&self) -> bool;
}

impl View for Node {
    fn entry(&self, index: u64) -> Option<(u64, u64)> {
        self.agreed_entry(Index(index)).map(|entry| (entry.term.0, trace::hash(&entry.data)))
    }

    fn last_index(&self) -> u64 {
        self.agreed_last().0
    }

    fn first_index(&self) -> u64 {
        self.agreed_first().0
    }

    fn last_term(&self) -> u64 {
        self.agreed_last_term().0
    }

    fn comes(&self) -> Option<(u64, u64)> {
        self.agreed_comes().map(|(index, term)| (index.0, term.0))
    }

    fn stamp(&self, index: u64) -> Option<(u64, Option<u64>)> {
        self.agreed_entry(Index(index)).map(|entry| (entry.term.0, entry.stamp_ms()))
    }

    fn writes(&self, index: u64) -> Option<Vec<NamedWrite>> {
        self.agreed_entry(Index(index)).map(|entry| entry.writes())
    }

    fn value_in(&self, order: Order, key: &Bytes) -> Option<Cow<'_, [u8]>> {
        Node::value_in(self, order, key)
    }

    fn shown(&self, key: &Bytes) -> Option<Bytes> {
        Node::shown(self, key)
    }

    fn keys_in(&self, order: Order) -> u64 {
        Node::keys_in(self, order)
    }

    fn serves_under(&self, key: &Bytes) -> Option<(u32, Order, Level)> {
        Node::serves_under(self, key)
    }

    fn keyspaces_version(&self) -> u64 {
        Node::keyspaces_version(self)
    }

    fn believes(&self, member: NodeId) -> Option<(u64, u64)> {
        Node::believes(self, member).map(|(boot, incarnation)| (boot.0, incarnation))
    }

    fn drafted(&self) -> usize {
        Node::drafted(self)
    }

    fn step(&self, index: u64) -> Option<(Index, MemberStep)> {
        self.agreed_entry(Index(index))?.step()
    }

    fn roster(&self) -> RosterSeen {
        self.roster_seen()
    }

    fn merged_count(&self) -> usize {
        Node::merged_count(self)
    }

    fn merged_entries(&self, from: usize) -> Vec<MergedEntry> {
        Node::merged_entries(self, from)
    }

    fn is_within_entry(&self) -> bool {
        Node::is_within_entry(self)
    }
}
