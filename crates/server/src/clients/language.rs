//! What clients speak on a connection, beside what all connections have in common.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BytesMut;
use node::{Command, Level, Preference, SnapshotNumber};

use super::replies::{Form, Replies};
use crate::event_loop::Shared;

/// From the bytes of one client to its requests.
pub(crate) trait Language {
    /// Appends what the server says before anything is said to it.
    fn greet(&self, _out: &mut Vec<u8>) {}

    /// Takes the next request off the front of the bytes; what needs no node is answered at once.
    fn next(&mut self, bytes: &mut BytesMut, shared: &Shared, replies: &mut Replies) -> Said;

    /// Ready when the next request may be taken; if not, the task is woken when it may.
    fn poll_free(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// Memory that a request takes which has not come whole or is still being read, beside the
    /// bytes that are not taken yet.
    fn held_bytes(&self) -> usize;

    /// Whether the client took longer for something than it may; if not yet, the task is woken when
    /// it has.
    fn is_late(&mut self, _cx: &mut Context<'_>) -> bool {
        false
    }
}

/// What a client said.
#[derive(Debug)]
pub(crate) enum Said {
    /// Nothing yet that is complete.
    Nothing,
    /// Something that takes a while to understand: what it is comes [next](Language::next), once
    /// the language is [free](Language::poll_free).
    Later,
    /// Something that is answered, or needs no answer.
    Replied,
    /// Something that the node is to be asked.
    Ask {
        /// The level of this one read.
        level: Option<Level>,
        /// What is asked.
        command: Command,
        /// In which form the reply goes out.
        form: Form,
        /// How many bytes are kept until it does.
        bytes: usize,
    },
    /// What is watched counts no more.
    Unwatch,
    /// The same, answers do not say where they stand, and reads that name no level have that of
    /// their keyspace.
    Reset,
    /// From now on reads that name no level would take these.
    Prefer(Option<Arc<Preference>>),
    /// From now on answers say where they stand, or no longer.
    Certify(bool),
    /// The node is to take a snapshot.
    TakeSnapshot,
    /// The server is to end. The connection is open until it has.
    Drain,
    /// A part of a snapshot's file is to be read, and answered with.
    ReadBackup {
        /// The snapshot.
        number: SnapshotNumber,
        /// Where the part begins.
        offset: u64,
        /// How long it is at most.
        bytes: usize,
        /// In which form the reply goes out.
        form: Form,
    },
    /// The snapshot that it read is not needed any more.
    EndBackup,
    /// Its last word: when all replies are sent, the connection is closed.
    Close,
}
