//! When the leader counts as lost, and who stands for election then.
//!
//! ```text
//!   the connection to the leader broke ─┐
//!   nothing of it came for a while ─────┴─▶ lost ──▶ rank 0 stands at once
//!                                                    rank 1 a band later, and so on
//! ```
//!
//! A broken connection is a hint: who loses the leader forgets it, and asks the others by pre-vote
//! (Ongaro's thesis §9.6). That makes a wrong hint harmless: who still hears the leader does not
//! answer, and the leader's next heartbeat is believed again. Where the leader is gone the others
//! have lost it as well; they would keep silent only as long as they remembered it.
//!
//! The bands keep members from standing at the same time, which would split their votes. Which log
//! is longest nobody knows beforehand: of those that are asked for a vote and have a longer one,
//! the next in the row stands without waiting for its band.
//!
//! Raft's own timeout, pinned in `election`, begins a further round if one comes to nothing.

use raft::StateRole;
use raft::eraftpb::{Message, MessageType};

use super::Agreed;
use crate::ids::NodeId;
use crate::turn::Turn;

/// The tick of Raft's clock, in milliseconds.
pub(super) const RAFT_TICK_MS: u64 = 10;
/// A leader of which nothing came for so long is lost, in milliseconds, and for how many further
/// rounds between members.
const PATIENCE_MS: u64 = 300;
const PATIENCE_ROUNDS: u64 = 4;
/// However long messages take, it is lost after this.
const PATIENCE_MS_MAX: u64 = 1500;
/// How much later the next in rank stands, in milliseconds, and for how many further rounds: the
/// time to ask all others, and to have a vote on the disk.
const BAND_MS: u64 = 50;
const BAND_ROUNDS: u64 = 2;
const BAND_MS_MAX: u64 = 400;

/// How patient a node is, in ticks of Raft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    /// After how many the leader is lost.
    pub(super) leader_ticks: usize,
    /// How much later the next in rank stands.
    pub(super) band_ticks: usize,
}

impl Patience {
    /// What fits a network on which a question and its answer take so long.
    pub(super) fn of(round_trip_ms: u64) -> Patience {
        let leader_ms = PATIENCE_MS.saturating_add(PATIENCE_ROUNDS.saturating_mul(round_trip_ms));
        let band_ms = BAND_MS.saturating_add(BAND_ROUNDS.saturating_mul(round_trip_ms));
        let ticks = |ms: u64| (ms / RAFT_TICK_MS) as usize;
        Patience {
            leader_ticks: ticks(leader_ms.min(PATIENCE_MS_MAX)),
            band_ticks: ticks(band_ms.min(BAND_MS_MAX)),
        }
    }
}

/// The place of a member in the row of those that stand when a leader is lost: by their ids, from
/// the lost one on. `members` ascends.
pub(super) fn rank(members: &[NodeId], me: NodeId, lost: Option<NodeId>) -> usize {
    let after = members.partition_point(|id| lost.is_some_and(|lost| *id <= lost));
    let place = members.partition_point(|id| *id < me);
    mutant!(RanksEqual, (place + members.len() - after) % members.len(), 0)
}

impl Agreed {
    /// A connection with this member broke.
    pub(crate) fn on_broken(&mut self, peer: NodeId, turn: &mut Turn<'_>) {
        if mutant!(BrokenIgnored, self.leader() == Some(peer), false) {
            self.lose_leader(turn);
        }
    }

    /// The leader has been silent for too long.
    pub(super) fn lose_silent_leader(&mut self, turn: &Turn<'_>) {
        let raft = &self.raft.raft;
        if raft.state == StateRole::Follower
            && self.leader().is_some()
            && raft.election_elapsed >= self.patience.leader_ticks
        {
            self.lose_leader(turn);
        }
    }

    /// Forgets the leader, so that this node no longer refuses whoever stands, and stands itself
    /// when it is its turn. It is believed again as soon as something of it comes.
    fn lose_leader(&mut self, turn: &Turn<'_>) {
        mutant!(LostRemembered, self.raft.raft.leader_id = raft::INVALID_ID, ());
        self.stands = None;
        self.plan_to_stand(self.rank(), turn);
    }

