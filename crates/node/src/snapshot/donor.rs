//! Hands a snapshot that is in place to members that fetch it, piece by piece as they ask.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::api::Output;
use crate::ids::{NodeId, SnapshotNumber};
use crate::turn::Turn;
use crate::wire::message::Body;

/// What was asked of the driver, and for whom.
#[derive(Debug, Default)]
pub(crate) struct Donor {
    requests: u64,
    /// Of each member the last question: what the driver calls it, and what it is about.
    asked: BTreeMap<NodeId, (u64, SnapshotNumber, u64)>,
    /// When anybody last asked.
    asked_ms: Option<u64>,
}

/// So long after a question its member counts as fetching, in milliseconds.
const FETCHING_MS: u64 = 2000;

impl Donor {
    /// A member asks for a piece. What it asked before is forgotten.
    pub(crate) fn on_asked(
        &mut self,
        from: NodeId,
        number: SnapshotNumber,
        offset: u64,
        bytes: usize,
        turn: &mut Turn<'_>,
    ) {
        self.requests += 1;
        self.asked_ms = Some(turn.now.monotonic_ms);
        self.asked.insert(from, (self.requests, number, offset));
        turn.outputs.push(Output::ReadSnapshot { request: self.requests, number, offset, bytes });
    }

    /// Whether somebody is fetching a snapshot.
    pub(crate) fn is_asked(&self, now_ms: u64) -> bool {
        self.asked_ms.is_some_and(|asked_ms| now_ms < asked_ms + FETCHING_MS)
    }

    /// The driver has read a piece, or there is no such snapshot any more: who gets nothing.
    pub(crate) fn on_read(
        &mut self,
        request: u64,
        bytes: Option<Bytes>,
        turn: &mut Turn<'_>,
    ) -> Option<NodeId> {
        let to = *self.asked.iter().find(|(_, asked)| asked.0 == request)?.0;
        let (_, number, offset) = self.asked.remove(&to)?;
        let nothing = bytes.is_none().then_some(to);
        turn.send(to, Body::Snapshot { number, offset, bytes: bytes.unwrap_or_default() });
        nothing
    }
}
