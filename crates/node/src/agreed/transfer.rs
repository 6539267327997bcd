//! A leader that is asked to let a certain member lead.

use raft::ProgressState;

use super::Agreed;
use super::election::HAND_OVER_MS;
use crate::api::Event;
use crate::ids::{Index, NodeId};
use crate::turn::Turn;
use crate::wire::message::Stays;

/// Who lacks more entries than this is not asked to lead: nothing is proposed while it catches up.
const LACKED_MAX: u64 = 1000;

impl Agreed {
    /// Has this member lead in place of this node, which leads. False: not yet, since it does not
    /// hold all that is committed, or somebody was asked a moment ago.
    ///
    /// # Errors
    /// Why it is not asked to.
    pub(crate) fn transfer(&mut self, to: NodeId, turn: &mut Turn<'_>) -> Result<bool, Stays> {
        let tracker = self.raft.raft.prs();
        let is_voter = tracker.conf().voters().contains(to.0);
        let Some(progress) = tracker.get(to.0).filter(|_| is_voter) else {
            return Err(Stays::NoMember);
        };
        let (commit, last) = (self.commit(), self.last_index());
        let lacks = last.0.saturating_sub(progress.matched);
        match progress.state {
            ProgressState::Snapshot => return Err(Stays::Lags),
            ProgressState::Replicate if lacks > LACKED_MAX => return Err(Stays::Lags),
            // What it holds is not known yet.
            ProgressState::Probe | ProgressState::Replicate => {}
        }
        let now = turn.now.monotonic_ms;
        let waits = self
            .handed_over
            .is_some_and(|(term, at_ms)| term == self.term() && now < at_ms + HAND_OVER_MS);
        let may_ask = !waits && progress.matched >= commit.0;
        if may_ask {
            self.ask_to_lead(to, turn);
        }
        Ok(may_ask)
    }

    /// Asks a member to lead.
    pub(super) fn ask_to_lead(&mut self, successor: NodeId, turn: &mut Turn<'_>) {
        self.handed_over = Some((self.term(), turn.now.monotonic_ms));
        turn.note(Event::HandsOver(successor));
        self.raft.transfer_leader(successor.0);
    }

    /// What this member has acknowledged of the log, as this node, which leads, knows.
    pub(crate) fn matched(&self, id: NodeId) -> Option<Index> {
        if !self.leads() {
            return None;
        }
        self.raft.raft.prs().get(id.0).map(|progress| Index(progress.matched))
    }
}
