//! Elections: Raft's clock, its timeouts, who leads, and handing over.

use raft::{GetEntriesContext, StateRole};

use super::Agreed;
use super::entry::{self, Draft};
use super::vacancy::{self, Patience, RAFT_TICK_MS};
use crate::api::{Event, TICK_MS};
use crate::commands::Write;
use crate::ids::NodeId;
use crate::turn::Turn;

/// Raft's timeouts, in ticks. A leader that hears no quorum
/// for an election timeout steps down, and who heard a leader less than that ago votes for nobody
/// else, unless it has lost the leader (see `vacancy`).
pub(super) const HEARTBEAT_TICKS: usize = 5;
pub(super) const ELECTION_TICKS: usize = 50;
/// The most ticks that count in a turn, however late it is: a node that slept must not rush.
const TURN_TICKS_MAX: u64 = TICK_MS / RAFT_TICK_MS;
/// Beyond all timeouts.
pub(super) const TIMEOUT_TICKS_MAX: usize = 1000;
/// Ticks until the first member of a new cluster stands: the others have connected by then.
pub(super) const EAGER_TICKS: u8 = 10;
/// How long a follower waits for something of its own to be applied before it sends it again, in
/// milliseconds.
const RESEND_MS: u64 = 500;
/// How much longer a node whose clock is off or whose disk is full waits before it stands for
/// election: the others come first.
const UNFIT_TICKS: usize = 2 * ELECTION_TICKS;
/// How long a successor has to take over before another is asked, in milliseconds. Raft itself
/// gives up after an election timeout; asking more often would keep it from noticing that it lost
/// its quorum.
pub(super) const HAND_OVER_MS: u64 = 2000;
/// The same where this node is about to end: its quorum is no concern of its any more.
const ENDING_HAND_OVER_MS: u64 = 250;

impl Agreed {
    /// Time has passed: at most as many ticks of Raft as a turn may count. A question to another
    /// member and its answer take about so long.
    pub(crate) fn on_tick(&mut self, round_trip_ms: u64, turn: &mut Turn<'_>) {
        let now = turn.now.monotonic_ms;
        if self.is_deaf() {
            self.ticked_ms = now;
            return;
        }
        self.stand_if_due(turn);
        let passed_ms = now - self.ticked_ms;
        if passed_ms < RAFT_TICK_MS {
            return;
        }
        self.ticked_ms = now - passed_ms % RAFT_TICK_MS;
        self.look_after_fetches(now);
        self.patience = Patience::of(round_trip_ms);
        for _ in 0..(passed_ms / RAFT_TICK_MS).min(TURN_TICKS_MAX) {
            self.tick(turn);
        }
        self.lose_silent_leader(turn);
        let unapplied = self.proposals.has_unapplied() && !self.leads();
        if unapplied && now >= self.progressed_ms + RESEND_MS {
            self.progressed_ms = now;
            self.proposals.resend();
        }
    }

    fn tick(&mut self, turn: &Turn<'_>) {
        if self.eager_ticks > 0 {
            self.eager_ticks -= 1;
            if self.eager_ticks == 0 && self.leader().is_none() {
                self.stand();
            }
        }
        self.pin_election_timeout(vacancy::is_fit(turn));
        self.raft.tick();
    }

    /// Raft draws its election timeout from the operating system's chance; it gets the node's own
    /// instead, later by rank. Who has the others' consent to stand waits twice as long for their
    /// votes: those have to get to their disks.
    fn pin_election_timeout(&mut self, is_fit: bool) {
        let (term, role) = (self.term(), self.raft.raft.state);
        let Patience { leader_ticks, band_ticks } = self.patience;
        if (self.timeout.0, self.timeout.1) != (term, role) {
            self.timeout = (term, role, self.chance.between(0, ELECTION_TICKS / 2));
        }
        let votes_ticks = if role == StateRole::Candidate { ELECTION_TICKS } else { 0 };
        let unfit_ticks = if is_fit { 0 } else { UNFIT_TICKS };
        let ticks = ELECTION_TICKS.max(leader_ticks)
            + self.rank() * band_ticks
            + self.timeout.2
            + votes_ticks
            + unfit_ticks;
        self.raft.raft.set_randomized_election_timeout(ticks.min(TIMEOUT_TICKS_MAX - 1));
    }

    /// This node should not lead: one of these members is to, one that holds all that is committed.
    /// While there is none, this node leads on: no other would be better.
    pub(crate) fn hand_over(&mut self, to: Vec<NodeId>, turn: &mut Turn<'_>) {
        let now = turn.now.monotonic_ms;
        let pause_ms = if turn.ending { ENDING_HAND_OVER_MS } else { HAND_OVER_MS };
        let waits = self.handed_over.is_some_and(|(term, at_ms)| {
            // Somebody took over since, and handed back.
            let is_over = turn.ending && term != self.term();
            !is_over && now < at_ms + pause_ms
        });
        if !self.leads() || waits {
            return;
        }
        let commit = self.commit();
        let tracker = self.raft.raft.prs();
        let matched = |id: &NodeId| {
            let votes = mutant!(LearnerToLead, tracker.conf().voters().contains(id.0), true);
            let progress = tracker.get(id.0).filter(|_| votes)?;
            // Raft forgets now and then who was active; who is connected will be again in a moment.
            let is_active = progress.recent_active || turn.ending;
            (is_active && progress.matched >= commit.0).then_some(progress.matched)
        };
        let mut successors = to;
        successors.retain(|id| matched(id).is_some());
        if successors.is_empty() {
            return;
        }
        // While a successor catches up nothing is proposed, so the nearest comes first.
        successors.sort_by_key(|id| std::cmp::Reverse(matched(id)));
        // If one does not take over, the next one is asked.
        let successor = successors[self.hand_overs % successors.len()];
        self.hand_overs += 1;
        self.ask_to_lead(successor, turn);
    }

    pub(super) fn note_leader(&mut self, turn: &mut Turn<'_>) {
        let led_by = (self.term(), self.leader());
        if led_by == self.led_by {
            return;
        }
        self.led_by = led_by;
        self.last_leader = led_by.1.or(self.last_leader);
        self.draft = Draft::default();
        self.forwarded.clear();
        self.gathering_since_ms = None;
        self.proposals.resend();
        self.reads.retry();
        if self.leads() {
            self.hold_tail();
        }
        turn.note(Event::Leader { term: led_by.0, leader: led_by.1 });
    }

    /// Notes which writes already lie in the log of this new leader, so that they are not appended
    /// again when they are sent again: nothing in the log of a leader goes while it leads.
    fn hold_tail(&mut self) {
        let log = &self.raft.raft.raft_log;
        let context = GetEntriesContext::empty(false);
        let tail = log.slice(self.applied_whole.0 + 1, log.last_index() + 1, None, context);
        let mut applied = self.state.applied().clone();
        for entry in tail.expect("all of the log is in memory") {
            let each = |id, _, _: Write<'_>| {
                applied.take(id);
            };
            if entry::for_each(&entry.data, each).is_err() {
                // This version does not know what it is: once it is committed this node stops
                // before it.
                break;
            }
        }
        for last in mutant!(TailNotHeld, applied, super::applied::Applied::new(&[])).ids() {
            self.forwarded.hold(last);
            if (last.node, last.life) == (self.me, self.life) {
                self.proposals.hold(last.sequence.next());
            }
        }
    }
}
