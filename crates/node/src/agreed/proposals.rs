//! This node's own writes on their way into the agreed log.
//!
//! A write waits without an id until there is a leader to send it to. When it is first sent, or
//! proposed by this node as the leader, it gets the next id of this boot; from then on it may
//! happen, and it is sent again (whenever something may have been lost) until it is applied here.
//! Names are applied in order, so what is applied is always the front of the row.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::commands::Command;
use crate::copies::Copies;
use crate::ids::{KeyspaceId, Sequence};
use crate::limits::Limits;
use crate::reply::Error;
use crate::session::Waiter;

#[derive(Debug)]
struct Pending {
    /// Who waits for the answer; nobody once it was answered `-INDETERMINATE`, or if this node asks
    /// itself.
    waiter: Option<Waiter>,
    /// The write as it is encoded.
    write: Bytes,
}

/// The row of writes of this boot that are not applied yet.
///
/// - `named[i]` has sequence `first + i`; `unnamed` come after them in order.
/// - Everything before `sent` went to the present leader; `first <= sent <= first + named.len()`.
#[derive(Debug)]
pub(crate) struct Proposals {
    limits: Limits,
    named: VecDeque<Pending>,
    unnamed: VecDeque<Pending>,
    first: Sequence,
    sent: Sequence,
    named_bytes: usize,
    unnamed_bytes: usize,
    copies: Copies,
    /// Where runs are put together.
    commands: Vec<u8>,
}

/// Writes to send, with consecutive ids.
pub(crate) struct Run<'a> {
    pub(crate) first: Sequence,
    pub(crate) count: u64,
    pub(crate) commands: &'a [u8],
}

impl Proposals {
    pub(crate) fn new() -> Proposals {
        Proposals {
            limits: Limits::default(),
            named: VecDeque::new(),
            unnamed: VecDeque::new(),
            first: Sequence(1),
            sent: Sequence(1),
            named_bytes: 0,
            unnamed_bytes: 0,
            copies: Copies::default(),
            commands: vec![],
        }
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Puts a write behind all others. `waiter`: nobody, if this node asks for it itself.
    pub(crate) fn push(&mut self, waiter: Option<Waiter>, keyspace: KeyspaceId, command: &Command) {
        let write = self.copies.encoded(keyspace, command);
        self.unnamed_bytes += write.len();
        self.unnamed.push_back(Pending { waiter, write });
    }

    /// Bytes that wait to be sent for the first time.
    pub(crate) fn unnamed_bytes(&self) -> usize {
        self.unnamed_bytes
    }

    /// Bytes that wait to be sent or applied.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.named_bytes + self.unnamed_bytes
    }

    /// How many writes wait to be sent or applied.
    pub(crate) fn queued(&self) -> usize {
        self.named.len() + self.unnamed.len()
    }

    /// Whether anything is sent and not applied.
    pub(crate) fn has_unapplied(&self) -> bool {
        !self.named.is_empty()
    }

    /// The first id that was not sent to the present leader.
    pub(crate) fn unsent(&self) -> Sequence {
        self.sent
    }

    /// Whatever was sent may be lost: everything unapplied is to be sent again.
    pub(crate) fn resend(&mut self) {
        self.sent = mutant!(ForwardNotResent, self.first, self.sent);
    }

    /// Everything before this id lies in the log of the leader, which is this node.
    pub(crate) fn hold(&mut self, next: Sequence) {
        assert!(next <= self.unnamed_from(), "what lies in the log has an id");
        self.sent = self.sent.max(next);
    }

    /// Whether [`Proposals::next_run`] has something to give.
    pub(crate) fn has_run(&self) -> bool {
        self.sent < self.unnamed_from() || (!self.unnamed.is_empty() && self.may_name())
    }

    /// The id that the next write gets.
    fn unnamed_from(&self) -> Sequence {
        Sequence(self.first.0 + self.named.len() as u64)
    }

