//! Reads that a quorum must confirm (ReadIndex, Ongaro's thesis §6.4).
//!
//! One round serves all reads that waited when it began. Each attempt has a context of its own,
//! never used before (node, boot, counter), since an answer to an attempt proves nothing about
//! reads that came after it. A round that is not answered is tried again: Raft drops it in silence
//! while the leader has committed nothing in its term. The attempts before still count if they are
//! answered after all: where a message takes long, every answer comes that late.
//!
//! Rounds also begin for [bounded reads](Bounds), which do not wait for them: those keep nobody
//! from beginning another.

mod weaker;

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::bounded::Bounds;
use super::rows::Rows;
use crate::commands::Command;
use crate::ids::{Boot, Index, NodeId};
use crate::session::{Read, Waiter};
use weaker::Verdict;

/// How long a round may take before it is tried again, in milliseconds.
const RETRY_MS: u64 = 100;
/// The most attempts that may still be answered.
const ATTEMPTS_MAX: usize = 16;

/// One try to have a quorum confirm what is committed.
#[derive(Debug)]
struct Attempt {
    context: Vec<u8>,
    /// When it began, by the clock of bounds.
    asked_ms: u64,
    /// Whether nobody waits for it: it began for bounded reads to come.
    is_for_bounds: bool,
    /// The reads that came since the attempt before it.
    reads: Vec<Read>,
}

/// The reads that are on their way.
///
/// - An answer to an attempt is one to the reads of all attempts before it, too: they are older.
#[derive(Debug)]
pub(crate) struct Reads {
    node: NodeId,
    boot: Boot,
    counter: u64,
    waiting: Vec<Read>,
    /// What all reads weigh.
    bytes: usize,
    attempts: VecDeque<Attempt>,
    /// When the last attempt began.
    began_ms: u64,
    /// Reads that may answer once their index is applied.
    confirmed: VecDeque<(Index, VecDeque<Read>)>,
    /// Those of them that a turn left over, though they might answer. Later ones stand behind them.
    left: Rows,
    /// Whether this boot has applied all that was committed before it.
    fresh: bool,
    /// How far back what is applied surely reaches.
    pub(super) bounds: Bounds,
    /// When the first read that may choose a weaker level does so; not later.
    chooses_ms: Option<u64>,
    /// Reads that have chosen one, or are refused: they come before all others.
    chosen: VecDeque<(Read, Verdict)>,
}

impl Reads {
    pub(crate) fn new(node: NodeId, boot: Boot) -> Reads {
        Reads {
            node,
            boot,
            counter: 0,
            waiting: vec![],
            bytes: 0,
            attempts: VecDeque::new(),
            began_ms: 0,
            confirmed: VecDeque::new(),
            left: Rows::default(),
            fresh: false,
            bounds: Bounds::default(),
            chooses_ms: None,
            chosen: VecDeque::new(),
        }
    }

    /// Whether this boot may serve reads from its own state: it once confirmed with a quorum
    /// what is committed, or by a write of its own, and applied it.
    pub(crate) fn is_fresh(&self) -> bool {
        mutant!(ServesUnconfirmed, self.fresh, true)
    }

    /// An entry was applied that was proposed in this boot: all that was committed before lies
    /// before it.
    pub(crate) fn confirm(&mut self) {
        self.fresh = true;
    }

    /// How many rounds have begun.
    pub(crate) fn rounds(&self) -> u64 {
        self.counter
    }

    /// How many reads wait.
    pub(crate) fn queued(&self) -> usize {
        let asked: usize = self.attempts.iter().map(|attempt| attempt.reads.len()).sum();
        let confirmed: usize = self.confirmed.iter().map(|(_, reads)| reads.len()).sum();
        self.waiting.len() + asked + confirmed + self.left.count() + self.chosen.len()
    }

