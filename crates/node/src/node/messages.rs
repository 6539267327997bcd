//! Messages of other members: who is believed, and which part of the node each is for.

use bytes::Bytes;

use super::Node;
use crate::agreed::Offer;
use crate::api::{Event, Output};
use crate::ids::{NodeId, PathId};
use crate::turn::Turn;
use crate::wire::message::{Body, Message};

impl Node {
    pub(super) fn on_connected(&mut self, peer: NodeId, outputs: &mut Vec<Output>) {
        self.members.on_connected(peer, turn!(self, outputs));
        if self.members.is_formed() {
            self.greet(peer, outputs);
        }
    }

    /// The way to a member is new, or it believes this node from now on: what was said before may
    /// be lost.
    fn greet(&mut self, peer: NodeId, outputs: &mut Vec<Output>) {
        self.agreed.on_connected(peer);
        self.clocks.on_connected(peer, turn!(self, outputs));
        self.merged.on_connected(peer, turn!(self, outputs));
        self.say_version(peer, outputs);
        self.say_members(peer, outputs);
    }

    pub(super) fn greet_settled(&mut self, outputs: &mut Vec<Output>) {
        if self.members.is_formed() {
            for peer in self.members.take_settled() {
                self.greet(peer, outputs);
            }
        }
    }

    pub(super) fn on_bytes(
        &mut self,
        path: Option<PathId>,
        bytes: &Bytes,
        outputs: &mut Vec<Output>,
    ) {
        match Message::decode(bytes) {
            Ok(message) => self.on_message(path, message, outputs),
            Err(_) => {
                outputs.push(Output::Note(malformed()));
                // A member of another version may say what this one does not know.
                let stranger = path.filter(|path| !self.members.speaks_by(*path));
                outputs.extend(mutant!(BabblerStays, stranger, None).map(Output::HangUp));
            }
        }
    }

    fn on_message(&mut self, path: Option<PathId>, message: Message, outputs: &mut Vec<Output>) {
        let Message { from, sender, body } = message;
        let is_called = self.calls(from);
        let turn = turn!(self, outputs);
        match body {
            Body::Join { address } => self.on_join(from, sender, address, path, outputs),
            // It comes back on a connection that this node made, to an address that it was told.
            Body::Welcome { cluster, order, roster } if path.is_none() => {
                self.on_welcome(cluster, order, &roster, outputs);
            }
            Body::Probe(number) if self.members.joins() => {
                turn.send_back(path, from, Body::Alive(number));
            }
            Body::Removed { directory, index } => self.on_removed(directory, index, outputs),
            Body::Hello(hello) if !self.members.joins() => {
                if self.tell_removed(from, sender, path, outputs) {
                    return;
                }
                let turn = turn!(self, outputs);
                self.members.on_hello(from, sender, &hello, path, turn);
                self.greet_settled(outputs);
            }
            Body::Probe(number) => self.members.on_probe(from, sender, number, path, turn),
            Body::Alive(number) if is_called => {
                self.on_called(from, sender.directory, number);
            }
            Body::Alive(number) => self.members.on_alive(from, sender, number, turn),
            Body::Copied(life) => self.members.on_copied(from, sender, life, turn),
            body => self.on_believed(path, Message { from, sender, body }, outputs),
        }
    }

