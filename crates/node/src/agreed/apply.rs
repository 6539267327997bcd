//! Applies what is committed to the state machine, as much as a turn may.

use super::Agreed;
use super::entry::{self, Cursor, WriteId};
use super::state::{Ran, State};
use crate::commands::{Carving, Unreadable, View, Write};
use crate::ids::{Index, Life};
use crate::position::{AgreedPosition, Certificate};
use crate::reply::Reply;
use crate::store::TOGETHER;
use crate::turn::Turn;

impl Agreed {
    /// Applies what is committed, as much as this turn may; true if something was.
    pub(super) fn apply(&mut self, turn: &mut Turn<'_>) -> bool {
        let before = self.applied;
        let whole_before = self.applied_whole;
        while let Some(entry) = self.committed.front()
            && self.may_apply(turn)
        {
            let (index, data) = (Index(entry.index), entry.data.clone());
            assert_eq!(index, self.applied_whole.next(), "entries are applied in order, each once");
            if !self.may_remove(index, &data, turn) {
                break;
            }
            if self.apply_entry(index, &data, turn) {
                self.committed.pop_front();
            }
        }
        if self.applied_whole > whole_before {
            self.raft.advance_apply_to(self.applied_whole.0);
        }
        (self.applied, self.applied_whole) != (before, whole_before)
    }

    /// Whether this turn may apply more. (A count that goes on has room for so many keys that come
    /// and go, and a snapshot for so much that it has not seen yet.)
    fn may_apply(&self, turn: &Turn<'_>) -> bool {
        let has_room = !self.state.watch.is_full() && self.has_room();
        !*turn.halted && !turn.budget.work.is_spent() && has_room
    }

    /// Applies an entry, or as much of it as this turn may; true if it is done.
    fn apply_entry(&mut self, index: Index, data: &[u8], turn: &mut Turn<'_>) -> bool {
        turn.budget.work.spend(1, 0);
        // What is not known is told of below, and nothing is applied.
        if let Ok(Some(time_ms)) = entry::time_ms(data) {
            self.state.advance_to(mutant!(ExpiredByWallClock, time_ms, turn.now.wall_ms));
            mutant!(OnceByWallClock, (), self.state.read_clock_for_once(turn.now.wall_ms));
        }
        if let Some((change, step)) = entry::step(data) {
            self.apply_step(change, &step, index, turn);
            if *turn.halted {
                return false;
            }
        }
        let mut ahead = vec![];
        loop {
            let is_end = look_ahead(&self.state, &self.cursor, data, &mut ahead);
            for Next { id, offset, write, behind } in ahead.drain(..) {
                turn.budget.work.spend(write.keys(), write.bytes());
                let offset_told = mutant!(CertificateWithoutOffset, offset, 0);
                let at = AgreedPosition { index, offset: offset_told };
                self.apply_write(id, at, &write, turn);
                self.applied = last_place(AgreedPosition { index, offset }, &write);
                self.cursor = behind;
                if !self.may_apply(turn) {
                    return false;
                }
            }
            match is_end {
                Ok(true) => break,
                Ok(false) => {}
                Err(unreadable) => {
                    turn.halt(78, not_known(index, unreadable));
                    return false;
                }
            }
        }
        let count = std::mem::take(&mut self.cursor).offset();
        self.applied = AgreedPosition { index, offset: count.saturating_sub(1) };
        self.applied_whole = index;
        self.on_whole(data, count);
        true
    }

    fn apply_write(
        &mut self,
        id: WriteId,
        at: AgreedPosition,
        write: &Write<'_>,
        turn: &mut Turn<'_>,
    ) {
        let asked = id.node == self.me && id.life == self.life;
        let ran = self.state.apply(id, at, write, asked);
        if let Some(ran) = &ran {
            turn.budget.work.spend(ran.steps, ran.bytes);
        }
        let carving = write.carving();
        if let Some(carving) = carving.clone()
            && ran.as_ref().is_some_and(|ran| ran.answer.reply == Reply::Integer(1))
        {
            self.on_carving(carving, at, turn);
        }
        if id.node != self.me {
            return;
        }
        if id.life != self.life {
            let supersedes = mutant!(OwnOtherLifeUnnoticed, id.life.boot >= self.life.boot, false);
            if supersedes && !*turn.halted {
                turn.supersede(&other_life(at.index, id.life));
            }
            return;
        }
        // It was proposed in this boot, so all that was committed before lies before it, also if it
        // does not run.
        self.reads.confirm();
        let Some(Ran { answer, position, .. }) = ran else { return };
        self.progressed_ms = turn.now.monotonic_ms;
        if let Some(waiter) = self.proposals.on_applied(id.sequence) {
            if carving == Some(Carving::Begins) && answer.reply == Reply::Ok {
                return self.wait_for_attempt(waiter, at.index);
            }
            if write.begins_change() && answer.reply == Reply::Ok {
                return self.wait_for_change(waiter, at, turn);
            }
            let position = mutant!(OnceWithoutPosition, position, last_place(at, write));
            let certificate = || Certificate::Agreed { position, by: answer.by };
            turn.answer_write(&waiter, answer.reply, certificate);
        }
    }
}

/// The last place of a write that begins at this one: where its answer stands.
fn last_place(at: AgreedPosition, write: &Write<'_>) -> AgreedPosition {
    AgreedPosition { offset: at.offset + write.places() - 1, ..at }
}

/// A write of an entry.
pub(super) struct Next<'a> {
    pub(super) id: WriteId,
    pub(super) offset: u32,
    pub(super) write: Write<'a>,
    /// The place behind it.
    pub(super) behind: Cursor,
}

/// Gathers the next writes of an entry, and has the processor fetch what they are about; see
/// [`crate::store::Store::touch`]. True if there are no more.
///
/// # Errors
/// If what comes behind them cannot be read.
pub(super) fn look_ahead<'a>(
    state: &State,
    cursor: &Cursor,
    data: &'a [u8],
    ahead: &mut Vec<Next<'a>>,
) -> Result<bool, Unreadable> {
    let mut behind = cursor.clone();
    let mut keys = [&[][..]; TOGETHER];
    let mut is_end = Ok(false);
    for key in &mut keys {
        match behind.next(data) {
            Ok(Some((id, offset, write))) => {
                *key = write.first_key().unwrap_or_default();
                ahead.push(Next { id, offset, write, behind: behind.clone() });
            }
            other => {
                is_end = other.map(|_| true);
                break;
            }
        }
    }
    state.touch(&keys[..ahead.len()]);
    is_end
}

fn not_known(index: Index, why: Unreadable) -> String {
    format!(
        "entry {index} of the agreed log is committed, and {why}: nothing behind it can be applied here. A newer version of \
         Candor wrote it: start that one on this data directory"
    )
}

pub(super) fn other_life(index: Index, other: Life) -> String {
    format!(
        "entry {index} of the agreed log carries writes of start {} of this node, which this data directory has not lived",
        other.boot
    )
}

#[cfg(test)]
mod tests;
