//! Writes on their way into the log: own ones and those of followers, gathered into entries.

use bytes::Bytes;

use super::Agreed;
use super::entry::{self, WriteId};
use super::expiry::Reclaiming;
use super::time::Anchor;
use crate::commands::Command;
use crate::ids::{KeyspaceId, Life, NodeId, Sequence};
use crate::reply::Error;
use crate::session::Waiter;
use crate::turn::Turn;
use crate::wire::codec::Malformed;
use crate::wire::message::Body;

/// How long writes may gather while the disk is busy, in milliseconds: a stalled disk must not hold
/// up a majority that could go on without it.
const GATHER_MS_MAX: u64 = 20;

impl Agreed {
    pub(crate) fn write(&mut self, waiter: Waiter, keyspace: KeyspaceId, command: Command) {
        let command = mutant!(CompareAtArrival, command, self.compared(command));
        let command = mutant!(ExecTorn, command, self.torn(keyspace, command));
        self.proposals.push(Some(waiter), keyspace, &command);
    }

    /// A follower's writes, for the next entry.
    pub(crate) fn on_forward(
        &mut self,
        node: NodeId,
        life: Life,
        sequence: Sequence,
        count: u64,
        commands: &Bytes,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        entry::check_run(sequence, count, commands)?;
        let first = WriteId { node, life, sequence };
        let full = mutant!(FullLeaderTakesForwards, turn.disk.is_full(), false);
        if !self.leads() || full || turn.disk.lags_agreed() || !self.forwarded.take(first, count) {
            return Ok(());
        }
        if !self.draft.is_empty() && self.draft.len() + commands.len() > self.limits.run_bytes {
            // An entry must stay far below what a message may weigh, however much comes in one
            // turn.
            if !self.propose(turn) {
                self.forwarded.clear();
                return Ok(());
            }
        }
        self.draft.add_run(first, count, commands);
        // The entry that the draft becomes, or one after it: at worst followers are told too soon.
        self.foreign = self.last_index().next();
        Ok(())
    }

    pub(crate) fn on_connected(&mut self, peer: NodeId) {
        self.stop_fetch(peer);
        if self.leader() == Some(peer) {
            self.proposals.resend();
        }
    }

    /// Bytes of writes that wait to become the next entry.
    pub(crate) fn drafted(&self) -> usize {
        self.draft.len()
    }

    /// Refuses the writes that were not sent yet.
    pub(crate) fn refuse_unsent(&mut self, why: &Error, turn: &mut Turn<'_>) {
        self.proposals.refuse_unnamed(|waiter| turn.refuse_write(&waiter, why.clone()));
        // What this node itself asked for is gone with them.
        self.reclaiming = Reclaiming::default();
        mutant!(ProposedThoughDropped, self.propose_again(), ());
    }

    pub(super) fn send_writes(&mut self, turn: &mut Turn<'_>) {
        if self.leads() {
            if turn.disk.is_full() || turn.disk.lags_agreed() {
                return;
            }
            if (self.proposals.has_run() || !self.draft.is_empty()) && !self.keeps_gathering(turn) {
                self.gathering_since_ms = None;
                self.propose_all(turn);
                mutant!(AnswerBeforeCommit, (), self.answer_setters(turn));
            }
        } else if let Some(leader) = self.leader() {
            if !self.proposals.has_unapplied() {
                self.progressed_ms = turn.now.monotonic_ms;
            }
            while let Some(run) = self.proposals.next_run() {
                let commands = Bytes::copy_from_slice(run.commands);
                turn.send(leader, Body::Forward { first: run.first, count: run.count, commands });
            }
        }
    }

    /// Whether the next entry should wait for more writes: while the disk is busy, it costs
    /// nothing.
    fn keeps_gathering(&mut self, turn: &Turn<'_>) -> bool {
        let now = turn.now.monotonic_ms;
        let since = *self.gathering_since_ms.get_or_insert(now);
        turn.disk.is_busy()
            && now < since + GATHER_MS_MAX
            && self.draft.len() + self.proposals.unnamed_bytes() < self.limits.run_bytes
    }

