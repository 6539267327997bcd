//! Repair: how a replica gets what it missed.
//!
//! Every replica tells the others its vector now and then. Who sees that a peer has more, or holds
//! an entry whose predecessors are missing, and that this does not settle by itself (a push may be
//! on its way), asks one such peer at a time: its own vector, with `want`. The peer answers with
//! entries in an order that can be applied, in parts; the waiter asks on while there are more.
//! Requests and answers may get lost: after a while the next peer is asked.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

use super::entry::Header;
use super::log::{Fit, Log};
use crate::ids::{Index, NodeId};
use crate::limits::Limits;
use crate::turn::Turn;
use crate::wire::message::Body;
use crate::wire::version_vector::{Place, VersionVector};

/// How often vectors are told, in milliseconds.
const GOSSIP_MS: u64 = 500;
/// How long a gap may take to settle by itself, in milliseconds.
const SETTLE_MS: u64 = 150;
/// How long an answer may take, in milliseconds.
const ANSWER_MS: u64 = 500;

/// Entries that came before something they depend on.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    limits: Limits,
    entries: BTreeMap<(NodeId, Place), (Header, Bytes)>,
    bytes: usize,
}

impl Inbox {
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// What the entries weigh that wait for those before them.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many entries wait for those before them.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Keeps an entry, unless there are too many: what is dropped is asked for later.
    pub(crate) fn keep(&mut self, header: Header, bytes: Bytes) {
        let Limits { inbox, inbox_bytes, .. } = self.limits;
        let has_room = self.entries.len() < inbox && self.bytes + bytes.len() <= inbox_bytes;
        if mutant!(InboxWithoutLimit, has_room, true) {
            self.bytes += bytes.len();
            let old = self.entries.insert((header.origin, header.place), (header, bytes));
            self.bytes -= old.map_or(0, |(_, bytes)| bytes.len());
        }
    }

    /// The next entry that fits now; those held meanwhile are forgotten.
    pub(crate) fn take_fitting(&mut self, log: &Log) -> Option<(Header, Bytes)> {
        let mut from = Bound::Unbounded;
        while let Some((key, (header, _))) = self.entries.range((from, Bound::Unbounded)).next() {
            let key = *key;
            match log.fit(header) {
                Fit::Next => return self.take(key),
                Fit::Held | Fit::Forgets(_) => {
                    self.take(key);
                }
                // No later entry of this replica can fit before this one.
                Fit::Early => from = Bound::Excluded((key.0, Place::END)),
            }
        }
        None
    }

    /// The log of a replica ends there: what comes behind that is of no use any more.
    pub(crate) fn end(&mut self, origin: NodeId, last: Place) {
        let behind = (Bound::Excluded((origin, last)), Bound::Included((origin, Place::END)));
        let keys: Vec<_> = self.entries.range(behind).map(|(key, _)| *key).collect();
        for key in keys {
            self.take(key);
        }
    }

    fn take(&mut self, key: (NodeId, Place)) -> Option<(Header, Bytes)> {
        let (header, bytes) = self.entries.remove(&key)?;
        self.bytes -= mutant!(InboxBytesLeak, bytes.len(), 0);
        Some((header, bytes))
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn has_from(&self, origin: NodeId) -> bool {
        self.entries.range((origin, Place::START)..).next().is_some_and(|(key, _)| key.0 == origin)
    }
}

/// What is known of the others, and who was asked.
#[derive(Debug)]
pub(crate) struct Repair {
    peers: Vec<NodeId>,
    /// The change of members that made them those.
    members: Index,
    /// The vector that each peer told last.
    told: BTreeMap<NodeId, VersionVector>,
    gossip_at_ms: u64,
    /// Since when something is missing.
    behind_since_ms: Option<u64>,
    asked: Option<(NodeId, u64)>,
    /// Where in `peers` to look for the next one to ask.
    turn: usize,
}

impl Repair {
    pub(crate) fn new(peers: Vec<NodeId>) -> Repair {
        Repair {
            peers,
            members: Index(0),
            told: BTreeMap::new(),
            gossip_at_ms: 0,
            behind_since_ms: None,
            asked: None,
            turn: 0,
        }
    }

