//! What is to be done about a request.

use std::sync::Arc;

use node::Preference;

use super::answers::Answers;

/// What the event loop is to do about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing more: the reply is in the send buffer.
    Replied,
    /// Hand this to the node, and [render](super::render()) its reply.
    Ask {
        /// The level that this one read asked for.
        level: Option<node::Level>,
        /// What is asked.
        command: node::Command,
    },
    /// Hand this list to the node as one command, and [render](Answers::render) its reply.
    Exec {
        /// What is to be done.
        list: node::List,
        /// The id for which it is to run once, if it has one.
        once: Option<node::OnceId>,
        /// The form of the answer.
        answers: Answers,
    },
    /// The reply is in the send buffer; what is watched counts no more.
    Unwatch,
    /// The reply is in the send buffer; what is watched counts no more, and what is asked from now
    /// on is answered without a certificate, at the level of its keyspace.
    Reset,
    /// The reply is in the send buffer; reads from now on would take these levels if they name
    /// none.
    Prefer(Option<Arc<Preference>>),
    /// The reply is in the send buffer; what is asked from now on is answered with a certificate,
    /// or no longer.
    Certify(bool),
    /// The reply is in the send buffer; the node is to take a snapshot.
    TakeSnapshot,
    /// The reply is in the send buffer; the server is to end, and the connection with it.
    Drain,
    /// Read this part of a snapshot's file, and answer with it.
    ReadBackup {
        /// The snapshot.
        number: node::SnapshotNumber,
        /// Where the part begins.
        offset: u64,
        /// How long it is at most.
        bytes: usize,
    },
    /// The reply is in the send buffer; the snapshot that was read is not needed any more.
    EndBackup,
    /// Send what is in the send buffer, then close the connection.
    Close,
}