    fn propose_all(&mut self, turn: &mut Turn<'_>) {
        let from = self.proposals.unsent();
        let mut taken = true;
        while taken && let Some(run) = self.proposals.next_run() {
            let first = WriteId { node: self.me, life: self.life, sequence: run.first };
            self.draft.add_run(first, run.count, run.commands);
            if self.draft.len() >= self.limits.run_bytes {
                taken = self.propose(turn);
            }
        }
        if taken && !self.draft.is_empty() {
            taken = self.propose(turn);
        }
        if !taken {
            // Raft takes no proposals now. What was gathered is gone; ids make it safe to send it
            // again.
            mutant!(DroppedNotTakenBack, self.proposals.unsend(from), ());
            mutant!(DroppedForwardsKept, self.forwarded.clear(), ());
        }
    }

    fn propose(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut draft = std::mem::take(&mut self.draft);
        self.append(|stamp_ms| draft.take(stamp_ms), turn)
    }

    /// Appends an entry with the time of now; false: Raft takes no proposals now.
    pub(super) fn append(
        &mut self,
        data: impl FnOnce(u64) -> Vec<u8>,
        turn: &mut Turn<'_>,
    ) -> bool {
        let stamp_ms = self.stamp_ms(turn);
        let data = data(stamp_ms);
        self.announced = self.commit();
        let taken = self.raft.propose(vec![], data).is_ok();
        if taken {
            self.time.on_stamped(stamp_ms, turn.now.monotonic_ms);
        }
        taken
    }

    /// The time of an entry that this leader makes now.
    pub(super) fn stamp_ms(&mut self, turn: &Turn<'_>) -> u64 {
        let (term, began_ms) = (self.term(), self.began_ms.unwrap_or(0));
        let tail = self.raft.store();
        self.time.lead(term, || {
            let Anchor { stamp_ms, at_ms } = tail.last_stamp();
            Anchor { stamp_ms, at_ms: at_ms.max(began_ms) }
        });
        let clock_ms =
            mutant!(LogTimeFromOwnClock, turn.log_ms, turn.log_ms.map(|_| turn.now.wall_ms));
        self.time.stamp_ms(turn.now.monotonic_ms, clock_ms)
    }

    /// Followers learn what is committed from the next append. If none is coming soon, or one of
    /// them waits for its own write, they are told now; true if so.
    pub(super) fn announce_commit(&mut self) -> bool {
        let commit = self.commit();
        if !self.leads() || mutant!(CommitNotAnnounced, commit <= self.announced, true) {
            return false;
        }
        let appends_soon = self.proposals.has_run() || !self.draft.is_empty();
        if appends_soon && self.foreign <= self.announced {
            return false;
        }
        self.announced = commit;
        self.raft.raft.bcast_append();
        true
    }
}

/// What only planted bugs do.
#[cfg(feature = "mutants")]
impl Agreed {
    /// A SET that compares, as if what is here now were there when it runs.
    fn compared(&self, command: Command) -> Command {
        let holds = match command.arguments()[..] {
            [key, _, b"NX", ..] => self.view().get(key).is_none(),
            [key, _, b"IFEQ", expected, ..] => {
                self.view().get(key).is_some_and(|value| value.bytes() == expected)
            }
            _ => false,
        };
        if holds { crate::commands::without_condition(&command) } else { command }
    }

    /// What is left of a list whose first command goes into the log by itself.
    fn torn(&mut self, keyspace: KeyspaceId, command: Command) -> Command {
        let [first, rest @ ..] = &command.listed()[..] else { return command };
        if rest.is_empty() || !first.is_write() {
            return command;
        }
        self.proposals.push(None, keyspace, first);
        Command::list(rest).expect("they stood in a list")
    }

    fn answer_setters(&mut self, turn: &mut Turn<'_>) {
        for waiter in self.proposals.take_setters() {
            turn.answer_write(&waiter, crate::api::Reply::Ok, || {
                unreachable!("it was not asked for")
            });
        }
    }
}
