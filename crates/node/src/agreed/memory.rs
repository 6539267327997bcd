//! The value of `maxmemory` with which a cluster begins.
//!
//! What counts is the value in the system keyspace, which an entry has set: it is the same on every
//! replica at every place of the log. A node may be started with another. The first leader that
//! finds none proposes its own; whoever comes later says that the cluster has another one.

use super::Agreed;
use crate::api::{Event, OnceTable};
use crate::commands::Command;
use crate::ids::{KeyspaceId, Term};
use crate::turn::Turn;

/// What this node was started with, if anything.
#[derive(Debug, Default)]
pub(super) struct OwnMaxMemory {
    bytes: Option<u64>,
    /// The last term in which it was proposed.
    pub(super) proposed: Option<Term>,
    /// Whether it was compared with that of the cluster.
    is_compared: bool,
}

impl Agreed {
    /// What is remembered of commands that ran once.
    pub(crate) fn once(&self) -> OnceTable {
        OnceTable { ids: self.state.once_ids(), limits: self.state.once_limits() }
    }

    /// This node was started with such a limit.
    pub(crate) fn set_own_max_memory(&mut self, bytes: Option<u64>) {
        self.own_max_memory.bytes = bytes;
    }

    /// Sets the limit of a cluster that has none, or says once that it is another.
    pub(super) fn look_after_max_memory(&mut self, turn: &mut Turn<'_>) {
        let Some(own) = self.own_max_memory.bytes else { return };
        if self.own_max_memory.is_compared || !self.is_fresh() {
            return;
        }
        match self.state.max_memory() {
            Some(agreed) => {
                self.own_max_memory.is_compared = true;
                if agreed != own {
                    turn.note(Event::OtherMaxMemory { own, agreed });
                }
            }
            None if self.leads() && self.own_max_memory.proposed != Some(self.term()) => {
                self.own_max_memory.proposed = Some(self.term());
                let first = Command::first_max_memory(own);
                self.proposals.push(None, KeyspaceId::SYSTEM, &first);
            }
            None => {}
        }
    }
}
