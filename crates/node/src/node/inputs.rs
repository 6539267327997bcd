//! What a turn takes in: at once, or behind what waits of its kind.

use super::{Node, requests};
use crate::api::{Event, Input, Level, Now, Output, Role, Shortage, TICK_MS, Waits};
use crate::commands::Command;
use crate::ids::{LogPlace, NodeId, PathId, RequestId, SessionId, Ticket};
use crate::limits::early_ms;
use crate::reply::Error;
use crate::session::Waiter;
use crate::turn::Turn;

impl Node {
    /// Takes an input in at once, or puts it behind those of its kind that wait.
    pub(super) fn sort(&mut self, input: Input, outputs: &mut Vec<Output>) {
        match input {
            Input::Tick(_) => {
                self.take_in(input, outputs);
                self.take_waiting(outputs);
            }
            Input::Persisted { .. }
            | Input::LogRead { .. }
            | Input::DiskFull(_)
            | Input::Ending
            | Input::TakeSnapshot { .. }
            | Input::SnapshotWritten { .. }
            | Input::SnapshotPlaced { .. }
            | Input::SnapshotFailed { .. }
            | Input::SnapshotRead { .. } => self.take_in(input, outputs),
            Input::Receive { .. }
            | Input::Left(_)
            | Input::Connected(_)
            | Input::Disconnected(_) => {
                if self.from_peers.is_empty() && !self.budget.messages.is_spent() {
                    self.take_from_peer(input, outputs);
                } else {
                    self.from_peers.push_back(input);
                }
            }
            // Moved no more than it must be: it comes a million times a second.
            Input::Request { session, id, level, command } => {
                let since_ms = self.now.monotonic_ms;
                if self.takes_requests() {
                    self.budget.requests.spend(1, command.weight());
                    self.ask(session, id, level, command, since_ms, outputs);
                } else {
                    let input = Input::Request { session, id, level, command };
                    self.from_clients.push_back((input, since_ms));
                }
            }
            Input::Certify { .. } | Input::Prefer { .. } | Input::Unwatch(_) | Input::Closed(_) => {
                let since_ms = self.now.monotonic_ms;
                if self.takes_requests() {
                    self.take_from_client(input, since_ms, outputs);
                } else {
                    self.from_clients.push_back((input, since_ms));
                }
            }
        }
    }

    /// Whether what a client says now need not wait for a later turn.
    fn takes_requests(&self) -> bool {
        self.from_clients.is_empty() && !self.budget.requests.is_spent()
    }

    /// Takes in what waits since earlier turns, as much as this one may.
    pub(super) fn take_waiting(&mut self, outputs: &mut Vec<Output>) {
        while !self.budget.messages.is_spent()
            && let Some(input) = self.from_peers.pop_front()
        {
            self.take_from_peer(input, outputs);
        }
        while !self.budget.requests.is_spent()
            && let Some((input, since_ms)) = self.from_clients.pop_front()
        {
            self.take_from_client(input, since_ms, outputs);
        }
    }

    fn take_from_peer(&mut self, input: Input, outputs: &mut Vec<Output>) {
        let bytes = if let Input::Receive { message, .. } = &input { message.len() } else { 0 };
        self.budget.messages.spend(1, bytes);
        self.take_in(input, outputs);
    }

    fn take_from_client(&mut self, input: Input, since_ms: u64, outputs: &mut Vec<Output>) {
        let Input::Request { session, id, level, command } = input else {
            self.budget.requests.spend(1, 0);
            return self.take_in(input, outputs);
        };
        self.budget.requests.spend(1, command.weight());
        self.ask(session, id, level, command, since_ms, outputs);
    }

