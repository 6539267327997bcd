//! Reads that a quorum must confirm (ReadIndex, Ongaro's thesis §6.4).
//!
//! One round serves all reads that waited when it began. Each attempt has a context of its own, never used before
//! (node, boot, counter), since an answer to an older attempt proves nothing about now. A round that
//! is not answered is begun again: Raft drops it in silence while the leader has committed nothing in its term.

use std::collections::VecDeque;

use crate::door::{Command, NodeId};
use crate::session::Asker;

/// How long a round may take before it is tried again, in milliseconds.
const RETRY_MS: u64 = 100;

/// A read and who asked for it.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) asker: Asker,
    pub(crate) command: Command,
}

#[derive(Debug)]
struct Round {
    context: Vec<u8>,
    began_ms: u64,
    reads: Vec<Read>,
}

/// The reads that are on their way.
///
/// - `confirmed` is ordered by index: answers come in the order of the rounds.
#[derive(Debug)]
pub(crate) struct Reads {
    node: NodeId,
    boot: u64,
    counter: u64,
    waiting: Vec<Read>,
    round: Option<Round>,
    confirmed: VecDeque<(u64, Vec<Read>)>,
    /// Whether this boot has applied what a quorum once confirmed.
    fresh: bool,
}

impl Reads {
    pub(crate) fn new(node: NodeId, boot: u64) -> Reads {
        Reads {
            node,
            boot,
            counter: 0,
            waiting: vec![],
            round: None,
            confirmed: VecDeque::new(),
            fresh: false,
        }
    }

    /// Whether this boot may serve reads from its own state: it once confirmed with a quorum
    /// what is committed, and applied it.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh
    }

    pub(crate) fn push(&mut self, read: Read) {
        self.waiting.push(read);
    }

    /// The context of a round to begin now, if one is due.
    pub(crate) fn begin(&mut self, now_ms: u64) -> Option<Vec<u8>> {
        let mut reads = vec![];
        match &mut self.round {
            Some(round) if now_ms < round.began_ms + RETRY_MS => return None,
            Some(round) => reads = std::mem::take(&mut round.reads),
            None if self.waiting.is_empty() && (self.fresh || !self.confirmed.is_empty()) => {
                return None;
            }
            None => {}
        }
        reads.append(&mut self.waiting);
        self.counter += 1;
        let context = [self.node.0, self.boot, self.counter].map(u64::to_be_bytes).concat();
        self.round = Some(Round { context: context.clone(), began_ms: now_ms, reads });
        Some(context)
    }

    /// Who leads has changed: what was asked of the old leader may never be answered.
    pub(crate) fn retry(&mut self) {
        if let Some(round) = self.round.take() {
            self.waiting.splice(0..0, round.reads);
        }
    }

    /// A quorum confirmed this attempt: its reads may answer once `index` is applied.
    pub(crate) fn on_confirmed(&mut self, context: &[u8], index: u64) {
        if let Some(round) = self.round.take_if(|round| round.context == context) {
            self.confirmed.push_back((index, round.reads));
        }
    }

    /// The next reads that may answer, now that `applied` is applied.
    pub(crate) fn next_answerable(&mut self, applied: u64) -> Option<Vec<Read>> {
        let (_, reads) = self.confirmed.pop_front_if(|(index, _)| *index <= applied)?;
        self.fresh = true;
        Some(reads)
    }

    /// Takes out every read that waits since `oldest_ms` or longer.
    pub(crate) fn expire(&mut self, oldest_ms: u64, mut expired: impl FnMut(Asker)) {
        let rows = self.round.iter_mut().map(|round| &mut round.reads);
        let rows = rows.chain(self.confirmed.iter_mut().map(|(_, reads)| reads));
        for reads in rows.chain([&mut self.waiting]) {
            reads.retain(|read| {
                let keep = read.asker.since_ms > oldest_ms;
                if !keep {
                    expired(read.asker.clone());
                }
                keep
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::{RequestId, SessionId};
    use bytes::Bytes;

    fn read(id: u64) -> Read {
        let asker = Asker { session: SessionId(1), id: RequestId(id), since_ms: id };
        Read { asker, command: Command::Get(Bytes::from("k")) }
    }

    fn ids(reads: Option<Vec<Read>>) -> Option<Vec<u64>> {
        reads.map(|reads| reads.iter().map(|read| read.asker.id.0).collect())
    }

    #[test]
    fn an_answer_to_an_older_attempt_is_ignored() {
        let mut reads = Reads::new(NodeId(1), 1);
        reads.push(read(1));
        let first = reads.begin(0).unwrap();
        assert_eq!(reads.begin(RETRY_MS - 1), None);
        reads.push(read(2));
        let second = reads.begin(RETRY_MS).unwrap();
        assert_ne!(first, second);
        reads.on_confirmed(&first, 5);
        assert_eq!(ids(reads.next_answerable(9)), None);
        reads.on_confirmed(&second, 5);
        assert_eq!(ids(reads.next_answerable(4)), None, "confirmed, but not applied here");
        assert_eq!(ids(reads.next_answerable(5)), Some(vec![1, 2]));
    }

    #[test]
    fn a_new_boot_confirms_once_without_being_asked() {
        let mut reads = Reads::new(NodeId(1), 2);
        let context = reads.begin(0).expect("nobody asks, but the node is not fresh");
        reads.on_confirmed(&context, 3);
        assert_eq!(reads.begin(0), None);
        assert!(!reads.is_fresh());
        assert_eq!(ids(reads.next_answerable(3)), Some(vec![]));
        assert!(reads.is_fresh());
        assert_eq!(reads.begin(0), None);
    }
}
