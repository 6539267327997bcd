//! Snapshots: written now and then, and fetched where this node lacks more than the logs hold.

use super::Node;
use crate::api::{Event, Index, Order, Output, Snapshots as Told, Term};
use crate::ids::{NodeId, SnapshotNumber, Ticket};
use crate::snapshot::{Coming, Fetch, Want};
use crate::turn::Turn;
use crate::wire::codec::Malformed;
use crate::wire::record::Record;

impl Node {
    /// What is told of snapshots.
    pub(super) fn snapshots_told(&self) -> Told {
        let spool = self.agreed.spool_bytes() + self.merged.spool_bytes();
        self.snapshots.told(self.disk.handed(), spool)
    }

    /// Where the agreed log will end once the state counts that was fetched, and whose last record
    /// was handed to the disk.
    pub fn agreed_comes(&self) -> Option<(Index, Term)> {
        let base = self.fetch.as_ref().filter(|fetch| fetch.is_complete())?.agreed_base()?;
        Some(self.agreed.end_behind(base))
    }

    /// Whether it fetches the merged state of another replica.
    pub(super) fn fetches_merged(&self) -> bool {
        self.fetch.as_ref().is_some_and(|fetch| fetch.want == Want::Merged)
    }

    /// Goes on with the snapshot that is being written, or begins one if it is time to: all that
    /// this turn did is done. True: it wrote a slice.
    pub(super) fn snapshot(&mut self, outputs: &mut Vec<Output>) -> bool {
        if !self.takes_part() || self.halted {
            return false;
        }
        // What was fetched so far counts only together with what comes.
        let may_begin = !self.agreed.is_within_entry()
            && self.fetch.is_none()
            && !self.merged.is_joining()
            && (!self.disk.is_full() || self.snapshots.may_begin_on_full())
            && !self.has_lost_state();
        let is_fetched = self.donor.is_asked(self.now.monotonic_ms);
        let (limits, turn) = (&self.limits, turn!(self, outputs));
        let (agreed, merged) = (&mut self.agreed, &mut self.merged);
        self.snapshots.work(limits, may_begin, is_fetched, agreed, merged, turn)
    }

    pub(super) fn on_snapshot_placed(
        &mut self,
        number: SnapshotNumber,
        bytes: u64,
        outputs: &mut Vec<Output>,
    ) {
        let turn = turn!(self, outputs);
        self.snapshots.on_placed(number, bytes, &mut self.agreed, &mut self.merged, turn);
    }

    pub(super) fn on_snapshot_failed(
        &mut self,
        number: SnapshotNumber,
        why: &str,
        outputs: &mut Vec<Output>,
    ) {
        let turn = turn!(self, outputs);
        self.snapshots.on_failed(number, why, &mut self.agreed, &mut self.merged, turn);
    }

    // Fetching.

    /// Whether a state may be fetched: one at a time, and only once the last one is joined.
    pub(super) fn may_fetch(&self) -> bool {
        self.fetch.is_none() && !self.merged.is_joining() && !self.disk.is_full()
    }

    /// Another replica says that this one lacks what its logs do not hold.
    pub(super) fn fetch_merged(
        &mut self,
        from: NodeId,
        number: SnapshotNumber,
        outputs: &mut Vec<Output>,
    ) {
        let lacks = self.merged.lacks_of(from) || self.has_lost(Order::Merged);
        let is_shunned = mutant!(LeaverFetched, self.merged.shuns(from), false);
        if self.may_fetch() && lacks && !is_shunned {
            self.leaders_offer = None;
            self.begin_fetch(Fetch::merged(from, number), outputs);
        }
    }

    pub(super) fn begin_fetch(&mut self, mut fetch: Fetch, outputs: &mut Vec<Output>) {
        outputs.push(Output::Note(Event::Fetches(fetch.from)));
        fetch.ask(turn!(self, outputs));
        self.fetch = Some(fetch);
    }