    pub(crate) fn peers(&self) -> &[NodeId] {
        &self.peers
    }

    /// These are the other members from now on, since this change.
    pub(crate) fn follow(&mut self, members: Index, peers: Vec<NodeId>) {
        self.members = members;
        self.told.retain(|id, _| peers.contains(id));
        self.asked.take_if(|asked| !peers.contains(&asked.0));
        self.peers = peers;
        self.turn = 0;
    }

    /// A peer tells its vector. That of one which goes by later members is not taken for one of
    /// these: there may be a member that this node does not wait for, and for which that one was
    /// the measure when it came ([`Repair::holds_of`]).
    pub(crate) fn on_vector(&mut self, from: NodeId, vector: VersionVector, members: Index) {
        if mutant!(LaterMembersTaken, members <= self.members, true) {
            self.told.insert(from, vector);
        }
    }

    /// Whether a peer has told that it holds all of this.
    pub(crate) fn holds_of(&self, peer: NodeId, vector: &VersionVector) -> bool {
        self.told.get(&peer).is_some_and(|told| told.holds(vector))
    }

    /// What others are told of this vector.
    pub(crate) fn telling(&self, vector: VersionVector) -> Body {
        Body::VersionVector { vector, want: false, members: self.members }
    }

    pub(crate) fn on_connected(&mut self, peer: NodeId) {
        self.asked.take_if(|asked| asked.0 == peer);
    }

    /// Entries came. If the peer has more, they are an answer, and the rest is asked for at once.
    /// Otherwise they may be a push, which says nothing of what is missing: whoever took it for an
    /// answer would never ask while others write.
    pub(crate) fn on_entries(&mut self, from: NodeId, more: bool) {
        mutant!(PushTakenForAnswer, (), self.on_push(from, more));
        if more {
            self.asked.take_if(|asked| asked.0 == from);
            self.behind_since_ms = Some(0);
        }
    }

    #[cfg(feature = "mutants")]
    fn on_push(&mut self, from: NodeId, more: bool) {
        if !more {
            self.asked.take_if(|asked| asked.0 == from);
            self.behind_since_ms = None;
        }
    }

    /// Time has passed. `told`: what others may be told that is here.
    pub(crate) fn on_tick(
        &mut self,
        told: Option<VersionVector>,
        log: &Log,
        inbox: &Inbox,
        turn: &mut Turn<'_>,
    ) {
        let now = turn.now.monotonic_ms;
        if mutant!(NoGossip, now >= self.gossip_at_ms, false)
            && let Some(vector) = told
        {
            self.gossip_at_ms = now + GOSSIP_MS;
            let message = turn.message(self.telling(vector));
            for peer in &self.peers {
                let message = message.clone();
                turn.outputs.push(crate::api::Output::Send { to: *peer, message, urgent: false });
            }
        }
        let behind = self.peers.iter().any(|peer| self.may_help(*peer, log, inbox));
        if !behind {
            self.behind_since_ms = None;
            self.asked = None;
        } else if self.behind_since_ms.is_none() {
            self.behind_since_ms = Some(now);
        }
    }

    /// Asks a peer for what is missing, if it is time to.
    pub(crate) fn ask(&mut self, log: &Log, inbox: &Inbox, turn: &mut Turn<'_>) {
        let now = turn.now.monotonic_ms;
        let Some(since) = self.behind_since_ms else { return };
        let waits = self.asked.is_some_and(|(_, asked_ms)| now < asked_ms + ANSWER_MS);
        if waits || mutant!(NoRepair, now < since + SETTLE_MS, true) {
            return;
        }
        for step in 0..self.peers.len() {
            let at = (self.turn + step) % self.peers.len();
            let peer = self.peers[at];
            if self.may_help(peer, log, inbox) {
                // The same peer goes on as long as it answers; one that does not is asked last next
                // time.
                let silent = self.asked.is_some_and(|asked| asked.0 == peer);
                if silent && step + 1 < self.peers.len() {
                    continue;
                }
                self.turn = at;
                self.asked = Some((peer, now));
                let (vector, members) = (log.appended().clone(), Index(0));
                turn.send(peer, Body::VersionVector { vector, want: true, members });
                return;
            }
        }
        self.asked = None;
    }