    fn may_name(&self) -> bool {
        let has_room = self.named.len() < self.limits.unapplied
            && self.named_bytes < self.limits.unapplied_bytes;
        mutant!(UnappliedWithoutLimit, has_room, true)
    }

    /// The next writes to send to the leader, with ids from here on; counted as sent.
    pub(crate) fn next_run(&mut self) -> Option<Run<'_>> {
        let first = self.sent;
        self.commands.clear();
        self.commands.shrink_to(self.limits.run_bytes);
        while self.commands.len() < self.limits.run_bytes {
            let at = (self.sent.0 - self.first.0) as usize;
            if at == self.named.len() && !self.name_next() {
                break;
            }
            self.commands.extend_from_slice(&self.named[at].write);
            self.sent = self.sent.next();
        }
        let count = self.sent.0 - first.0;
        (count > 0).then_some(Run { first, count, commands: &self.commands })
    }

    /// Names the first unnamed write, if there is one and the limit allows it.
    fn name_next(&mut self) -> bool {
        if !self.may_name() {
            return false;
        }
        let next = mutant!(NamedOutOfOrder, self.unnamed.pop_front(), self.unnamed.pop_back());
        let Some(pending) = next else { return false };
        self.unnamed_bytes -= pending.write.len();
        self.named_bytes += pending.write.len();
        self.named.push_back(pending);
        true
    }

    /// Takes back the runs from this id on: nobody took them.
    pub(crate) fn unsend(&mut self, from: Sequence) {
        assert!(self.first <= from && from <= self.sent, "only what was sent can be taken back");
        self.sent = from;
    }

    /// The write of this id was applied: who waits for its answer.
    pub(crate) fn on_applied(&mut self, sequence: Sequence) -> Option<Waiter> {
        assert_eq!(sequence, self.first, "own writes are applied in the order of their ids");
        let pending = self.named.pop_front().expect("a write that is applied was named first");
        self.named_bytes -= pending.write.len();
        self.first = self.first.next();
        self.sent = self.sent.max(self.first);
        pending.waiter
    }

    /// All writes before this id are in a state that was fetched, or were refused by it: who waits
    /// for them, and the write as it is encoded. False: that is not what this node has sent.
    pub(crate) fn skip_to(
        &mut self,
        next: Sequence,
        mut skipped: impl FnMut(Waiter, &[u8]),
    ) -> bool {
        if next > self.unnamed_from() {
            return false;
        }
        while self.first < next
            && let Some(pending) = self.named.pop_front()
        {
            self.named_bytes -= pending.write.len();
            self.first = self.first.next();
            pending.waiter.into_iter().for_each(|waiter| skipped(waiter, &pending.write));
        }
        self.sent = self.sent.max(self.first);
        true
    }

    /// Answers every write that has no id yet; it certainly did not run.
    pub(crate) fn refuse_unnamed(&mut self, mut refuse: impl FnMut(Waiter)) {
        self.unnamed_bytes = 0;
        self.unnamed.drain(..).filter_map(|pending| pending.waiter).for_each(&mut refuse);
    }

    /// Who waits for a SET that was just proposed.
    #[cfg(feature = "mutants")]
    pub(crate) fn take_setters(&mut self) -> Vec<Waiter> {
        let sets = self.named.iter_mut().filter(|one| crate::commands::is_set(&one.write));
        sets.filter_map(|one| one.waiter.take_if(|waiter| !waiter.certify)).collect()
    }

    /// Answers every write that waits since `oldest_ms` or longer. What has no id certainly did not
    /// run.
    pub(crate) fn expire(&mut self, oldest_ms: u64, mut refuse: impl FnMut(Waiter, Error)) {
        // A write that waited for its turn on its connection may be older than those before it
        // here.
        for pending in &mut self.named {
            if let Some(waiter) = pending.waiter.take_if(|waiter| waiter.since_ms <= oldest_ms) {
                let unknown = Error::Indeterminate(UNKNOWN);
                refuse(waiter, mutant!(UnknownAsRefused, unknown, Error::ClusterDown(NOT_SENT)));
            }
        }
        self.unnamed.retain_mut(|pending| {
            let Some(waiter) = pending.waiter.take_if(|waiter| waiter.since_ms <= oldest_ms) else {
                return true;
            };
            refuse(waiter, Error::ClusterDown(NOT_SENT));
            mutant!(RefusedButSent, (), return true);
            self.unnamed_bytes -= mutant!(ExpiredBytesLeak, pending.write.len(), 0);
            false
        });
    }
}

