//! Whether a message of Raft is one that a member can send: asked before Raft sees it, since Raft
//! itself takes the word of its peers, and what is once in a log must be applied by everyone at
//! every start.

use raft::eraftpb::{Entry, Message, MessageType};
use raft::{Raft, Storage};

use super::entry;
use super::questions::NUMBER_BYTES;
use crate::wire::codec::{Malformed, NUMBER_MAX};

/// The longest context of a read's round; ours have three numbers, and those of others a fourth.
const CONTEXT_BYTES_MAX: usize = 64;
/// How many terms a peer may be ahead: so many elections no node misses, and nobody can use all
/// terms up.
const TERMS_AHEAD_MAX: u64 = 1 << 32;

/// Checks a message against the node that is about to take it in.
pub(super) fn check<S: Storage>(message: &Message, raft: &Raft<S>) -> Result<(), Malformed> {
    let numbers = [message.index, message.commit, message.log_term, message.commit_term];
    let sound = numbers.into_iter().all(|number| number <= NUMBER_MAX)
        && message.reject_hint <= NUMBER_MAX
        && message.term <= (raft.term + TERMS_AHEAD_MAX).min(NUMBER_MAX)
        && message.context.len() <= CONTEXT_BYTES_MAX
        && message.request_snapshot == 0
        && (message.get_msg_type() == MessageType::MsgSnapshot || !message.has_snapshot())
        // All of ours have the same: who is told to have less would answer in a term of its own.
        && (message.priority, message.deprecated_priority) == (0, 0)
        && has_term(message)
        && is_of_a_peer(message, raft);
    if sound { Ok(()) } else { Err(Malformed) }
}

/// Whether the term is set as Raft sets it: it takes a message without one for its own, and does
/// what that says whoever leads; a vote without one stops it.
fn has_term(message: &Message) -> bool {
    (message.term > 0) != (message.get_msg_type() == MessageType::MsgReadIndex)
}

/// Whether a peer sends such messages, and with such entries.
fn is_of_a_peer<S: Storage>(message: &Message, raft: &Raft<S>) -> bool {
    match message.get_msg_type() {
        MessageType::MsgAppend => entries_fit(message, raft),
        // The context of a round lies in an entry.
        kind @ (MessageType::MsgReadIndex | MessageType::MsgReadIndexResp) => {
            let [context] = message.entries.as_slice() else { return false };
            let is_numbered = kind == MessageType::MsgReadIndex;
            let number_bytes = if is_numbered { NUMBER_BYTES } else { 0 };
            context.data.len() + number_bytes <= CONTEXT_BYTES_MAX
        }
        MessageType::MsgAppendResponse => {
            let own_term = raft.state == raft::StateRole::Leader && message.term == raft.term;
            message.entries.is_empty() && !(own_term && message.index > raft.raft_log.last_index())
        }
        MessageType::MsgSnapshot => {
            let metadata = message.get_snapshot().get_metadata();
            let numbers = [metadata.index, metadata.term];
            let is_short = message.get_snapshot().data.len() <= CONTEXT_BYTES_MAX;
            message.entries.is_empty()
                && is_short
                && numbers.into_iter().all(|number| number <= NUMBER_MAX)
        }
        MessageType::MsgRequestVote
        | MessageType::MsgRequestVoteResponse
        | MessageType::MsgRequestPreVote
        | MessageType::MsgRequestPreVoteResponse
        | MessageType::MsgHeartbeat
        | MessageType::MsgHeartbeatResponse
        | MessageType::MsgTimeoutNow => message.entries.is_empty(),
        // Proposals go their own way, with names; the rest nobody sends.
        _ => false,
    }
}

/// Whether these entries follow each other, can be applied, and leave alone what is committed here.
fn entries_fit<S: Storage>(message: &Message, raft: &Raft<S>) -> bool {
    let mut last = (message.index, message.log_term);
    message.entries.iter().all(|entry| {
        let follows =
            entry.index == last.0 + 1 && last.1 <= entry.term && entry.term <= message.term;
        last = (entry.index, entry.term);
        // Raft turns away what a deposed leader sends, and does not look at what is committed here,
        // which this node may have forgotten.
        let kept = message.term < raft.term
            || entry.index > raft.raft_log.committed
            || entry.index < raft.raft_log.first_index()
            || raft.raft_log.term(entry.index).is_ok_and(|term| term == entry.term);
        follows && kept && is_of_ours(entry)
    })
}