    fn take_in(&mut self, input: Input, outputs: &mut Vec<Output>) {
        if self.halted {
            return;
        }
        match input {
            Input::Tick(now) => self.on_tick(now, outputs),
            Input::Persisted { ticket, place } => self.on_persisted(ticket, place, outputs),
            Input::LogRead { request, groups, next } => {
                self.agreed.on_log_read(request, &groups, next, turn!(self, outputs));
            }
            Input::Request { .. } => unreachable!("requests are taken in with their time"),
            Input::DiskFull(shortage) => self.on_disk(shortage, outputs),
            Input::Certify { session, on } => self.sessions.certify(session, on),
            Input::Prefer { session, preference } => self.prefer(session, preference),
            Input::Unwatch(session) => self.sessions.unwatch(session),
            Input::Closed(session) => {
                self.sessions.close(session);
                self.counts.close(session);
                self.floors.close(session);
                self.transfers.close(session);
            }
            Input::Ending => self.on_ending(outputs),
            Input::TakeSnapshot { though_full } => self.snapshots.ask_for(though_full),
            Input::SnapshotWritten { number, bytes } => self.snapshots.on_written(number, bytes),
            Input::SnapshotPlaced { number, bytes } => {
                self.on_snapshot_placed(number, bytes, outputs);
            }
            Input::SnapshotFailed { number, why } => {
                self.on_snapshot_failed(number, &why, outputs);
            }
            Input::SnapshotRead { request, bytes } => {
                if let Some(to) = self.donor.on_read(request, bytes, turn!(self, outputs)) {
                    self.agreed.stop_fetch(to);
                }
            }
            // Before the boot is on disk nothing may be said, so nothing is heard either.
            Input::Receive { path, message } if self.started => {
                self.on_bytes(path, &message, outputs);
            }
            Input::Receive { .. } => {}
            Input::Left(path) => self.on_left(path, outputs),
            Input::Connected(peer) => {
                self.connected.insert(peer);
                if self.started {
                    self.on_connected(peer, outputs);
                }
            }
            Input::Disconnected(peer) => {
                self.connected.remove(&peer);
                if self.takes_part() {
                    self.agreed.on_disconnected(peer, turn!(self, outputs));
                }
            }
        }
    }

    /// A client asks something that came at this time: who waited for its turn has waited.
    fn ask(
        &mut self,
        session: SessionId,
        id: RequestId,
        level: Option<Level>,
        command: Command,
        since_ms: u64,
        outputs: &mut Vec<Output>,
    ) {
        if self.halted {
            return;
        }
        let since_ms = mutant!(WaitUncounted, since_ms, self.now.monotonic_ms);
        let round = self.sessions.round_of(session, &command);
        let waiter = Waiter { session, id, since_ms, certify: false, round };
        self.on_asked(waiter, level, command, outputs);
    }

    /// A connection that somebody made is gone. Its messages have all come: whatever a leader that
    /// is gone said before, it says nothing more.
    fn on_left(&mut self, path: PathId, outputs: &mut Vec<Output>) {
        for peer in self.members.on_left(path, turn!(self, outputs)) {
            if mutant!(LeavingIgnored, self.takes_part(), false) {
                self.agreed.on_broken(peer, turn!(self, outputs));
            }
        }
    }

    fn on_tick(&mut self, now: Now, outputs: &mut Vec<Output>) {
        // A driver's clock may stand still, but what was seen of it never goes back.
        self.now.monotonic_ms = self.now.monotonic_ms.max(now.monotonic_ms);
        self.now.wall_ms = now.wall_ms;
        self.agreed.begin(self.now.monotonic_ms);
        if self.started {
            self.members.on_tick(turn!(self, outputs));
            self.say_join(outputs);
        }
        if self.takes_part() {
            self.clocks.on_tick(turn!(self, outputs));
            self.agreed.on_tick(self.clocks.round_trip_ms(), turn!(self, outputs));
            self.merged.on_tick(turn!(self, outputs));
            self.look_after_fetch(outputs);
            self.propose_digest(outputs);
            self.search_state(outputs);
            self.say_versions(outputs);
            self.say_members_again(outputs);
            self.hand_over(outputs);
        }
        self.expire(outputs);
    }

    /// Has another member lead if this one should not: one that is fit, or, before this node ends,
    /// any that it reaches.
    fn hand_over(&mut self, outputs: &mut Vec<Output>) {
        let lags = mutant!(LagsAndLeadsOn, self.has_lagged(), false);
        let should =
            self.ending || self.leaves() || !self.clocks.agrees() || self.disk.is_full() || lags;
        if !should || self.agreed.role() != Role::Leader {
            return;
        }
        let mut to: Vec<NodeId> =
            mutant!(HandsOverToUnfit, self.clocks.fit().collect(), self.members.ids().to_vec());
        if self.ending {
            to.retain(|id| self.connected.contains(id));
            if to.is_empty() {
                to.extend(&self.connected);
            }
        }
        self.agreed.hand_over(to, turn!(self, outputs));
    }

