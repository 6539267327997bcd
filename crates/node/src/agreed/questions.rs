//! What others ask this node, as the leader: what is committed?
//!
//! ```text
//!   asked   question f ─ a ─▶ confirmed      own round c     f once more ─ b ─▶ confirmed?
//!   acks                 a                                                 b   of the first f
//! ```
//!
//! A question may come twice. Raft knows rounds by their contexts, and forgets one that is
//! confirmed: the second f is a new round to it, behind all that was asked meanwhile. Answers to
//! the first would confirm that one, and with it those before it, which they say nothing of. So
//! each question gets a number of its own behind its context, and its answer goes without it.

use bytes::Bytes;
use raft::eraftpb::{Message, MessageType};

/// How long the number of a question is.
pub(super) const NUMBER_BYTES: usize = size_of::<u64>();

/// The questions that came in this boot.
#[derive(Debug, Default)]
pub(super) struct Questions {
    count: u64,
}

impl Questions {
    /// Gives this one a number that none before it had.
    pub(super) fn number(&mut self, question: &mut Message) {
        self.count += mutant!(QuestionsAlike, 1, 0);
        for entry in question.mut_entries().iter_mut() {
            entry.data = [&entry.data[..], &self.count.to_be_bytes()].concat().into();
        }
    }
}

/// Takes the number away again, if this is an answer: who asked never saw it.
pub(super) fn without_number(message: &mut Message) {
    if message.get_msg_type() != MessageType::MsgReadIndexResp {
        return;
    }
    for entry in message.mut_entries().iter_mut() {
        let bytes = entry.data.len().saturating_sub(NUMBER_BYTES);
        entry.data = Bytes::copy_from_slice(&entry.data[..bytes]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use raft::eraftpb::Entry;

    fn message(kind: MessageType) -> Message {
        let mut message = Message::default();
        message.set_msg_type(kind);
        message.entries.push(Entry { data: Bytes::from_static(b"context"), ..Entry::default() });
        message
    }

    #[test]
    fn a_question_that_comes_twice_is_two() {
        let mut questions = Questions::default();
        let [mut first, mut second] = [MessageType::MsgReadIndex; 2].map(message);
        questions.number(&mut first);
        questions.number(&mut second);
        assert_ne!(first.entries[0].data, second.entries[0].data);
    }

    #[test]
    fn an_answer_has_the_context_that_was_asked_with() {
        let mut answer = message(MessageType::MsgReadIndexResp);
        Questions::default().number(&mut answer);
        without_number(&mut answer);
        assert_eq!(answer.entries[0].data, b"context"[..]);
        let mut other = message(MessageType::MsgAppend);
        without_number(&mut other);
        assert_eq!(other.entries[0].data, b"context"[..]);
    }
}
