//! What can be seen of a node from outside beside what it says: for invariants and tests, which
//! look at it between turns.
//!
//! Nothing here changes the node, and no driver needs any of it.

use std::borrow::Cow;

use bytes::Bytes;

use crate::api::{Durability, Level, MemberChange, Order, Standing};
use crate::cluster::roster::{Roster, Step};
use crate::commands::Command;
use crate::ids::{Boot, Index, NodeId, Sequence, Term};
use crate::merged::MergedEntry;
use crate::node::Node;
pub use crate::wire::matter::Matter;
use crate::wire::message::{Body, Message};
use crate::wire::record::Known;

/// An entry of the agreed log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedEntry {
    /// The term in which it was proposed.
    pub term: Term,
    /// What it carries.
    pub data: Bytes,
}

/// A write in an entry of the agreed log, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedWrite {
    /// Who sent it first.
    pub node: NodeId,
    /// In which of its boots.
    pub boot: Boot,
    /// Its number in that boot; counts from 1.
    pub sequence: Sequence,
    /// The id of the keyspace that it names.
    pub keyspace: u32,
    /// What it does.
    pub command: Command,
}

/// A step of a change of members, as an entry of the agreed log carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberStep {
    /// Whoever is to come learns from now on.
    Learn(NodeId),
    /// It votes from now on.
    Promote(NodeId),
    /// This one is no member any more; its merged log ends there.
    Gone(NodeId, Boot, Index),
    /// Nobody comes.
    GiveUp,
}

/// All members, as a node has applied them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RosterSeen {
    /// The entry that changed them last; 0: nobody has, and all else is empty.
    pub version: Index,
    /// Who they are, by their ids.
    pub members: Vec<(NodeId, Standing)>,
    /// Those that are gone: the entry that removed each, and where its merged log ends.
    pub removed: Vec<(NodeId, Index, (Boot, Index))>,
    /// The change that is under way.
    pub change: Option<ChangeSeen>,
}

/// A change of members that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSeen {
    /// The entry that began it.
    pub index: Index,
    /// Who is to come.
    pub comes: Option<NodeId>,
    /// Who is to go.
    pub goes: Vec<NodeId>,
    /// Whether those who go are dead.
    pub loses: bool,
}

impl RosterSeen {
    fn of(roster: &Roster) -> RosterSeen {
        let change = roster.change().map(|change| ChangeSeen {
            index: change.index,
            comes: change.wanted.add.as_ref().map(|(id, _)| *id),
            goes: change.wanted.remove.clone(),
            loses: change.wanted.lose,
        });
        let removed = roster.all_removed().iter();
        let members = roster.members().iter();
        RosterSeen {
            version: roster.version(),
            members: members.map(|(id, member)| (*id, member.standing)).collect(),
            removed: removed
                .map(|(id, one)| (*id, one.index, (one.last.boot, one.last.index)))
                .collect(),
            change,
        }
    }
}

impl AgreedEntry {
    /// The step of a change of members that it carries, and the entry that began that change.
    pub fn step(&self) -> Option<(Index, MemberStep)> {
        let (change, step) = crate::agreed::member_step(&self.data)?;
        let step = match step {
            Step::Learn(id, _) => MemberStep::Learn(id),
            Step::Promote(id) => MemberStep::Promote(id),
            Step::Gone(id, last) => MemberStep::Gone(id, last.boot, last.index),
            Step::GiveUp(_) => MemberStep::GiveUp,
        };
        Some((change, step))
    }

    /// The time that its leader stamped it with; an entry that opens a term has none.
    pub fn stamp_ms(&self) -> Option<u64> {
        crate::agreed::stamp_ms(&self.data)
    }

    /// The writes in the entry, in order; those among them that the log holds twice included.
    pub fn writes(&self) -> Vec<NamedWrite> {
        crate::agreed::writes(&self.data, |node, boot, sequence, write| NamedWrite {
            node,
            boot,
            sequence,
            keyspace: write.keyspace().0,
            command: write.to_command(),
        })
    }
}

/// A vote: the term, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The term of the election.
    pub term: Term,
    /// Who may lead it if enough others vote the same.
    pub candidate: NodeId,
}

impl Vote {
    /// The vote that a message between nodes gives, if it gives one: to who asked, or, by asking,
    /// to its sender.
    pub fn in_message(message: &Bytes) -> Option<Vote> {
        let Ok(Message { body: Body::Raft(bytes), .. }) = Message::decode(message) else {
            return None;
        };
        let (term, candidate) = crate::agreed::vote(&bytes)?;
        Some(Vote { term, candidate })
    }
}

/// The term of Raft that the sender of a message is in, if the message says so.
pub fn term_in(message: &Bytes) -> Option<Term> {
    let Ok(Message { body: Body::Raft(bytes), .. }) = Message::decode(message) else { return None };
    crate::agreed::term(&bytes)
}

/// Whether a message acknowledges entries of the agreed log.
pub fn acknowledges(message: &Bytes) -> bool {
    let Ok(Message { body: Body::Raft(bytes), .. }) = Message::decode(message) else {
        return false;
    };
    crate::agreed::acknowledges(&bytes)
}

