//! Messages of Raft that no sound member sends: see [`crate::observe::forged`].

use bytes::Bytes;
use protobuf::Message as _;
use raft::eraftpb::{Entry, EntryType, Message, MessageType};

use super::Agreed;
use crate::ids::{Index, NodeId, Term};
use crate::observe::forged::Forged;
use crate::wire::codec::NUMBER_MAX;

impl Agreed {
    /// Such a message in the name of this node.
    pub(crate) fn forge(&self, forged: Forged, to: NodeId) -> Bytes {
        let (Term(term), Index(last)) = (self.term(), self.commit());
        let entry = |index, data: &'static [u8]| Entry {
            index,
            term,
            data: Bytes::from_static(data),
            ..Entry::default()
        };
        let mut message = Message { from: self.me.0, to: to.0, term, ..Message::default() };
        message.set_msg_type(MessageType::MsgAppend);
        (message.index, message.log_term) =
            (last, self.entry(Index(last)).map_or(0, |entry| entry.0.0));
        match forged {
            Forged::Proposal => {
                message.set_msg_type(MessageType::MsgPropose);
                message.entries.push(entry(0, b""));
            }
            Forged::Snapshot => {
                message.set_msg_type(MessageType::MsgSnapshot);
                message.mut_snapshot().mut_metadata().index = last + 9;
            }
            Forged::UnreadableEntry => {
                // Writes, at time 0, and what is no run.
                message.entries.push(entry(last + 1, b"\x01\x01\0\0\0\0\0\0\0\0\0\x02\x03"));
            }
            Forged::EntryOfNewerVersion => {
                message.entries.push(entry(last + 1, b"\x02\x01"));
                message.commit = last + 1;
            }
            Forged::ChangeOfMembers => {
                let mut change = entry(last + 1, b"");
                change.set_entry_type(EntryType::EntryConfChange);
                message.entries.push(change);
            }
            Forged::OtherFirstEntry => {
                (message.index, message.log_term, message.term) = (0, 0, term + 1);
                message
                    .entries
                    .push(Entry { term: term + 1, ..entry(1, b"\x01\x02\0\0\0\0\0\0\0\0\0") });
            }
            _ => {
                message.set_msg_type(MessageType::MsgHeartbeat);
                message.term = NUMBER_MAX;
            }
        }
        message.write_to_bytes().expect("a message has all its fields").into()
    }
}
