//! Messages of peers' Rafts: checked, and stepped into this one.

use bytes::Bytes;
use protobuf::Message as _;
use raft::eraftpb::{self, MessageType};

use super::{Agreed, soundness};
use crate::ids::{Index, NodeId};
use crate::turn::Turn;
use crate::wire::codec::Malformed;

impl Agreed {
    pub(crate) fn on_message(
        &mut self,
        from: NodeId,
        bytes: &Bytes,
        turn: &mut Turn<'_>,
    ) -> Result<(), Malformed> {
        let mut message =
            eraftpb::Message::parse_from_carllerche_bytes(bytes).map_err(|_| Malformed)?;
        if message.from != from.0 || message.to != self.me.0 {
            return Err(Malformed);
        }
        self.heard_ms.insert(from, turn.now.monotonic_ms);
        if self.is_deaf() {
            // As if it were lost.
            mutant!(VotesWithoutState, (), self.hear(&message, &VOTES, turn));
            mutant!(
                AcknowledgesWithoutState,
                (),
                self.hear(&message, &[MessageType::MsgAppend], turn)
            );
            return Ok(());
        }
        soundness::check(&message, &self.raft.raft)?;
        if message.get_msg_type() == MessageType::MsgSnapshot {
            return self.on_offer(&message);
        }
        let asks = message.get_msg_type() == MessageType::MsgReadIndex;
        if asks && mutant!(DeposedHandsOnReads, !self.leads(), false) {
            // Raft would hand it on in the name of whoever asked, who by now asks the new leader
            // itself.
            return Ok(());
        }
        if self.has_lost(&message) {
            turn.halt(1, lost_entries(Index(message.commit)));
            return Ok(());
        }
        let appends = message.get_msg_type() == MessageType::MsgAppend
            && message.entries.iter().any(|entry| !entry.data.is_empty());
        if mutant!(FullFollowerTakesAppends, turn.disk.is_full(), false) && appends {
            // As if it were lost: the leader sends it again. What opens a term is small enough.
            let last = message.entries.last().map_or(0, |entry| entry.index);
            self.lacked = self.lacked.max(Index(last));
            return Ok(());
        }
        own_bytes(&mut message);
        if asks {
            self.questions.number(&mut message);
        }
        let outdone = self.outdoes(&message);
        // Raft refuses what it has no use for (an unknown peer, a dropped proposal); so do we.
        let _ = self.raft.step(message);
        if outdone {
            self.stand_after(from, turn);
        }
        Ok(())
    }

    /// Whether a leader counts on entries of this node that are not here: a heartbeat tells a
    /// follower only of what it has acknowledged itself.
    fn has_lost(&self, message: &eraftpb::Message) -> bool {
        let raft = &self.raft.raft;
        message.get_msg_type() == MessageType::MsgHeartbeat
            && message.term >= raft.term
            && message.commit
                > mutant!(
                    OneLostEntryUnnoticed,
                    raft.raft_log.last_index(),
                    raft.raft_log.last_index() + 1
                )
    }

    /// Takes in a message of such a kind, and says what Raft says to it.
    #[cfg(feature = "mutants")]
    fn hear(&mut self, message: &eraftpb::Message, kinds: &[MessageType], turn: &mut Turn<'_>) {
        if !self.installing && kinds.contains(&message.get_msg_type()) {
            let _ = self.raft.step(message.clone());
            self.handle_readies(turn);
        }
    }

    pub(crate) fn on_disconnected(&mut self, peer: NodeId, turn: &mut Turn<'_>) {
        self.raft.report_unreachable(peer.0);
        self.on_broken(peer, turn);
    }
}

/// Questions that are answered with a vote.
#[cfg(feature = "mutants")]
const VOTES: [MessageType; 2] = [MessageType::MsgRequestPreVote, MessageType::MsgRequestVote];

/// Gives a message bytes of its own: Raft keeps entries, and the contexts of what it answers later,
/// and a slice would keep the whole of a receive buffer.
fn own_bytes(message: &mut eraftpb::Message) {
    message.context = Bytes::copy_from_slice(&message.context);
    for entry in message.mut_entries().iter_mut() {
        entry.data = Bytes::copy_from_slice(&entry.data);
        entry.context = Bytes::copy_from_slice(&entry.context);
    }
}

fn lost_entries(index: Index) -> String {
    format!(
        "the leader counts on entry {index} of the agreed log, which this node acknowledged and its disk does not hold: \
         the disk lost synced writes, or the data directory is an older copy. Start this node with the directory that it used \
         last; no copy can take its place. If that is damaged, the others go on without this node while they are a majority"
    )
}
