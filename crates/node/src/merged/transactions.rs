//! Transactions: who asked for one waits for its last write, or for what it has read.

use super::Merged;
use super::apply::positions;
use super::entry::Header;
use super::foreseen::Transaction;
use super::writes::{Asked, Told, looking};
use crate::commands;
use crate::position::Certificate;
use crate::reply::Reply;
use crate::session::Waiter;
use crate::turn::Turn;
use crate::wire::codec::Reader;
use crate::wire::version_vector::{Place, VersionVector};

impl Merged {
    /// Transactions are about to look at keys, as far as a turn gets with so many steps: counters
    /// among them must not be half joined.
    pub(super) fn settle_looked_at(&mut self, steps: usize) {
        if !self.is_joining() {
            return;
        }
        for write in looking(&self.gathered, steps) {
            let write = commands::decode(&mut Reader::new(write)).expect("it was encoded here");
            write.all_keys().for_each(|key| self.state.settle_read(key));
        }
    }

    /// Who asked for a transaction waits until its last write is applied; if it has none, until all
    /// own writes before it are, of which so many stand in the same entry: it may have seen them.
    pub(super) fn await_transaction(
        &mut self,
        waiter: Waiter,
        list: Transaction,
        header: &Header,
        before: u32,
        turn: &mut Turn<'_>,
    ) {
        let Transaction { reply, count, .. } = list;
        if count > 0 {
            let nobody = || Asked { waiter: None, told: Told::Nothing };
            self.waiters.extend((1..count).map(|_| nobody()));
            self.told_bytes += reply.bytes();
            let told = Told::Transaction(reply);
            return self.waiters.push_back(Asked { waiter: Some(waiter), told });
        }
        let mut at = header.after.clone();
        let own = if before > 0 { header.place } else { header.previous };
        if own != Place::START {
            at.raise(header.origin, own);
        }
        if mutant!(ReadsShownBeforeSync, self.waiters.is_empty(), true) {
            return self.answer_reads(&waiter, reply, &at, turn);
        }
        self.told_bytes += reply.bytes();
        let told = Told::Reads(reply, at);
        self.waiters.push_back(Asked { waiter: Some(waiter), told });
    }

    /// Answers a transaction that writes nothing and stands there.
    fn answer_reads(&self, waiter: &Waiter, reply: Reply, at: &VersionVector, turn: &mut Turn<'_>) {
        turn.answer_write(waiter, reply, || Certificate::Merged {
            position: positions(at),
            by: None,
            entry: None,
        });
    }

    /// Answers the transactions that write nothing and stand behind an own write that was just
    /// applied.
    pub(super) fn answer_readers(&mut self, turn: &mut Turn<'_>) {
        let writes_nothing = |asked: &mut Asked| matches!(asked.told, Told::Reads(..));
        while let Some(Asked { waiter, told }) = self.waiters.pop_front_if(writes_nothing) {
            if let (Some(waiter), Told::Reads(reply, at)) = (waiter, told) {
                self.told_bytes -= reply.bytes();
                self.answer_reads(&waiter, reply, &at, turn);
            }
        }
    }
}