    /// A piece of what is fetched came; nothing: the other has no such snapshot any more.
    pub(super) fn on_piece(
        &mut self,
        from: NodeId,
        number: SnapshotNumber,
        offset: u64,
        bytes: &[u8],
        outputs: &mut Vec<Output>,
    ) -> Result<(), Malformed> {
        let Some(fetch) = &mut self.fetch else { return Ok(()) };
        if !fetch.expects(from, number, offset) {
            return Ok(());
        }
        if bytes.is_empty() || self.disk.is_full() {
            self.stop_fetching(outputs);
            return Ok(());
        }
        let turn = turn!(self, outputs);
        let mut read = fetch.take_in(bytes, turn);
        if read.is_ok() && fetch.is_complete() {
            if let Some(base) = fetch.merged_base() {
                read = self.merged.check_base(base, turn);
            }
            self.agreed.settle(turn);
            let lacks = fetch.agreed_base().is_none_or(|base| self.agreed.lacks(base));
            if read.is_ok() && lacks && !*turn.halted {
                let is_whole = fetch.completes(&self.agreed, &self.merged);
                fetch.seal(turn);
                if is_whole && turn.disk.facts().diverged.is_some() {
                    turn.disk.record(&Record::Replaced);
                }
                if fetch.want != Want::Merged {
                    self.agreed.begin_install();
                }
                mutant!(FetchedBeforeSync, (), self.go_on_fetching(Ticket(u64::MAX), outputs));
                return Ok(());
            }
            if read.is_ok() {
                self.on_held(outputs);
                return Ok(());
            }
        }
        if read.is_err() {
            self.stop_fetching(outputs);
        }
        read
    }

    /// What was handed to the disk is on it: the next piece may come, or all counts.
    pub(super) fn go_on_fetching(&mut self, ticket: Ticket, outputs: &mut Vec<Output>) {
        let Some(fetch) = &mut self.fetch else { return };
        if !fetch.on_persisted(ticket) {
            return;
        }
        if !fetch.is_complete() {
            return fetch.ask(turn!(self, outputs));
        }
        let fetch = self.fetch.take().expect("it is there");
        let (from, want) = (fetch.from, fetch.want);
        let had_lost_state = self.has_lost_state();
        self.install(fetch.into_coming(), outputs);
        let index = match want {
            Want::Agreed(index, _) => Some(index),
            Want::Merged => None,
        };
        self.states_fetched += 1;
        outputs.push(Output::Note(Event::Fetched(from, index)));
        if index.is_some() {
            self.tell_fetched(from, outputs);
        }
        if had_lost_state && !self.has_lost_state() {
            outputs.push(Output::Note(Event::StateIsBack));
        }
    }

    /// A state that was fetched is on disk: it counts.
    fn install(&mut self, coming: Coming, outputs: &mut Vec<Output>) {
        let turn = turn!(self, outputs);
        let why = "another member's state took the place of this one's";
        self.snapshots.give_up(why, &mut self.agreed, &mut self.merged, turn);
        match coming {
            Coming::Agreed(state, Some(base)) => {
                self.agreed.install(*state, &base, turn);
            }
            Coming::Merged(pieces, Some(base)) => self.merged.join(pieces, base),
            Coming::Agreed(_, None) | Coming::Merged(_, None) => {
                unreachable!("what is complete has a base")
            }
        }
    }

    /// Joins a slice of a merged state that was fetched.
    pub(super) fn join(&mut self, outputs: &mut Vec<Output>) {
        let had_lost_state = self.has_lost_state();
        let is_over = self.takes_part() && self.merged.join_on(turn!(self, outputs));
        if is_over && had_lost_state && !self.has_lost_state() {
            outputs.push(Output::Note(Event::StateIsBack));
        }
    }

    pub(super) fn look_after_fetch(&mut self, outputs: &mut Vec<Output>) {
        let leader = self.leaders_offer.map(|wanted| wanted.leader);
        if let Some(fetch) = &mut self.fetch
            && !fetch
                .on_tick(leader.is_some_and(|leader| leader != fetch.from), turn!(self, outputs))
        {
            self.stop_fetching(outputs);
        }
        self.look_after_offer(outputs);
    }
}
