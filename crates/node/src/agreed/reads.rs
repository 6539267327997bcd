//! Reads that must see what is committed: confirmed by a quorum, answered once that is applied
//! here.

use super::Agreed;
use crate::api::{Level, Now, Order, Shortage};
use crate::commands::{Command, Condition};
use crate::ids::Index;
use crate::preference::{Choosing, Given};
use crate::reply::{Error, Reply};
use crate::session::{Read, Waiter};
use crate::turn::Turn;

impl Agreed {
    /// A read that must not answer before a quorum confirmed what is committed; unless it would
    /// take a weaker level after a while.
    pub(crate) fn read_confirmed(
        &mut self,
        waiter: Waiter,
        command: Command,
        choosing: Option<Box<Choosing>>,
    ) {
        let command = self.copies.of_command(&command);
        self.reads.push(Read { waiter, command, choosing });
    }

    /// What a read has at this level now that was taken then, if it has it at once.
    pub(crate) fn had(&mut self, level: Level, now: Now, took_ms: u64) -> Option<Given> {
        self.reads.had(level, now.bound_ms(), took_ms, self.applied_whole)
    }

    /// Bounded reads are about to come.
    pub(crate) fn want_bound(&mut self, ms: u32, now: Now) {
        self.reads.bounds.want(ms, now.bound_ms());
    }

    /// Why a read is refused that may not be staler than this, and was taken then.
    pub(crate) fn too_stale(&mut self, ms: u32, took_ms: u64) -> Error {
        too_stale(self.reads.stale_ms(took_ms, self.applied_whole), ms)
    }

    /// What who watches the keys of this command sees of them now.
    pub(crate) fn seen<'a>(
        &'a self,
        command: &'a Command,
    ) -> impl Iterator<Item = Condition<'a>> + 'a {
        let seen = |key| self.state.seen(key, self.applied);
        command.keys().map(move |key| Condition { key, seen: seen(key) })
    }

    fn reply(&self, waiter: &Waiter, command: &Command, turn: &mut Turn<'_>) -> Reply {
        if command.is_watch() {
            return turn.sessions.watch(waiter, self.seen(command));
        }
        command.read(self.view(), turn.chance())
    }

    /// Answers what waits since `oldest_ms` or longer.
    pub(crate) fn expire(&mut self, oldest_ms: u64, turn: &mut Turn<'_>) {
        self.proposals.expire(oldest_ms, |waiter, error| turn.refuse_write(&waiter, error));
        self.carved.expire(oldest_ms, turn);
        self.changes.expire(oldest_ms, turn);
        let shortage = turn.disk.shortage().cloned();
        self.reads.expire(oldest_ms, |waiter, is_confirmed| {
            let error = match (is_confirmed, &shortage) {
                (false, None) => Error::ClusterDown(NOT_CONFIRMED),
                (false, Some(shortage)) if *shortage == Shortage::of_room() => {
                    Error::ClusterDown(NOT_CONFIRMED_FULL)
                }
                (false, Some(_)) => Error::ClusterDown(NOT_CONFIRMED_SHORT),
                (true, None) => Error::ClusterDown(NOT_APPLIED),
                (true, Some(shortage)) => no_room_for_it(shortage),
            };
            turn.refuse_read(&waiter, error);
        });
    }

    /// Whether the leader can confirm reads, as far as this node knows: it has committed something
    /// in its term. Before that it would drop the question in silence.
    fn confirms(&self) -> bool {
        self.raft.raft.raft_log.term(self.commit().0) == Ok(self.term().0)
    }

    pub(super) fn begin_reads(&mut self, turn: &mut Turn<'_>) {
        if self.leader().is_none() || !self.confirms() {
            return mutant!(ReadBeforeTermCommit, (), self.confirm_alone(turn));
        }
        if let Some(context) = self.reads.begin(turn.now.monotonic_ms, turn.now.bound_ms()) {
            self.raft.read_index(context);
        }
    }

    /// What found no room on the disk cannot be shown: a read that must see it is refused at once.
    fn refuse_unshowable(&mut self, turn: &mut Turn<'_>) {
        let Some(refusal) = turn.disk.shortage().map(no_room_for_it) else {
            self.lacked = Index(0);
            return;
        };
        let lacked = mutant!(UnshowableAwaited, self.lacked, Index(0));
        for read in self.reads.take_confirmed(self.last_index().next()..=lacked) {
            turn.refuse_read(&read.waiter, refusal.clone());
        }
    }

    /// Answers the reads that waited for what is applied now, as many as this turn may; true if any
    /// was.
    pub(super) fn answer_reads(&mut self, turn: &mut Turn<'_>) -> bool {
        self.refuse_unshowable(turn);
        let was_fresh = self.reads.is_fresh();
        let mut answered = self.answer_weaker(turn);
        let applied = mutant!(ReadBeforeApplied, self.applied_whole, Index(u64::MAX));
        let given = Given { level: Level::Linearizable, stale_ms: Some(0) };
        while !turn.budget.answers.is_spent()
            && let Some(read) = self.reads.next_answerable(applied)
        {
            answered = true;
            self.answer(read, given, turn);
        }
        if turn.budget.answers.is_spent() {
            self.reads.leave_over(applied);
        }
        let now = turn.now;
        if self.reads.choose(now.monotonic_ms, now.bound_ms(), self.applied_whole) {
            answered |= self.answer_weaker(turn);
        }
        answered || was_fresh != self.reads.is_fresh()
    }

    /// Answers the reads that have chosen a weaker level, as many as this turn may; true if any
    /// was.
    fn answer_weaker(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut answered = false;
        while !turn.budget.answers.is_spent()
            && let Some((read, verdict)) = self.reads.next_chosen()
        {
            answered = true;
            match verdict {
                Ok(given) => self.answer(read, given, turn),
                Err((stale_ms, ms)) => {
                    turn.budget.answers.spend(1, 0);
                    turn.refuse_read(&read.waiter, too_stale(stale_ms, ms));
                }
            }
        }
        answered
    }

    fn answer(&mut self, read: Read, given: Given, turn: &mut Turn<'_>) {
        let is_long = turn.budget.is_long(&read.command);
        turn.sessions.give(read.waiter.session, given, is_long);
        if is_long {
            turn.budget.answers.spend(1, 0);
            turn.counts.push(read, Order::Agreed);
            return;
        }
        let reply = self.reply(&read.waiter, &read.command, turn);
        let scanned = read.command.scanned(self.view());
        turn.budget.answers.spend_answer(&read.command, &reply, scanned);
        turn.answer_read(&read.waiter, reply, || self.certificate(&read.command));
    }
}

