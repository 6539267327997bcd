//! Messages that no sound member sends, so that stories can show what comes of them.

use bytes::Bytes;

use crate::commands::{self, Command};
use crate::ids::{Boot, DirectoryId, KeyspaceId, Life, NodeId, Sequence};
use crate::limits::REMOVED_KEYS_MAX;
use crate::node::Node;
use crate::wire::codec::{put_bytes, put_uint};
use crate::wire::message::{Body, Hello, Message};
use crate::wire::record::{FIRST_VERSION, Known, Record};

/// A message that no sound member sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forged {
    /// Writes for the leader whose names end where numbers do.
    EndlessForward,
    /// Writes for the leader that are fewer than they say.
    ShortForward,
    /// A proposal of Raft's own, which carries no name.
    Proposal,
    /// A snapshot of Raft's own.
    Snapshot,
    /// An append whose entry cannot be applied.
    UnreadableEntry,
    /// A committed entry that only a newer version knows.
    EntryOfNewerVersion,
    /// An append that changes a member.
    ChangeOfMembers,
    /// An append in place of the first entry, which is committed long since.
    OtherFirstEntry,
    /// A term so far ahead that hardly any is left.
    LastTerm,
    /// A merged entry whose stamp is the greatest that there is.
    LastStamp,
    /// A merged entry of a node that is no member.
    EntryOfStranger,
    /// A merged entry of more keys than a turn bears.
    GreatEntry,
    /// A merged entry that depends on itself.
    EndlessEntry,
    /// A place in a merged log that no replica will ever reach.
    LastPlace,
}

impl Forged {
    /// The forgery of this name.
    pub fn named(name: &str) -> Option<Forged> {
        Some(match name {
            "endless-forward" => Forged::EndlessForward,
            "short-forward" => Forged::ShortForward,
            "proposal" => Forged::Proposal,
            "snapshot" => Forged::Snapshot,
            "unreadable-entry" => Forged::UnreadableEntry,
            "entry-of-newer-version" => Forged::EntryOfNewerVersion,
            "change-of-members" => Forged::ChangeOfMembers,
            "other-first-entry" => Forged::OtherFirstEntry,
            "last-term" => Forged::LastTerm,
            "last-stamp" => Forged::LastStamp,
            "entry-of-stranger" => Forged::EntryOfStranger,
            "great-entry" => Forged::GreatEntry,
            "endless-entry" => Forged::EndlessEntry,
            "last-place" => Forged::LastPlace,
            _ => return None,
        })
    }
}

impl Node {
    /// Such a message in the name of this node, to a member that believes it.
    pub fn forge(&self, forged: Forged, to: NodeId) -> Bytes {
        let (from, sender) = self.sender();
        let body = match forged {
            Forged::EndlessForward => forward(u64::MAX, 1),
            Forged::ShortForward => forward(1, 2),
            Forged::LastStamp => merged_entry(from, u64::MAX, &[0], &set()),
            Forged::EntryOfStranger => merged_entry(NodeId(99), 1, &[0], &set()),
            Forged::GreatEntry => merged_entry(from, 1, &[0], &del(REMOVED_KEYS_MAX + 1)),
            Forged::EndlessEntry => merged_entry(from, 1, &[1, from.0, 1, 1], &set()),
            Forged::LastPlace => {
                // One vector, of one place, with `want` off: kind, flag, count, replica, boot and
                // index.
                let mut bytes = header(from, sender);
                bytes.extend([5, 0, 1]);
                [from.0, 1, u64::MAX].into_iter().for_each(|part| put_uint(&mut bytes, part));
                return bytes.into();
            }
            forged => Body::Raft(self.agreed().forge(forged, to)),
        };
        Message { from, sender, body }.encode()
    }
}

/// A hello in the name of a member from who has another data directory, and claims to know the
/// receiver by another one.
pub fn hello_of_stranger(node: &Node, from: NodeId) -> Bytes {
    let status = node.status();
    let life = Life { boot: Boot(1), incarnation: 1 };
    let known = Known { directory: DirectoryId(1), life };
    let hello = Hello {
        cluster: None,
        order: status.order,
        members: status.members,
        roster: 0,
        knows: Some(known),
        lived: None,
        asks: true,
    };
    Message { from, sender: known, body: Body::Hello(hello) }.encode()
}

/// A group of records as the version before this one wrote it: it says nothing of the version that
/// founded the cluster.
pub fn as_written_earlier(group: &Bytes) -> Bytes {
    let mut out = vec![];
    for mut record in Record::decode_group(group).expect("a group of records") {
        if let Record::Birth(birth) = &mut record {
            birth.founded = FIRST_VERSION;
        }
        record.encode(&mut out);
    }
    out.into()
}

fn header(from: NodeId, sender: Known) -> Vec<u8> {
    let whole = Message { from, sender, body: Body::Probe(0) }.encode();
    // But for the kind and the number of the question.
    whole[..whole.len() - 9].to_vec()
}

fn set() -> Vec<u8> {
    let mut commands = vec![];
    let (key, value) = (Bytes::from_static(b"forged"), Bytes::from_static(b"value"));
    commands::encode(KeyspaceId::DEFAULT, &Command::set(key, value), &mut commands);
    commands
}

fn forward(first: u64, count: u64) -> Body {
    Body::Forward { first: Sequence(first), count, commands: set().into() }
}

fn del(count: usize) -> Vec<u8> {
    let mut commands = vec![];
    commands::encode(KeyspaceId::DEFAULT, &Command::del(vec!["forged"; count]), &mut commands);
    commands
}

/// The first entry of a log, with this clock, and with what it depends on as it is encoded.
fn merged_entry(origin: NodeId, clock: u64, after: &[u64], write: &[u8]) -> Body {
    // Version, type and flags.
    let mut entry = vec![1, 1, 0];
    // Origin; boot and index; boot and index of the one before; clock; what it depends on; one
    // write.
    let header = [origin.0, 1, 1, 0, 0, clock];
    let parts = header.iter().chain(after).chain(&[1]);
    parts.for_each(|part| put_uint(&mut entry, *part));
    entry.extend(write);
    let mut framed = vec![];
    put_bytes(&mut framed, &entry);
    Body::Entries { entries: vec![entry.into()], more: false }
}
