//! Reads that would take a weaker level: they wait for a quorum like all others, and look at their
//! next level when the present one has had its time.
//!
//! A read keeps its place while it waits, whichever level it waits at: if its round is confirmed
//! after all, its answer is a linearizable one. It leaves that place only with all reads before it
//! of its connection gone, so that no read is overtaken by a later one and no session goes back.

use std::collections::BTreeSet;

use super::Reads;
use crate::api::Level;
use crate::ids::{Index, SessionId};
use crate::preference::{Chosen, Given, LINEARIZABLE_BELOW_MS};
use crate::session::Read;

/// What becomes of a read: it is answered at a level; or it is refused, being so stale, with this
/// bound.
pub(in crate::agreed) type Verdict = Result<Given, (Option<u64>, u32)>;

impl Reads {
    /// All that was committed so many milliseconds before a read was taken is applied; `None`: that
    /// is not known.
    pub(crate) fn stale_ms(&mut self, took_ms: u64, applied: Index) -> Option<u64> {
        // Both are full milliseconds of a clock: what is older by less may be older by one more.
        self.bounds.asked_ms(applied).map(|asked_ms| (took_ms + 1).saturating_sub(asked_ms))
    }

    /// What a read has at this level from what is applied, if that is enough for it.
    pub(crate) fn had(
        &mut self,
        level: Level,
        bound_ms: u64,
        took_ms: u64,
        applied: Index,
    ) -> Option<Given> {
        let stale_ms = self.stale_ms(took_ms, applied);
        let is_had = match level {
            Level::Linearizable => false,
            Level::Bounded { ms } if ms < LINEARIZABLE_BELOW_MS => false,
            Level::Bounded { ms } => {
                self.bounds.want(ms, bound_ms);
                stale_ms.is_some_and(|stale_ms| stale_ms <= u64::from(ms))
            }
            Level::Sequential | Level::Causal => self.is_fresh(),
            Level::Eventual => true,
        };
        is_had.then_some(Given { level, stale_ms })
    }

    /// A read looks at its next level then.
    pub(super) fn note_choice(&mut self, until_ms: u64) {
        self.chooses_ms = Some(self.chooses_ms.map_or(until_ms, |first| first.min(until_ms)));
    }

    /// Has those look at their next level whose present one has had its time; true if any of them
    /// is to be answered.
    pub(crate) fn choose(&mut self, now_ms: u64, bound_ms: u64, applied: Index) -> bool {
        if self.chooses_ms.is_none_or(|first| now_ms < first) {
            return false;
        }
        self.chooses_ms = None;
        let mut stays: BTreeSet<SessionId> = self.left.sessions().collect();
        let mut confirmed = std::mem::take(&mut self.confirmed);
        let mut attempts = std::mem::take(&mut self.attempts);
        let mut waiting = std::mem::take(&mut self.waiting);
        // In the order in which they came.
        for (_, reads) in &mut confirmed {
            let all = reads.drain(..).collect::<Vec<_>>();
            reads.extend(
                all.into_iter()
                    .filter_map(|read| self.look(read, now_ms, bound_ms, applied, &mut stays)),
            );
        }
        let later = attempts.iter_mut().map(|attempt| &mut attempt.reads);
        for reads in later.chain([&mut waiting]) {
            let all = std::mem::take(reads).into_iter();
            *reads = all
                .filter_map(|read| self.look(read, now_ms, bound_ms, applied, &mut stays))
                .collect();
        }
        (self.confirmed, self.attempts, self.waiting) = (confirmed, attempts, waiting);
        !self.chosen.is_empty()
    }

    /// A read looks at its next level, if its time has come and none of its connection stays before
    /// it. Gives it back if it stays.
    fn look(
        &mut self,
        mut read: Read,
        now_ms: u64,
        bound_ms: u64,
        applied: Index,
        stays: &mut BTreeSet<SessionId>,
    ) -> Option<Read> {
        let session = read.waiter.session;
        let Some(choosing) = read.choosing.take() else {
            stays.insert(session);
            return Some(read);
        };
        let is_behind = mutant!(ChoiceOvertakes, stays.contains(&session), false);
        if choosing.until_ms > now_ms || is_behind {
            self.note_choice(choosing.until_ms);
            stays.insert(session);
            read.choosing = Some(choosing);
            return Some(read);
        }
        let took_ms = choosing.took_ms;
        let chosen = choosing.go_on(now_ms, |level| self.had(level, bound_ms, took_ms, applied));
        let verdict = match chosen {
            Chosen::Had(given) => Ok(given),
            Chosen::TooStale(ms) => Err((self.stale_ms(took_ms, applied), ms)),
            Chosen::Waits(choosing) => {
                self.note_choice(choosing.until_ms);
                stays.insert(session);
                read.choosing = Some(choosing);
                return Some(read);
            }
            Chosen::WaitsAtLast => {
                stays.insert(session);
                return Some(read);
            }
        };
        self.chosen.push_back((read, verdict));
        None
    }

    /// The next read that is to be answered at a level weaker than a quorum's word.
    pub(crate) fn next_chosen(&mut self) -> Option<(Read, Verdict)> {
        let (read, verdict) = self.chosen.pop_front()?;
        self.bytes -= read.command.weight();
        Some((read, verdict))
    }
}