    /// What counts only from a start of a member that is believed.
    fn on_believed(&mut self, path: Option<PathId>, message: Message, outputs: &mut Vec<Output>) {
        let Message { from, sender, body } = message;
        if !self.members.is_formed() || !self.members.believes(from, sender) {
            // All members say these now and then: one that was removed, and has missed it.
            let is_said = matches!(body, Body::AskClock { .. } | Body::Members(_));
            if mutant!(RemovedIgnored, is_said, false) {
                self.tell_removed(from, sender, path, outputs);
            }
            return;
        }
        if let Some(path) = path {
            self.members.came_by(from, path, turn!(self, outputs));
        }
        let is_added = self.is_added();
        let turn = turn!(self, outputs);
        let read = match body {
            Body::Hello(_) | Body::Probe(_) | Body::Alive(_) | Body::Copied(_) => Ok(()),
            Body::Join { .. } | Body::Welcome { .. } | Body::Removed { .. } => Ok(()),
            Body::Members(roster) => {
                self.hear_members(&roster, outputs);
                Ok(())
            }
            Body::Speaks(version) => {
                self.on_speaks(from, sender.life, version);
                Ok(())
            }
            Body::Holds { change, places } => {
                self.on_holds(from, sender.life, change, places);
                Ok(())
            }
            // Nothing of the merged order counts before the entry that added this node.
            Body::Entries { .. } | Body::VersionVector { .. } | Body::OfferSnapshot(_)
                if mutant!(EarlySlotsCount, !is_added, false) =>
            {
                Ok(())
            }
            Body::Raft(bytes) => {
                let read = self.agreed.on_message(from, &bytes, turn);
                self.search_offer(outputs);
                read
            }
            Body::Forward { first, count, commands } => {
                self.agreed.on_forward(from, sender.life, first, count, &commands, turn)
            }
            Body::Entries { entries, more } => self.merged.on_entries(from, entries, more, turn),
            Body::VersionVector { vector, want, members } => {
                self.merged.on_vector(from, vector, want, members, turn)
            }
            Body::Lost(place) => {
                self.merged.on_lost(place, turn);
                Ok(())
            }
            Body::AskClock { asked_ms, is_fit } => {
                self.clocks.on_ask(from, sender.life.boot, asked_ms, is_fit, turn);
                Ok(())
            }
            Body::TellClock(reading) => {
                self.clocks.on_told(from, reading, turn);
                Ok(())
            }
            Body::OfferSnapshot(number) => {
                self.fetch_merged(from, number, outputs);
                Ok(())
            }
            Body::AskSnapshot { number, offset, for_raft } => {
                let now_ms = turn.now.monotonic_ms;
                if for_raft {
                    self.agreed.on_asked(from, now_ms);
                } else {
                    self.merged.on_asked(now_ms);
                }
                self.donor.on_asked(
                    from,
                    number,
                    offset,
                    self.limits.piece_bytes,
                    turn!(self, outputs),
                );
                Ok(())
            }
            Body::Snapshot { number, offset, bytes } => {
                self.on_piece(from, number, offset, &bytes, outputs)
            }
            Body::Fetched => {
                self.agreed.on_fetched(from);
                Ok(())
            }
            Body::Digest(summary) => self.digests.on_told(from, summary, turn),
            Body::AskSlots { index, order } => {
                self.digests.on_ask(from, index, order, turn);
                Ok(())
            }
            Body::Slots { index, order, sums } => {
                self.digests.on_slots(from, index, order, &sums, turn)
            }
            Body::AskState { agreed, merged } => {
                self.on_ask_state(from, agreed, &merged, outputs);
                Ok(())
            }
            Body::OfferState { number, index, term } => {
                self.on_offer_state(from, Offer { number, index, term }, outputs);
                Ok(())
            }
            Body::AskOffer(index) => {
                self.on_ask_offer(from, index, outputs);
                Ok(())
            }
            Body::Fenced { attempt, end } => {
                self.on_fenced(from, sender.life, attempt, end, outputs)
            }
            Body::Ends { attempt, ends } => {
                self.on_ends(attempt, ends);
                Ok(())
            }
            Body::Looked { attempt, found } => {
                self.on_looked(from, sender.life, attempt, found);
                Ok(())
            }
            Body::Fetches => {
                self.agreed.on_asked(from, turn.now.monotonic_ms);
                Ok(())
            }
            Body::HandOver(to) => {
                self.on_hand_over(from, to, outputs);
                Ok(())
            }
            Body::Stays(to, why) => {
                self.on_stays(from, to, why);
                Ok(())
            }
        };
        if read.is_err() {
            outputs.push(Output::Note(Event::Refused(format!(
                "node {} sent a message that no sound member sends: it is dropped",
                from.0
            ))));
        }
    }
}

fn malformed() -> Event {
    Event::Refused(
        "a message that cannot be read: the sender is of another version, or not Candor".into(),
    )
}