    /// Stands for election if it is this node's turn, unless somebody leads or stands by now.
    pub(super) fn stand_if_due(&mut self, turn: &Turn<'_>) {
        let due = |(_, due_ms): &mut (_, u64)| turn.now.monotonic_ms >= *due_ms;
        if let Some((term, _)) = self.stands.take_if(due)
            && term == self.term()
            && !self.leads()
            && self.leader().is_none()
            && is_fit(turn)
        {
            self.stand();
        }
    }

    /// Asks the others for their votes, if this node has one itself: Raft's library would ask for
    /// whom it is asked to.
    pub(super) fn stand(&mut self) {
        if mutant!(LearnerStands, self.raft.raft.promotable(), true) {
            // Only an attempt: whoever cannot win now tries again when its timeout is over.
            let _ = mutant!(StandsWithoutAsking, self.raft.campaign(), self.stand_unasked());
        }
    }

    #[cfg(feature = "mutants")]
    fn stand_unasked(&mut self) -> raft::Result<()> {
        self.raft.raft.campaign(b"CampaignElection");
        Ok(())
    }

    /// Whether whoever asks with this message can win no vote here since its log is too short, and
    /// nobody leads: then this node is to stand.
    pub(super) fn outdoes(&self, message: &Message) -> bool {
        let raft = &self.raft.raft;
        message.get_msg_type() == MessageType::MsgRequestPreVote
            && message.term > raft.term
            && self.leader().is_none()
            && raft.state != StateRole::Candidate
            && mutant!(
                LongerLogWaits,
                !raft.raft_log.is_up_to_date(message.index, message.log_term),
                false
            )
    }

    /// A member asked that cannot win: this node stands as if that one were lost, or sooner if its
    /// turn comes sooner.
    pub(super) fn stand_after(&mut self, asker: NodeId, turn: &Turn<'_>) {
        let bands = mutant!(OutdoersAtOnce, rank(&self.members, self.me, Some(asker)), 0);
        self.plan_to_stand(bands, turn);
    }

    fn plan_to_stand(&mut self, bands: usize, turn: &Turn<'_>) {
        let wait_ms = (bands * self.patience.band_ticks) as u64 * RAFT_TICK_MS;
        let due = (self.term(), turn.now.monotonic_ms + wait_ms);
        let planned = self.stands.filter(|(term, _)| *term == due.0);
        self.stands = Some(planned.map_or(due, |planned| planned.min(due)));
        self.stand_if_due(turn);
    }

    /// This node's place in the row of those that stand for election.
    pub(super) fn rank(&self) -> usize {
        rank(&self.members, self.me, self.last_leader)
    }
}

/// Whether this node should lead at all.
pub(super) fn is_fit(turn: &Turn<'_>) -> bool {
    let is_fit = turn.clock_agrees && !turn.disk.is_full() && !turn.ending;
    mutant!(UnfitStandsAtOnce, is_fit, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_the_lost_leader() {
        let members = [1, 2, 5, 7].map(NodeId);
        let ranks = |lost: Option<u64>| members.map(|me| rank(&members, me, lost.map(NodeId)));
        assert_eq!(ranks(Some(2)), [2, 3, 0, 1]);
        assert_eq!(ranks(Some(7)), [0, 1, 2, 3], "the lost one comes last");
        assert_eq!(ranks(None), [0, 1, 2, 3]);
        assert_eq!(rank(&[NodeId(4)], NodeId(4), None), 0);
    }

    #[test]
    fn patience_fits_the_network_between_two_bounds() {
        let ticks = |round_trip_ms| {
            let Patience { leader_ticks, band_ticks } = Patience::of(round_trip_ms);
            (leader_ticks, band_ticks)
        };
        assert_eq!(ticks(0), (30, 5));
        assert_eq!(ticks(100), (70, 25));
        assert_eq!(ticks(u64::MAX), (150, 40));
    }
}