const UNKNOWN: &str = "the write was sent, but no majority answered in time: it may still happen; \
                       read before you retry";
const NOT_SENT: &str = "no leader in time; the write did not run";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{RequestId, SessionId};
    use bytes::Bytes;

    fn waiter(id: u64, since_ms: u64) -> Waiter {
        Waiter { session: SessionId(1), id: RequestId(id), since_ms, certify: false, round: 0 }
    }

    fn set(proposals: &mut Proposals, id: u64, since_ms: u64) {
        proposals.push(
            Some(waiter(id, since_ms)),
            KeyspaceId::DEFAULT,
            &Command::set(Bytes::from("k"), Bytes::from("v")),
        );
    }

    #[test]
    fn what_is_not_applied_is_sent_again_under_its_name() {
        let mut proposals = Proposals::new();
        (1..=3).for_each(|id| set(&mut proposals, id, 0));
        let run = proposals.next_run().unwrap();
        assert_eq!((run.first.0, run.count), (1, 3));
        assert!(!proposals.has_run());
        assert_eq!(proposals.on_applied(Sequence(1)), Some(waiter(1, 0)));
        proposals.resend();
        set(&mut proposals, 4, 0);
        let run = proposals.next_run().unwrap();
        assert_eq!((run.first.0, run.count), (2, 3));
    }

    #[test]
    fn what_lies_in_the_own_log_is_not_sent_again() {
        let mut proposals = Proposals::new();
        (1..=3).for_each(|id| set(&mut proposals, id, 0));
        proposals.next_run().unwrap();
        proposals.resend();
        proposals.hold(Sequence(3));
        let run = proposals.next_run().unwrap();
        assert_eq!((run.first.0, run.count), (3, 1));
    }

    #[test]
    fn great_writes_go_one_by_one() {
        let mut proposals = Proposals::new();
        for id in 1..=3 {
            let value = Bytes::from(vec![b'v'; 2 * Limits::default().unapplied_bytes]);
            proposals.push(
                Some(waiter(id, 0)),
                KeyspaceId::DEFAULT,
                &Command::set(Bytes::from("k"), value),
            );
        }
        for first in 1..=3 {
            let run = proposals.next_run().unwrap();
            assert_eq!((run.first.0, run.count), (first, 1));
            assert!(!proposals.has_run(), "the next one waits until this one is applied");
            proposals.on_applied(Sequence(first));
        }
    }

    #[test]
    fn an_unsent_write_is_refused_and_a_sent_one_unknown() {
        let mut proposals = Proposals::new();
        set(&mut proposals, 1, 10);
        proposals.next_run().unwrap();
        set(&mut proposals, 2, 20);
        set(&mut proposals, 3, 30);
        let mut answers = vec![];
        proposals.expire(20, |waiter, error| answers.push((waiter.id.0, error)));
        assert_eq!(
            answers,
            [(1, Error::Indeterminate(UNKNOWN)), (2, Error::ClusterDown(NOT_SENT))]
        );
        assert_eq!(
            proposals.on_applied(Sequence(1)),
            None,
            "it happened after all; nobody waits for it"
        );
        let run = proposals.next_run().unwrap();
        assert_eq!((run.first.0, run.count), (2, 1), "ids have no gaps");
    }
}