fn too_stale(stale_ms: Option<u64>, ms: u32) -> Error {
    let known = match stale_ms {
        Some(stale_ms) => format!(
            "this node knows no more than what was committed {stale_ms} ms ago, and the bound is {ms} ms"
        ),
        None => format!(
            "this node has not heard yet from a majority what is committed, and the bound is {ms} ms"
        ),
    };
    Error::Stale(format!(
        "{known}; the read did not run. Hint: try again in a moment, ask another node, or leave out STRICT"
    ))
}

const NOT_CONFIRMED: &str = "no majority confirmed in time what is committed; the read did not run";

const NOT_CONFIRMED_FULL: &str = "no majority confirmed in time what is committed, and the disk of this node is full; the read did not \
                                  run. Free some room, or ask another node";

const NOT_APPLIED: &str = "a majority confirmed what is committed, and this node did not get it in time; the read did not run";

const NOT_CONFIRMED_SHORT: &str = "no majority confirmed in time what is committed, and this node cannot write to its disk for now (its log \
                                   says why); the read did not run. Ask another node";

fn no_room_for_it(Shortage { why, way_out }: &Shortage) -> Error {
    Error::DiskFull(format!(
        "{why}: it has no room for what this read must see; the read did not run. {way_out}, ask another node, or \
         read at a weaker level"
    ))
}

/// What only planted bugs do.
#[cfg(feature = "mutants")]
impl Agreed {
    fn confirm_alone(&mut self, turn: &Turn<'_>) {
        if self.leads()
            && let Some(context) = self.reads.begin(turn.now.monotonic_ms, turn.now.bound_ms())
        {
            self.reads.on_confirmed(&context, self.commit());
        }
    }
}
