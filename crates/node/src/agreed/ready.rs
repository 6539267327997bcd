//! What Raft has ready: messages to send, entries and votes for the disk, what is committed.

use protobuf::Message as _;
use raft::eraftpb::{self, Entry, HardState, MessageType};

use super::{Agreed, questions};
use crate::ids::{Index, LogPlace, NodeId, Term, Ticket};
use crate::turn::Turn;
use crate::wire::record::Record;

/// A ready that waits for the disk.
pub(super) struct Unsynced {
    ticket: Ticket,
    number: u64,
    /// The term that is on disk once the ticket is.
    term: Term,
    /// What may be sent only then.
    messages: Vec<eraftpb::Message>,
}

impl Agreed {
    pub(super) fn handle_readies(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut worked = false;
        while self.raft.has_ready() {
            worked = true;
            let mut ready = self.raft.ready();
            let mut sent = ready.take_messages();
            self.committed.extend(ready.take_committed_entries());
            let read_states = ready.take_read_states();
            let mut held = ready.take_persisted_messages();
            // Who votes alone leads before its term is on its disk, and learners would hear of it.
            if self.term() != self.synced_term {
                held.splice(..0, sent.drain(..));
            }
            send_all(sent, turn);
            let (number, must_sync) = (ready.number(), ready.must_sync());
            let hard_state = ready.hs().cloned();
            self.keep(hard_state, ready.take_entries(), must_sync, turn);
            self.raft.advance_append_async(ready);

            let promises_nothing = held.extract_if(.., |message| self.promises_nothing(message));
            send_all(promises_nothing.collect(), turn);
            let last = self.unsynced.back().map(|ready| ready.ticket);
            let ticket = if must_sync { Some(turn.disk.ticket()) } else { last };
            if let Some(ticket) = ticket {
                let term = self.term();
                self.unsynced.push_back(Unsynced { ticket, number, term, messages: held });
                mutant!(LeaderCountsUnsynced, (), self.raft.on_persist_ready(number));
            } else {
                self.raft.on_persist_ready(number);
                send_all(held, turn);
            }
            self.apply(turn);
            for state in read_states {
                let index = Index(state.index);
                if let Some(asked_ms) = self.reads.on_confirmed(&state.request_ctx, index) {
                    let proved_ms = mutant!(BoundFromAnswer, asked_ms, turn.now.bound_ms());
                    self.reads.bounds.on_confirmed(proved_ms, index);
                }
            }
            self.note_leader(turn);
        }
        worked
    }

    /// Whether a follower's message may leave before its disk is done: it says nothing of the log,
    /// and of the term only what is on disk. So a slow disk does not delay anyone's linearizable
    /// reads.
    fn promises_nothing(&self, message: &eraftpb::Message) -> bool {
        match message.get_msg_type() {
            MessageType::MsgHeartbeatResponse | MessageType::MsgReadIndex => {
                self.term() == self.synced_term
            }
            MessageType::MsgAppendResponse => mutant!(AckBeforeSync, false, true),
            MessageType::MsgRequestVoteResponse => mutant!(VoteBeforeSync, false, true),
            _ => false,
        }
    }

    /// Hands entries, term and vote to the disk, and to the tail that Raft reads.
    fn keep(
        &mut self,
        hard_state: Option<HardState>,
        entries: Vec<Entry>,
        must_sync: bool,
        turn: &mut Turn<'_>,
    ) {
        let tail = self.raft.mut_store();
        if let Some(hard_state) = hard_state {
            tail.set_hard_state(hard_state);
        }
        if must_sync {
            // The commit index alone is never synced: it is known again from the leader.
            let HardState { term, vote, commit, .. } = *tail.hard_state();
            let vote = (vote != raft::INVALID_ID).then_some(NodeId(vote));
            let vote = mutant!(VoteNotPersisted, vote, None);
            let (term, commit) = (Term(term), Index(commit));
            if mutant!(HardStateLeftOut, true, entries.is_empty()) {
                turn.disk.record(&Record::HardState { term, vote, commit });
            }
        }
        let first = entries.first().map(|entry| Index(entry.index));
        for entry in entries {
            let (index, term) = (Index(entry.index), Term(entry.term));
            turn.disk.record(&Record::Agreed { index, term, data: entry.data.clone() });
            tail.append(entry, turn.now.monotonic_ms).expect("Raft appends without gaps");
        }
        first.into_iter().for_each(|index| tail.lies_in(index, turn.disk.ticket()));
    }

    pub(crate) fn on_persisted(&mut self, ticket: Ticket, place: LogPlace, turn: &mut Turn<'_>) {
        self.raft.mut_store().on_persisted(ticket, place);
        self.on_removal_persisted(ticket);
        while let Some(ready) = self.unsynced.pop_front_if(|ready| ready.ticket <= ticket) {
            self.raft.on_persist_ready(ready.number);
            self.synced_term = mutant!(SyncedTermTooHigh, ready.term, self.term());
            send_all(ready.messages, turn);
        }
    }
}

/// What Raft's encoding of an entry takes beside its data, at most.
const ENTRY_BYTES: usize = 32;

fn send_all(messages: Vec<eraftpb::Message>, turn: &mut Turn<'_>) {
    for mut message in messages {
        questions::without_number(&mut message);
        let to = NodeId(message.to);
        // Raft needs no order between messages, but an append that overtakes another is turned
        // away.
        let urgent =
            !matches!(message.get_msg_type(), MessageType::MsgAppend | MessageType::MsgSnapshot);
        let bytes = message.entries.iter().map(|entry| entry.data.len() + ENTRY_BYTES).sum();
        turn.send_raft(to, urgent, bytes, |out| {
            message.write_to_vec(out).expect("a message has all its fields");
        });
    }
}