    /// Whether the disk lags, and nothing has got there for long: it stands still. (A busy one lags
    /// as well, and so may those of all the others.)
    fn has_lagged(&mut self) -> bool {
        let now = self.now.monotonic_ms;
        let lags = self.disk.lags_agreed();
        self.lags_since_ms = lags.then(|| self.lags_since_ms.unwrap_or(now));
        self.lags_since_ms.is_some_and(|since| now >= since + LAG_MS_MAX)
    }

    fn on_ending(&mut self, outputs: &mut Vec<Output>) {
        self.ending = true;
        if self.takes_part() {
            // The others are to know that this node is no successor of theirs.
            self.clocks.ask(turn!(self, outputs));
            self.hand_over(outputs);
        }
    }

    /// Answers what cannot be answered in time. Time is looked at once a tick, so it is done one
    /// tick early.
    fn expire(&mut self, outputs: &mut Vec<Output>) {
        let now = self.now.monotonic_ms;
        if mutant!(NeverExpires, now < self.expired_ms + TICK_MS / 2, true) {
            return;
        }
        self.expired_ms = now;
        let timeout = self.config.request_timeout_ms;
        let Some(oldest_ms) = (now + early_ms(timeout)).checked_sub(timeout) else {
            return;
        };
        let why = match self.members.waits() {
            None => WAITED,
            Some(Waits::Formation(_)) => NOT_FORMED,
            Some(Waits::Joining | Waits::Learning) => NO_MEMBER,
            Some(_) => NOT_CONFIRMED,
        };
        self.agreed.expire(oldest_ms, turn!(self, outputs));
        self.merged.expire(oldest_ms, turn!(self, outputs));
        self.sessions.expire(oldest_ms, why, outputs);
        for waiter in self.counts.expire(oldest_ms) {
            turn!(self, outputs).refuse_read(&waiter, Error::ClusterDown(NOT_COUNTED));
        }
    }

    fn on_persisted(&mut self, ticket: Ticket, place: LogPlace, outputs: &mut Vec<Output>) {
        self.disk.on_persisted(ticket);
        self.lags_since_ms = None;
        if !self.started {
            self.started = true;
            self.sessions.wake_all();
        }
        self.members.on_persisted(ticket, turn!(self, outputs));
        self.greet_settled(outputs);
        self.agreed.on_persisted(ticket, place, turn!(self, outputs));
        self.merged.on_persisted(ticket, turn!(self, outputs));
        self.go_on_fetching(ticket, outputs);
        if let Some(own) = &mut self.carving.own {
            own.on_persisted(ticket);
        }
    }

    fn on_disk(&mut self, shortage: Option<Shortage>, outputs: &mut Vec<Output>) {
        if shortage.as_ref() == self.disk.shortage() {
            return;
        }
        outputs.push(Output::Note(Event::Disk(shortage.clone())));
        let refusal = shortage.as_ref().map(requests::full);
        self.disk.set_shortage(shortage);
        if self.takes_part() {
            // The others are to know at once whether this node is fit to lead.
            self.clocks.ask(turn!(self, outputs));
        }
        if let Some(refusal) = refusal {
            self.agreed.refuse_unsent(&refusal, turn!(self, outputs));
            self.merged.refuse_gathered(&refusal, turn!(self, outputs));
        }
    }
}

/// For so many milliseconds a leader's disk may stand still before another one is to lead.
const LAG_MS_MAX: u64 = 1000;

const WAITED: &str = "the request waited too long behind others of its connection; it did not run";

const NOT_COUNTED: &str =
    "the read waited too long behind others that name very many keys; it did not run";

const NOT_FORMED: &str = "not all members have met yet; the request did not run";

const NO_MEMBER: &str = "this node is no member of the cluster yet; the request did not run";

const NOT_CONFIRMED: &str = "no member has confirmed yet that this node is the one that it was before it was started again; the request did not run";
