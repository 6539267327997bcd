//! Feeds followers from the log on disk: what Raft asks for and memory does not hold is read, and
//! then asked for again.

use bytes::Bytes;

use super::Agreed;
use super::on_disk::Wanted;
use crate::api::Output;
use crate::ids::{LogPlace, Ticket};
use crate::turn::Turn;

impl Agreed {
    /// Has the driver read what Raft has asked for.
    pub(super) fn read_log(&mut self, turn: &mut Turn<'_>) {
        for wanted in self.raft.mut_store().take_wanted() {
            self.read(wanted, turn);
        }
    }

    fn read(&mut self, Wanted { request, place }: Wanted, turn: &mut Turn<'_>) {
        let bytes = self.limits.append_bytes;
        turn.outputs.push(Output::ReadLog { request, place, bytes });
    }

    /// The driver has read a part of the log, or it is gone: Raft asks again, and takes what there
    /// is.
    pub(crate) fn on_log_read(
        &mut self,
        request: u64,
        groups: &[Bytes],
        next: LogPlace,
        turn: &mut Turn<'_>,
    ) {
        match self.raft.mut_store().on_read(request, groups, next) {
            Ok(Some(context)) => {
                self.log_reads += u64::from(!groups.is_empty());
                self.raft.on_entries_fetched(context);
                self.raft.mut_store().is_taken();
            }
            Ok(None) => {}
            Err(more) => self.read(more, turn),
        }
    }

    /// How often the log on disk was read for followers.
    pub(crate) fn log_reads(&self) -> u64 {
        self.log_reads
    }

    /// A snapshot is begun that stands at what is applied. The group of this ticket has the entries
    /// behind it.
    pub(crate) fn is_marked(&mut self, ticket: Ticket) {
        let base = self.applied_whole;
        self.raft.mut_store().is_marked(base, ticket);
    }
}