impl Matter {
    /// What a message is about.
    pub fn of(message: &Bytes) -> Matter {
        match Message::decode(message) {
            Ok(Message { body: Body::Raft(bytes), .. }) => crate::agreed::matter(&bytes),
            _ => Matter::Other,
        }
    }
}

impl Command {
    /// The change of members that it begins, if it begins one.
    pub fn member_change(&self) -> Option<MemberChange> {
        let wanted = self.members_wanted()?;
        Some(match (wanted.add, wanted.moved) {
            (Some((id, address)), _) => match wanted.remove.first() {
                Some(old) => MemberChange::Replace { old: *old, new: id, address },
                None => MemberChange::Add { id, address },
            },
            (None, Some((id, address))) => MemberChange::Move { id, address },
            (None, None) => MemberChange::Remove { ids: wanted.remove, lose: wanted.lose },
        })
    }
}

impl Node {
    /// Which start of another member it believes, as its disk has it: boot and incarnation.
    pub fn believes(&self, member: NodeId) -> Option<(Boot, u64)> {
        self.members().known(member).map(|known| (known.life.boot, known.life.incarnation))
    }

    /// Its own start: boot and incarnation.
    pub fn own_start(&self) -> (Boot, u64) {
        let (_, Known { life, .. }) = self.sender();
        (life.boot, life.incarnation)
    }

    /// How many rounds it has begun in which a quorum confirms what is committed.
    pub fn rounds(&self) -> u64 {
        self.agreed().rounds()
    }

    /// Bytes of writes, of others too, that wait here to become the next entry of the agreed log.
    pub fn drafted(&self) -> usize {
        self.agreed().drafted()
    }

    /// How many entries all merged logs hold here, on disk or on the way there.
    pub fn merged_count(&self) -> usize {
        self.merged().count()
    }

    /// Of all entries that merged logs ever held here those from the one of this number on that are
    /// kept, on disk or on the way there.
    pub fn merged_entries(&self, from: usize) -> Vec<MergedEntry> {
        self.merged().entries(from)
    }

    /// All members, as far as it has applied the log.
    pub fn roster_seen(&self) -> RosterSeen {
        RosterSeen::of(self.agreed().roster())
    }

    /// An entry of the agreed log, committed or not, if it is here.
    pub fn agreed_entry(&self, index: Index) -> Option<AgreedEntry> {
        let (term, data) = self.agreed().entry(index)?;
        Some(AgreedEntry { term, data })
    }

    /// The first entry of the agreed log that is kept in memory, or will be.
    pub fn agreed_first(&self) -> Index {
        self.agreed().first_index()
    }

    /// The term of the last entry of the agreed log, also where that is not kept in memory.
    pub fn agreed_last_term(&self) -> Term {
        self.agreed().last_term()
    }

    /// The last index of the agreed log here, committed or not.
    pub fn agreed_last(&self) -> Index {
        self.agreed().last_index()
    }

    /// How much waits in its queues: requests, writes that are not applied, reads that are not
    /// answered, entries that came too early. All of them are empty once nobody asks for anything.
    pub fn queued(&self) -> usize {
        self.agreed().queued()
            + self.merged().queued()
            + self.sessions().queued()
            + self.counts().queued()
            + self.floors().waiting()
    }

    /// What weighs by its count what waits there: nothing, once nothing does.
    pub fn queued_bytes(&self) -> usize {
        self.agreed().queued_bytes() + self.merged().queued_bytes()
    }

    /// The value that this replica holds for a key, whatever any level promises.
    pub fn value(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        self.value_in(self.order(), key)
    }

    /// The value that its state of this order holds for a key.
    pub fn value_in(&self, order: Order, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        match order {
            Order::Agreed => self.agreed().value(key).map(Cow::Borrowed),
            Order::Merged => self.merged().value(key),
        }
    }

    /// The value that reads of merged keyspaces see of a key, on disk or not.
    pub fn shown(&self, key: &[u8]) -> Option<Bytes> {
        self.merged().shown(key)
    }

    /// How many keys its state of this order holds.
    pub fn keys_in(&self, order: Order) -> u64 {
        match order {
            Order::Agreed => self.agreed().view().keys(),
            Order::Merged => self.merged().applied_keys(),
        }
    }

    /// The keyspace under which it would serve a read of this key now: its id, its order, and the
    /// level of its reads. `None`: it would refuse.
    pub fn serves_under(&self, key: &Bytes) -> Option<(u32, Order, Level)> {
        let keyspace = self.keyspaces().of(&Command::get(key.clone())).ok()?;
        Some((keyspace.id.0, keyspace.order, keyspace.levels.level))
    }

    /// When a write to this key would be on disk.
    pub fn durability_of(&self, key: &Bytes) -> Durability {
        let keyspace = self.keyspaces().of(&Command::get(key.clone()));
        keyspace.map_or(Durability::Disk, |keyspace| keyspace.durability)
    }

    /// How many changes have made the keyspaces that it goes by.
    pub fn keyspaces_version(&self) -> u64 {
        self.keyspaces().version()
    }

    /// The keyspaces that it goes by beside `default`: their ids and names.
    pub fn keyspace_names(&self) -> impl Iterator<Item = (u32, &str)> {
        let table = self.keyspaces().table();
        table.iter().map(|entry| (entry.id.0, &*entry.definition.name))
    }
}
