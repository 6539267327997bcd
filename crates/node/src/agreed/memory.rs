//! The value of `maxmemory` with which a cluster begins.
//!
//! What counts is the value in the system keyspace, which an entry has set: it is the same on every
//! replica at every place of the log. A node may be started with another. The first leader that
//! finds none proposes its own; whoever comes later says that the cluster has another one.

use super::Agreed;
use crate::api::{Event, OnceTable};
use crate::commands::Command;
use crate::ids::KeyspaceId;
use crate::turn::Turn;

impl Agreed {
    /// What is remembered of commands that ran once.
    pub(crate) fn once(&self) -> OnceTable {
        OnceTable { ids: self.state.once_ids(), limits: self.state.once_limits() }
    }

    /// This node was started with such a limit.
    pub(crate) fn set_own_max_memory(&mut self, bytes: Option<u64>) {
        self.beginning.max_memory.own = bytes;
    }

    /// Sets the limit of a cluster that has none, or says once that it is another.
    pub(super) fn look_after_max_memory(&mut self, turn: &mut Turn<'_>) {
        let Some(own) = self.beginning.max_memory.own else { return };
        if !self.is_fresh() {
            return;
        }
        let (leads, term) = (self.leads(), self.term());
        match self.state.max_memory() {
            Some(agreed) => {
                self.beginning.max_memory.own = None;
                if agreed != own {
                    turn.note(Event::OtherMaxMemory { own, agreed });
                }
            }
            None if leads && self.beginning.max_memory.is_due(term) => {
                let first = Command::first_max_memory(own);
                self.proposals.push(None, KeyspaceId::SYSTEM, &first);
            }
            None => {}
        }
    }
}