    /// What every peer told last, if all of them have told that they hold this.
    pub(crate) fn all_told(&self, vector: &VersionVector) -> Option<Vec<&VersionVector>> {
        let told = |peer| self.told.get(peer).filter(|told| told.holds(vector));
        let unasked = mutant!(OneMemberUnasked, 0, 1);
        self.peers.iter().rev().skip(unasked).map(told).collect()
    }

    /// Whether this peer has told of something that is missing here.
    pub(crate) fn is_ahead(&self, peer: NodeId, log: &Log) -> bool {
        self.told.get(&peer).is_some_and(|told| !log.appended().holds(told))
    }

    /// Whether all of these peers have told what they have, at least one of them, and none has
    /// this.
    pub(crate) fn none_has(
        &self,
        peers: impl Iterator<Item = NodeId>,
        replica: NodeId,
        place: Place,
    ) -> bool {
        let mut peers = peers.peekable();
        let lacks = |told: &VersionVector| told.get(replica) < place;
        peers.peek().is_some() && peers.all(|peer| self.told.get(&peer).is_some_and(lacks))
    }

    /// Whether this peer has something that is missing here, as far as is known.
    fn may_help(&self, peer: NodeId, log: &Log, inbox: &Inbox) -> bool {
        self.is_ahead(peer, log) || (!inbox.is_empty() && inbox.has_from(peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Boot;

    /// Keeps an entry of node 2 whose predecessors are missing.
    fn keep(inbox: &mut Inbox, index: u64) {
        let at = |index| Place { boot: Boot(1), index };
        let (place, previous) = (at(Index(index)), at(Index(index - 1)));
        let header = Header {
            origin: NodeId(2),
            place,
            previous,
            clock: 1,
            after: VersionVector::default(),
        };
        inbox.keep(header, Bytes::from_static(b"ten bytes."));
    }

    #[test]
    fn a_vector_of_later_members_is_not_taken() {
        let mut repair = Repair::new(vec![NodeId(2)]);
        let place = Place { boot: Boot(1), index: Index(1) };
        let vector = VersionVector::from_iter([(NodeId(1), place)]);
        repair.on_vector(NodeId(2), vector.clone(), Index(7));
        assert_eq!(repair.all_told(&vector), None, "node 3 may have come with 7");
        repair.follow(Index(7), vec![NodeId(2), NodeId(3)]);
        repair.on_vector(NodeId(2), vector.clone(), Index(7));
        assert!(repair.holds_of(NodeId(2), &vector) && !repair.holds_of(NodeId(3), &vector));
        repair.on_vector(NodeId(3), vector.clone(), Index(0));
        assert!(
            repair.all_told(&vector).is_some(),
            "who goes by earlier ones waits for all of those"
        );
    }

    #[test]
    fn only_so_many_entries_wait() {
        for limits in [
            Limits { inbox: 2, ..Limits::default() },
            Limits { inbox_bytes: 29, ..Limits::default() },
        ] {
            let mut inbox = Inbox::default();
            inbox.set_limits(limits);
            (2..9).for_each(|index| keep(&mut inbox, index));
            assert_eq!((inbox.len(), inbox.bytes()), (2, 20));
        }
    }

    #[test]
    fn behind_the_end_of_a_log_nothing_waits() {
        let mut inbox = Inbox::default();
        (2..6).for_each(|index| keep(&mut inbox, index));
        inbox.end(NodeId(3), Place::START);
        inbox.end(NodeId(2), Place { boot: Boot(1), index: Index(3) });
        assert_eq!((inbox.len(), inbox.bytes()), (2, 20));
    }

    #[test]
    fn an_entry_that_comes_again_weighs_once() {
        let mut inbox = Inbox::default();
        (0..3).for_each(|_| keep(&mut inbox, 2));
        assert_eq!((inbox.len(), inbox.bytes()), (1, 10));
    }
}
