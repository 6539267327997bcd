//! Messages of Raft in words.

use protobuf::Message as _;
use raft::eraftpb::{Message, MessageType};

use super::entry::{self, WriteId};
use crate::commands::{Told, Write};
use crate::ids::{Boot, NodeId, Sequence, Term};
use crate::wire::matter::Matter;

/// What a message of Raft says, in few words.
pub(crate) fn in_words(bytes: &[u8]) -> String {
    let Ok(message) = Message::parse_from_bytes(bytes) else { return "raft: unreadable".into() };
    let Message { term, index, commit, reject, .. } = message;
    let yes = if reject { "no" } else { "yes" };
    let round = if message.context.is_empty() { "" } else { ", confirms a read" };
    match message.get_msg_type() {
        MessageType::MsgAppend => append(&message),
        MessageType::MsgAppendResponse if reject => {
            format!("does not fit at {index}, I have up to {}; term {term}", message.reject_hint)
        }
        MessageType::MsgAppendResponse => format!("has up to {index}, term {term}"),
        MessageType::MsgHeartbeat => format!("heartbeat, term {term}, commit {commit}{round}"),
        MessageType::MsgHeartbeatResponse => format!("heartbeat heard, term {term}{round}"),
        MessageType::MsgRequestPreVote => format!("would you vote? term {term}, log to {index}"),
        MessageType::MsgRequestPreVoteResponse => format!("would vote: {yes}, term {term}"),
        MessageType::MsgRequestVote => format!("vote? term {term}, log to {index}"),
        MessageType::MsgRequestVoteResponse => format!("vote: {yes}, term {term}"),
        MessageType::MsgReadIndex => format!("what is committed? term {term}"),
        MessageType::MsgReadIndexResp => format!("committed to {index}, term {term}"),
        other => format!("{other:?}, term {term}"),
    }
}

/// What an entry says, in few words.
pub(crate) fn entry_in_words(data: &[u8]) -> String {
    let mut told = Told::default();
    match entry::for_each(data, |_, _, write| told.add(&write)) {
        Ok(_) if told.is_empty() => "nothing of clients".into(),
        Ok(_) => told.words(),
        Err(_) => "(unreadable)".into(),
    }
}

/// The term of the vote that a message of Raft gives, and for whom; a vote before the vote is none.
pub(crate) fn vote(bytes: &[u8]) -> Option<(Term, NodeId)> {
    let message = Message::parse_from_bytes(bytes).ok()?;
    let candidate = match message.get_msg_type() {
        MessageType::MsgRequestVote => message.from,
        MessageType::MsgRequestVoteResponse if !message.reject => message.to,
        _ => return None,
    };
    Some((Term(message.term), NodeId(candidate)))
}

/// The term that the sender of a message of Raft is in; questions before a vote and their answers
/// tell of none.
pub(crate) fn term(bytes: &[u8]) -> Option<Term> {
    let message = Message::parse_from_bytes(bytes).ok()?;
    let kind = message.get_msg_type();
    let asks = [MessageType::MsgRequestPreVote, MessageType::MsgRequestPreVoteResponse];
    (!asks.contains(&kind)).then_some(Term(message.term))
}

/// Whether a message of Raft acknowledges entries.
pub(crate) fn acknowledges(bytes: &[u8]) -> bool {
    Message::parse_from_bytes(bytes).is_ok_and(|message| {
        message.get_msg_type() == MessageType::MsgAppendResponse && !message.reject
    })
}

/// What a message of Raft is about.
pub(crate) fn matter(bytes: &[u8]) -> Matter {
    let Ok(message) = Message::parse_from_bytes(bytes) else { return Matter::Other };
    match message.get_msg_type() {
        MessageType::MsgReadIndex | MessageType::MsgReadIndexResp => Matter::Round,
        MessageType::MsgRequestPreVote
        | MessageType::MsgRequestPreVoteResponse
        | MessageType::MsgRequestVote
        | MessageType::MsgRequestVoteResponse => Matter::Vote,
        MessageType::MsgAppend | MessageType::MsgAppendResponse => Matter::Append,
        _ => Matter::Other,
    }
}

/// The leader's entries behind `index`, and what is committed.
fn append(message: &Message) -> String {
    let Message { term, index, commit, .. } = *message;
    let Some(last) = message.entries.last() else {
        return format!("append nothing behind {index}, term {term}, commit {commit}");
    };
    let mut told = Told::default();
    for entry in message.entries.iter() {
        // What cannot be read is not told; whoever takes it in will say so.
        let _ = entry::for_each(&entry.data, |_, _, write| told.add(&write));
    }
    let places = match message.entries.len() {
        1 => last.index.to_string(),
        _ => format!("{} to {}", index + 1, last.index),
    };
    format!("append {places} ({}), term {term}, commit {commit}", told.words())
}

const WELL_FORMED: &str = "only well-formed runs are proposed, and the disk checks its bytes";

/// Every write in an entry with its id, as `each` makes of it.
pub(crate) fn writes<T>(
    data: &[u8],
    mut each: impl FnMut(NodeId, Boot, Sequence, Write<'_>) -> T,
) -> Vec<T> {
    let mut all = vec![];
    let one = |id: WriteId, _, write: Write<'_>| {
        all.push(each(id.node, id.life.boot, id.sequence, write));
    };
    entry::for_each(data, one).expect(WELL_FORMED);
    all
}

/// The time in an entry, if it has one.
pub(crate) fn stamp_ms(data: &[u8]) -> Option<u64> {
    entry::time_ms(data).expect(WELL_FORMED)
}
