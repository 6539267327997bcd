//! How members meet, and why a node that lost its disk cannot come back under its old id.
//!
//! A data directory has a random name. Each member writes the names of the others' directories beside their ids
//! on its disk, and turns away any other name for such an id. A node takes part (votes, acknowledges, takes merged
//! writes) only when every other member has its name on disk. So a new cluster starts when all have met
//! once, and later each may come and go as it likes.

use std::collections::{BTreeMap, BTreeSet};

use crate::door::{Event, NodeId, Order, Ticket};
use crate::message::{Body, Hello};
use crate::record::{Birth, Record};
use crate::turn::Turn;

/// How often a node that has not met everyone says hello, in milliseconds.
const HELLO_MS: u64 = 200;

/// Whom this node has met.
#[derive(Debug)]
pub(crate) struct Meeting {
    order: Order,
    /// All ids, ascending.
    members: Vec<NodeId>,
    /// Directory names of other members that are on this disk.
    names: BTreeMap<NodeId, u64>,
    /// Names on their way to the disk.
    writing: Vec<(Ticket, NodeId, u64)>,
    /// Who has this directory's name on its disk.
    met_by: BTreeSet<NodeId>,
    formed: bool,
    hello_at_ms: u64,
}

impl Meeting {
    pub(crate) fn new(birth: &Birth, names: BTreeMap<NodeId, u64>, formed: bool) -> Meeting {
        let mut members: Vec<NodeId> = birth.members.iter().map(|member| member.0).collect();
        members.sort();
        Meeting {
            order: birth.order,
            members,
            names,
            writing: vec![],
            met_by: BTreeSet::new(),
            formed,
            hello_at_ms: 0,
        }
    }

    pub(crate) fn is_formed(&self) -> bool {
        self.formed
    }

    pub(crate) fn members(&self) -> &[NodeId] {
        &self.members
    }

    fn others(&self, me: NodeId) -> Vec<NodeId> {
        self.members.iter().copied().filter(|id| *id != me).collect()
    }

    /// Whether messages of this sender are to be believed.
    pub(crate) fn knows(&self, from: NodeId, name: u64) -> bool {
        self.names.get(&from) == Some(&name)
    }

    pub(crate) fn on_tick(&mut self, turn: &mut Turn<'_>) {
        if self.formed || turn.now.monotonic_ms < self.hello_at_ms {
            return;
        }
        self.hello_at_ms = turn.now.monotonic_ms + HELLO_MS;
        self.maybe_form(turn);
        for peer in self.others(turn.identity.id) {
            self.say_hello(peer, turn);
        }
    }

    pub(crate) fn say_hello(&self, to: NodeId, turn: &mut Turn<'_>) {
        let hello = Hello {
            order: self.order,
            members: self.members.clone(),
            knows: self.names.get(&to).copied(),
            formed: self.formed,
        };
        turn.send(to, Body::Hello(hello));
    }

    pub(crate) fn on_hello(&mut self, from: NodeId, name: u64, hello: &Hello, turn: &mut Turn<'_>) {
        if from == turn.identity.id || !self.members.contains(&from) {
            turn.note(Event::Refused(format!("node {} is not a member of this cluster", from.0)));
            return;
        }
        if let Some(difference) = self.difference(from, hello) {
            if self.formed {
                turn.note(Event::Refused(difference));
                self.say_hello(from, turn);
            } else {
                turn.halt(78, difference);
            }
            return;
        }
        if hello.knows.is_some_and(|known| known != turn.identity.name) {
            turn.halt(78, lost_directory(from, turn.identity.id));
            return;
        }
        if self.is_stranger(from, name) {
            turn.note(Event::Refused(format!(
                "node {} came with another data directory than the one this node met",
                from.0
            )));
            self.say_hello(from, turn);
            return;
        }
        self.on_member(from, name, hello, turn);
    }

    fn on_member(&mut self, from: NodeId, name: u64, hello: &Hello, turn: &mut Turn<'_>) {
        if hello.knows.is_some() {
            self.met_by.insert(from);
            self.maybe_form(turn);
        }
        if self.names.contains_key(&from) {
            // Only who has met everyone answers at once: two that have not would greet for ever.
            if self.formed && !hello.formed {
                self.say_hello(from, turn);
            }
        } else if !self.writing.iter().any(|(_, id, _)| *id == from) {
            turn.disk.record(&Record::Member(from, name));
            self.writing.push((turn.disk.ticket(), from, name));
        }
    }

    fn is_stranger(&self, from: NodeId, name: u64) -> bool {
        let writing = self.writing.iter().find(|(_, id, _)| *id == from).map(|(_, _, name)| name);
        self.names.get(&from).or(writing).is_some_and(|known| *known != name)
    }

    /// What the sender was told otherwise than this node, if anything.
    fn difference(&self, from: NodeId, hello: &Hello) -> Option<String> {
        if hello.members != self.members {
            let list = |ids: &[NodeId]| {
                ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(", ")
            };
            return Some(format!(
                "node {} was started with members {}, this node with {}: give every node the same list of peers",
                from.0,
                list(&hello.members),
                list(&self.members)
            ));
        }
        (hello.order != self.order).then(|| {
            format!(
                "on node {} the keyspace default is {}, on this node {}: an order is fixed at its creation; \
                 start every node with a level of the same order",
                from.0,
                order_name(hello.order),
                order_name(self.order)
            )
        })
    }

    /// Everyone has met this node: it takes part from now on.
    fn maybe_form(&mut self, turn: &mut Turn<'_>) {
        let others = self.others(turn.identity.id);
        if self.formed || !others.iter().all(|id| self.met_by.contains(id)) {
            return;
        }
        self.formed = true;
        turn.disk.record(&Record::Formed);
        turn.note(Event::Formed);
        turn.sessions.wake_all();
    }

    pub(crate) fn on_persisted(&mut self, ticket: Ticket, turn: &mut Turn<'_>) {
        let writing = std::mem::take(&mut self.writing);
        for (due, id, name) in writing {
            if due <= ticket {
                self.names.insert(id, name);
                self.say_hello(id, turn);
            } else {
                self.writing.push((due, id, name));
            }
        }
    }
}

/// An order's name, as people write it.
pub(crate) fn order_name(order: Order) -> &'static str {
    match order {
        Order::Agreed => "agreed",
        Order::Merged => "merged",
    }
}

fn lost_directory(from: NodeId, me: NodeId) -> String {
    format!(
        "node {} knows node {} by another data directory: a node that lost its directory cannot come back under \
         its old id, since it may have forgotten votes and writes that others count on. Start it with \
         the directory it had",
        from.0, me.0
    )
}