fn is_of_ours(entry: &Entry) -> bool {
    entry.get_entry_type() == entry::type_of(&entry.data)
        && entry.context.is_empty()
        && entry.index <= NUMBER_MAX
        && entry::check(&entry.data).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protobuf::{Message as _, ProtobufEnum as _};
    use raft::storage::MemStorage;
    use raft::{Config, RawNode};

    /// RUSTSEC-2024-0437 says that the parser skips a group within a group by calling itself. This
    /// version of it refuses one, as `deny.toml` counts on.
    #[test]
    fn groups_within_groups_do_not_overflow_the_stack() {
        // Beginnings of groups, in a field that nothing has.
        let groups = [0xa3, 1].repeat(4 << 20);
        assert!(Message::parse_from_bytes(&groups).is_err());
        let entry = Entry::parse_from_bytes(&groups);
        assert!(entry.is_err());
    }

    #[test]
    fn a_message_without_a_term_is_none_of_a_peer() {
        let storage = MemStorage::new_with_conf_state((vec![1, 2], vec![]));
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let config = Config { id: 1, ..Config::default() };
        let raft = RawNode::new(&config, storage, &logger).unwrap().raft;
        let sound = |kind, term| {
            let mut message = Message { from: 2, to: 1, term, ..Message::default() };
            message.set_msg_type(kind);
            if [MessageType::MsgReadIndex, MessageType::MsgReadIndexResp].contains(&kind) {
                message.set_entries(vec![Entry::default()].into());
            }
            check(&message, &raft).is_ok()
        };
        let without: Vec<_> =
            MessageType::values().iter().filter(|kind| sound(**kind, 0)).collect();
        assert_eq!(without, [&MessageType::MsgReadIndex]);
        assert!(sound(MessageType::MsgRequestPreVote, 1) && sound(MessageType::MsgHeartbeat, 1));
    }

    #[test]
    fn entries_that_are_forgotten_here_may_come_again() {
        let storage = MemStorage::new_with_conf_state((vec![1, 2], vec![]));
        let entry = |index, term| Entry { index, term, ..Entry::default() };
        let entries: Vec<Entry> = (1..=6).map(|index| entry(index, 1)).collect();
        storage.wl().append(&entries).unwrap();
        storage.wl().mut_hard_state().commit = 6;
        storage.wl().compact(4).unwrap();
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let config = Config { id: 1, applied: 6, ..Config::default() };
        let raft = RawNode::new(&config, storage, &logger).unwrap().raft;
        let sound = |entries: Vec<Entry>| {
            let (index, log_term) = (entries[0].index - 1, 1);
            let mut message =
                Message { from: 2, to: 1, term: 2, index, log_term, ..Message::default() };
            message.set_msg_type(MessageType::MsgAppend);
            message.set_entries(entries.into());
            check(&message, &raft).is_ok()
        };
        assert!(sound(vec![entry(2, 1), entry(3, 1)]), "what is here of them says nothing");
        assert!(sound(vec![entry(5, 1), entry(6, 1), entry(7, 2)]));
        assert!(!sound(vec![entry(5, 1), entry(6, 2)]), "it is committed, and another one");
    }

    #[test]
    fn a_message_of_another_priority_is_none_of_a_peer() {
        let storage = MemStorage::new_with_conf_state((vec![1, 2], vec![]));
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let config = Config { id: 1, ..Config::default() };
        let raft = RawNode::new(&config, storage, &logger).unwrap().raft;
        let sound = |priority, deprecated_priority| {
            let mut message = Message { from: 2, to: 1, term: 1, ..Message::default() };
            message.set_msg_type(MessageType::MsgRequestPreVote);
            (message.priority, message.deprecated_priority) = (priority, deprecated_priority);
            check(&message, &raft).is_ok()
        };
        let priorities = [(0, 0), (-1, 0), (1, 0), (0, 1)];
        assert_eq!(priorities.map(|(new, old)| sound(new, old)), [true, false, false, false]);
    }
}