    /// What they weigh.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn push(&mut self, read: Read) {
        self.bytes += read.command.weight();
        if let Some(choosing) = &read.choosing {
            self.note_choice(choosing.until_ms);
        }
        self.waiting.push(read);
    }

    /// The context of a round to begin now, if one is due.
    pub(crate) fn begin(&mut self, now_ms: u64, bound_ms: u64) -> Option<Vec<u8>> {
        let idle = self.waiting.is_empty() && (self.fresh || !self.confirmed.is_empty());
        let due = match self.attempts.iter().all(|attempt| attempt.is_for_bounds) {
            true => !idle,
            false => mutant!(RoundNotRetried, now_ms >= self.began_ms + RETRY_MS, false),
        };
        if !due && !self.bounds.is_due(bound_ms) {
            return None;
        }
        mutant!(ReadsJoinOldRound, (), self.join_oldest());
        self.forget_oldest();
        self.counter += mutant!(ContextReused, 1, 0);
        self.began_ms = now_ms;
        self.bounds.on_begun(bound_ms);
        let context = [self.node.0, self.boot.0, self.counter].map(u64::to_be_bytes).concat();
        let reads = std::mem::take(&mut self.waiting);
        let attempt =
            Attempt { context: context.clone(), asked_ms: bound_ms, is_for_bounds: idle, reads };
        self.attempts.push_back(attempt);
        mutant!(UnconfirmedRoundCounts, (), self.bounds.on_confirmed(bound_ms, Index(0)));
        Some(context)
    }

    /// Makes room for one more attempt: the reads of the oldest wait for an answer to the one after
    /// it.
    fn forget_oldest(&mut self) {
        if self.attempts.len() < ATTEMPTS_MAX {
            return;
        }
        let oldest = self.attempts.pop_front().expect("there are many");
        let next = self.attempts.front_mut().expect("there are many");
        next.is_for_bounds &= oldest.is_for_bounds;
        mutant!(
            OldestRoundForgotten,
            drop(next.reads.splice(0..0, oldest.reads)),
            drop(oldest.reads)
        );
    }

    #[cfg(feature = "mutants")]
    fn join_oldest(&mut self) {
        if self.attempts.len() == ATTEMPTS_MAX
            && let Some(oldest) = self.attempts.front_mut()
        {
            oldest.reads.append(&mut self.waiting);
        }
    }

    /// Who leads has changed: what was asked of the old leader may never be answered.
    pub(crate) fn retry(&mut self) {
        let reads = self.attempts.drain(..).flat_map(|attempt| attempt.reads);
        self.waiting.splice(0..0, reads);
        self.bounds.on_lost();
    }

    /// A quorum confirmed this attempt: its reads, and all before them, may answer once `index` is
    /// applied. Gives back when it was asked, if it was not answered before.
    pub(crate) fn on_confirmed(&mut self, context: &[u8], index: Index) -> Option<u64> {
        let place = self.attempts.iter().position(|attempt| attempt.context == context)?;
        let asked_ms = self.attempts[place].asked_ms;
        let reads = self.attempts.drain(..=place).flat_map(|attempt| attempt.reads);
        let reads = mutant!(
            RoundConfirmsLater,
            reads.collect(),
            reads.chain(self.waiting.drain(..)).collect()
        );
        self.confirmed.push_back((index, reads));
        mutant!(FreshBeforeApplied, (), self.fresh = true);
        // Later tries that carry no reads of their own must not keep new reads waiting.
        if mutant!(
            LaterRoundsForgotten,
            self.attempts.iter().all(|attempt| attempt.reads.is_empty()),
            true
        ) {
            self.attempts.retain(|attempt| attempt.is_for_bounds);
        }
        Some(asked_ms)
    }

    /// The next read that may answer, now that `applied` is applied: the first that came, or where
    /// a turn left some over, the next of the connection whose turn it is.
    pub(crate) fn next_answerable(&mut self, applied: Index) -> Option<Read> {
        let mut next = None;
        while next.is_none()
            && let Some(read) = self.next_confirmed(applied)
        {
            match self.left.is_empty() {
                true => next = Some(read),
                false => self.left.push(read),
            }
        }
        let next = next.or_else(|| self.left.pop())?;
        self.bytes -= next.command.weight();
        Some(next)
    }

    /// A turn can do no more: what may answer is left over for the next ones.
    pub(crate) fn leave_over(&mut self, applied: Index) {
        while let Some(read) = self.next_confirmed(applied) {
            self.left.push(read);
        }
    }

    /// Takes the first of those that may answer and were never left over.
    fn next_confirmed(&mut self, applied: Index) -> Option<Read> {
        while let Some((index, reads)) = self.confirmed.front_mut()
            && *index <= applied
        {
            self.fresh = true;
            if let Some(read) = reads.pop_front() {
                return Some(read);
            }
            self.confirmed.pop_front();
        }
        None
    }

    /// Whether a read may answer, now that `applied` is applied.
    pub(crate) fn is_answerable(&self, applied: Index) -> bool {
        let is_left = !self.left.is_empty() || !self.chosen.is_empty();
        is_left || self.confirmed.front().is_some_and(|(index, _)| *index <= applied)
    }

    /// Takes out the reads that must see an entry of these.
    pub(crate) fn take_confirmed(&mut self, entries: RangeInclusive<Index>) -> Vec<Read> {
        let rows = self.confirmed.iter_mut().filter(|(index, _)| entries.contains(index));
        let reads: Vec<Read> = rows.flat_map(|(_, reads)| std::mem::take(reads)).collect();
        let freed = reads.iter().map(|read| read.command.weight()).sum::<usize>();
        self.bytes -= mutant!(UnshowableReadsLeak, freed, 0);
        reads
    }

    /// Takes out every read whose command is one of these.
    pub(crate) fn take_out(
        &mut self,
        is_meant: impl Fn(&Command) -> bool,
        mut taken: impl FnMut(Waiter),
    ) {
        let mut freed = 0;
        let mut keeps = |read: &Read| {
            let keep = !is_meant(&read.command);
            if !keep {
                freed += read.command.weight();
                taken(read.waiter.clone());
            }
            keep
        };
        self.attempts.iter_mut().for_each(|attempt| attempt.reads.retain(&mut keeps));
        self.confirmed.iter_mut().for_each(|(_, reads)| reads.retain(&mut keeps));
        self.left.retain(&mut keeps);
        self.waiting.retain(&mut keeps);
        self.chosen.retain(|(read, _)| keeps(read));
        self.bytes -= freed;
    }

    /// Takes out every read that waits since `oldest_ms` or longer, and says whether it was
    /// confirmed.
    pub(crate) fn expire(&mut self, oldest_ms: u64, mut expired: impl FnMut(Waiter, bool)) {
        let mut freed = 0;
        let mut keeps = |read: &Read, is_confirmed| {
            let keep = read.waiter.since_ms > oldest_ms;
            if !keep {
                freed += read.command.weight();
                expired(read.waiter.clone(), is_confirmed);
            }
            keep
        };
        for attempt in &mut self.attempts {
            attempt.reads.retain(|read| keeps(read, false));
        }
        for (_, reads) in &mut self.confirmed {
            reads.retain(|read| keeps(read, true));
        }
        self.left.retain(|read| keeps(read, true));
        self.chosen.retain(|(read, _)| keeps(read, true));
        self.waiting.retain(|read| keeps(read, false));
        self.bytes -= mutant!(ExpiredReadsLeak, freed, 0);
    }
}

#[cfg(test)]
mod tests;
