//! The records of a turn on their way to the disk: one group, one ticket.

use crate::api::{Output, Shortage};
use crate::ids::Ticket;
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
    /// Why there is no room but for small records, if there is none.
    shortage: Option<Shortage>,
}

impl RecordGroup {
    /// Adds a record to the group of this turn.
    pub(crate) fn record(&mut self, record: &Record) {
        record.encode(&mut self.group);
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
    }
}
