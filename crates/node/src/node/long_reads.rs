//! Reads that take many turns: KEYS, and EXISTS of very many keys.

use super::Node;
use crate::api::{Order, Output};
use crate::counting::{Count, LongRead, Past, Progress};
use crate::turn::Turn;

impl Node {
    /// Goes on counting, as far as this turn may.
    pub(super) fn count(&mut self, outputs: &mut Vec<Output>) {
        if self.counts.current.is_none() {
            // Also where the last one is gone without an answer.
            self.end_count();
        }
        while !self.budget.counting.is_spent() {
            let Some(count) = self.counts.current.take().or_else(|| self.begin_count()) else {
                return;
            };
            if let Some(unfinished) = self.count_on(count, outputs) {
                self.counts.current = Some(unfinished);
            }
        }
    }

    /// Begins with the next read: what it sees is the state of this moment.
    fn begin_count(&mut self) -> Option<Count> {
        let LongRead { read, order } = self.counts.next(self.may_count())?;
        let certificate = read.waiter.certify.then(|| self.certificate(order, &read.command));
        self.end_count();
        match order {
            Order::Agreed => self.agreed.state().begin(),
            Order::Merged => self.merged.begin_count(),
        }
        Some(Count { progress: Progress::of(&read), read, order, certificate })
    }

    /// Of which orders the keys may be counted now: a merged state is whole once another one is
    /// wholly joined.
    pub(super) fn may_count(&self) -> impl Fn(Order) -> bool + use<> {
        let is_joining = self.merged.is_joining();
        move |order| order == Order::Agreed || !is_joining
    }

    fn end_count(&mut self) {
        self.agreed.state().end();
        self.merged.state().end();
    }

    /// The state as it was when the present count began.
    fn past(&mut self, order: Order) -> &mut dyn Past {
        match order {
            Order::Agreed => self.agreed.state(),
            Order::Merged => self.merged.state(),
        }
    }

    /// Counts on; gives back what is not finished.
    fn count_on(&mut self, mut count: Count, outputs: &mut Vec<Output>) -> Option<Count> {
        let most = self.budget.counting.left();
        let (steps, reply) = count.progress.go_on(&count.read, self.past(count.order), most);
        self.budget.counting.spend(steps, 0);
        let Some(mut reply) = reply else { return Some(count) };
        self.keyspaces.leave_out_others(&count.read.command, &mut reply);
        self.end_count();
        let Count { read, certificate, .. } = count;
        let certificate = || certificate.expect("it was asked for when the count began");
        turn!(self, outputs).answer_read(&read.waiter, reply, certificate);
        None
    }
}
