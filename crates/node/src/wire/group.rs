//! The records of a turn on their way to the disk: one group, one ticket.

use std::collections::VecDeque;
use std::ops::{AddAssign, SubAssign};

use crate::api::{Output, Shortage};
use crate::ids::Ticket;
use crate::wire::facts::Facts;
use crate::wire::lent::Lent;
use crate::wire::record::Record;

/// What is handed to the disk and not yet known to be there.
///
/// - Tickets count from 1; those up to `done` are on disk.
#[derive(Debug, Default)]
pub(crate) struct RecordGroup {
    group: Vec<u8>,
    /// The memory of groups before it.
    lent: Lent,
    /// Tickets given out.
    given: u64,
    done: u64,
    /// What the records say, but for entries and state.
    facts: Facts,
    /// Bytes of groups that were handed over, and of those that were found there.
    handed: u64,
    /// What the group of this turn weighs of what others have as well.
    open: Weight,
    /// The groups that are not on disk yet, what they weigh, and what that is together.
    unsynced: VecDeque<(Ticket, Weight)>,
    unsynced_weight: Weight,
    /// Where either part weighs more than this the disk lags with it; 0: it never does.
    lag_bytes: u64,
    /// Why there is no room but for small records, if there is none.
    shortage: Option<Shortage>,
}

/// What records weigh, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    all: u64,
    /// Of that entries of the agreed log.
    agreed: u64,
    /// And merged entries of others.
    foreign: u64,
}

impl AddAssign for Weight {
    fn add_assign(&mut self, Weight { all, agreed, foreign }: Weight) {
        self.all += all;
        self.agreed += agreed;
        self.foreign += foreign;
    }
}

impl SubAssign for Weight {
    fn sub_assign(&mut self, Weight { all, agreed, foreign }: Weight) {
        self.all -= all;
        self.agreed -= agreed;
        self.foreign -= foreign;
    }
}

impl RecordGroup {
    /// Adds a record to the group of this turn.
    pub(crate) fn record(&mut self, record: &Record) {
        self.facts.note(record);
        let before = self.group.len();
        record.encode(&mut self.group);
        if let Record::Agreed { .. } = record {
            self.open.agreed += (self.group.len() - before) as u64;
        }
    }

    /// Adds a record that tells of an entry which another replica made.
    pub(crate) fn record_foreign(&mut self, record: &Record) {
        let before = self.group.len();
        self.record(record);
        self.open.foreign += (self.group.len() - before) as u64;
    }

    /// What is on disk since before this start.
    pub(crate) fn found(facts: Facts, bytes: u64) -> RecordGroup {
        RecordGroup { facts, handed: bytes, ..RecordGroup::default() }
    }

    /// What the records say, but for entries and state.
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Bytes of groups behind the snapshot that this start began with: those that were found there,
    /// and those that were handed over.
    pub(crate) fn handed(&self) -> u64 {
        self.handed
    }

    /// The ticket of the group of this turn.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.given + 1)
    }

    /// Whether a group is being synced.
    pub(crate) fn is_busy(&self) -> bool {
        self.done < self.given
    }

    /// Whether there is no room but for small records: nothing of clients or peers is to be kept.
    pub(crate) fn is_full(&self) -> bool {
        self.shortage.is_some()
    }

    /// The disk lags once more than so many bytes are on their way to it.
    pub(crate) fn set_lag_bytes(&mut self, bytes: u64) {
        self.lag_bytes = bytes;
    }

    /// Bytes that are on their way to the disk.
    pub(crate) fn unsynced_bytes(&self) -> u64 {
        self.unsynced_weight.all
    }

    /// Whether so much of the agreed log is on its way to the disk that no more is to be kept
    /// beside it: whatever others commit meanwhile takes memory until it is synced.
    pub(crate) fn lags_agreed(&self) -> bool {
        self.lag_bytes > 0 && self.unsynced_weight.agreed > self.lag_bytes
    }

    /// The same of entries that other replicas made, which can be had again.
    pub(crate) fn lags_foreign(&self) -> bool {
        self.lag_bytes > 0 && self.unsynced_weight.foreign > self.lag_bytes
    }

    /// Why there is no room, if there is none.
    pub(crate) fn shortage(&self) -> Option<&Shortage> {
        self.shortage.as_ref()
    }

    pub(crate) fn set_shortage(&mut self, shortage: Option<Shortage>) {
        self.shortage = shortage;
    }

    /// Ends the turn: what was recorded becomes one group.
    pub(crate) fn close(&mut self, outputs: &mut Vec<Output>) {
        if self.group.is_empty() {
            return;
        }
        let ticket = self.ticket();
        self.given = ticket.0;
        let bytes = self.group.len() as u64;
        self.handed += bytes;
        let weight = Weight { all: bytes, ..std::mem::take(&mut self.open) };
        self.unsynced.push_back((ticket, weight));
        self.unsynced_weight += weight;
        let records = self.lent.lend(std::mem::take(&mut self.group));
        self.group = self.lent.take();
        outputs.push(Output::Persist { ticket, records });
    }

    pub(crate) fn on_persisted(&mut self, ticket: Ticket) {
        assert!(
            self.done < ticket.0 && ticket.0 <= self.given,
            "only groups that were handed over, and each once, can be on disk"
        );
        self.done = ticket.0;
        while let Some((_, weight)) = self.unsynced.pop_front_if(|(one, _)| *one <= ticket) {
            self.unsynced_weight -= weight;
        }
    }
}
