//! The message diagram of a world: what happened, as plain lists with times, for whoever draws it.
//!
//! It is made only when asked for ([`Options::diagram`](crate::Options)), and changes nothing of the world: no chance is
//! drawn and nothing goes into the trace. A shrunk world is recorded like any other: live its plan with the
//! option set and take [`Report::diagram`](crate::Report).
//!
//! Times are virtual microseconds. Nodes are named by their places, from 0; people call the first one node 1.

use std::collections::BTreeMap;

use node::{RequestId, Role, SessionId, Status};

use crate::plan::fault::{Fault, NAMES};
use crate::record::describe;
use crate::record::operation::{Operation, Outcome};

/// What happened in a world.
#[derive(Clone, Debug, Default)]
pub struct Diagram {
    /// How many nodes there are.
    pub nodes: usize,
    /// How many clients there are; those that came in for the end are among them.
    pub clients: usize,
    /// When the world was over.
    pub end_us: u64,
    /// When all faults ended.
    pub healed_us: Option<u64>,
    /// When the first invariant was broken.
    pub violated_us: Option<u64>,
    /// What clients asked for, in the order in which they did.
    pub calls: Vec<Call>,
    /// What nodes sent each other, in the order in which they did.
    pub messages: Vec<Message>,
    /// What went wrong, in the order in which it began.
    pub bands: Vec<Band>,
    /// What else happened to nodes, in order.
    pub marks: Vec<Mark>,
    /// What nodes were, from when on, in order.
    pub states: Vec<State>,
}

/// An operation of a client.
#[derive(Clone, Debug)]
pub struct Call {
    /// The place of the client.
    pub client: usize,
    /// The number that the client goes by in the history.
    pub number: u64,
    /// The node that was asked.
    pub node: usize,
    /// What was asked for.
    pub question: String,
    /// What became of it.
    pub answer: String,
    /// Whether it writes.
    pub writes: bool,
    /// What is known of its fate.
    pub fate: Fate,
    /// When it was asked.
    pub start_us: u64,
    /// When the client heard, or gave up; `None`: it never did.
    pub end_us: Option<u64>,
    /// When the request reached the node, if it did.
    pub arrived_us: Option<u64>,
    /// When the answer left the node, if it did.
    pub answered_us: Option<u64>,
}

/// What a client knows of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
    /// It may have happened, or not.
    Unknown,
}

/// A message between nodes.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who sent it.
    pub from: usize,
    /// To whom.
    pub to: usize,
    /// When it was sent.
    pub sent_us: u64,
    /// What became of it.
    pub end: End,
    /// What it says, in few words.
    pub text: String,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was received then.
    Received(u64),
    /// It came then, and was lost: its connection had been reset, or its receiver was gone.
    Turned(u64),
    /// It never came.
    Lost,
}

/// A fault that struck.
#[derive(Clone, Debug)]
pub struct Band {
    /// When it struck.
    pub from_us: u64,
    /// When it ended: the same instant for what is over at once.
    pub until_us: u64,
    /// The node that it hit, if it hit one.
    pub node: Option<usize>,
    /// The client that it hit, if it hit one.
    pub client: Option<usize>,
    /// The kind of fault.
    pub kind: &'static str,
    /// All that is known of it.
    pub text: String,
}

/// Something that happened to a node.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When.
    pub at_us: u64,
    /// To which node; `None`: to the whole world.
    pub node: Option<usize>,
    /// What kind of thing.
    pub kind: &'static str,
    /// What it was.
    pub text: String,
}

/// What a node is from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// From when on.
    pub at_us: u64,
    /// Which node.
    pub node: usize,
    /// Whether it runs.
    pub up: bool,
    /// Whether it leads, as it believes.
    pub leads: bool,
    /// Its Raft term.
    pub term: u64,
}

/// When a request and its answer travelled, beside what the record knows.
#[derive(Clone, Copy, Debug)]
struct Travel {
    client: usize,
    arrived_us: Option<u64>,
    answered_us: Option<u64>,
}

/// Gathers a diagram while its world lives; without one it does nothing.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    diagram: Option<Box<Diagram>>,
    /// Messages on their way, by the number that the network gave them.
    flying: BTreeMap<u64, usize>,
    /// Operations by the connection and number of their requests.
    asked: BTreeMap<(SessionId, RequestId), usize>,
    travels: Vec<Travel>,
    /// The band of each fault of the plan that goes on.
    going_on: BTreeMap<usize, usize>,
    /// What each node was last.
    last: Vec<Option<State>>,
}

impl Recorder {
    pub(crate) fn new(wanted: bool, nodes: usize) -> Recorder {
        let diagram = wanted.then(|| Box::new(Diagram { nodes, ..Diagram::default() }));
        Recorder { diagram, last: vec![None; nodes], ..Recorder::default() }
    }

    /// Whether anything is gathered.
    pub(crate) fn is_on(&self) -> bool {
        self.diagram.is_some()
    }

    /// A client asks; it is the next operation of the record.
    pub(crate) fn ask(&mut self, client: usize, session: SessionId, id: RequestId) {
        if self.is_on() {
            self.asked.insert((session, id), self.travels.len());
            self.travels.push(Travel { client, arrived_us: None, answered_us: None });
        }
    }

    /// A request reaches its node.
    pub(crate) fn arrive(&mut self, now_us: u64, session: SessionId, id: RequestId) {
        if let Some(travel) = self.travel(session, id) {
            travel.arrived_us = Some(now_us);
        }
    }

    /// An answer leaves its node.
    pub(crate) fn answer(&mut self, now_us: u64, session: SessionId, id: RequestId) {
        if let Some(travel) = self.travel(session, id) {
            travel.answered_us = Some(now_us);
        }
    }

    fn travel(&mut self, session: SessionId, id: RequestId) -> Option<&mut Travel> {
        self.travels.get_mut(*self.asked.get(&(session, id))?)
    }

    /// A node sends a message, which the network knows by that number; `None`: it is lost at once.
    pub(crate) fn send(
        &mut self,
        sent_us: u64,
        (from, to): (usize, usize),
        number: Option<u64>,
        text: Option<String>,
    ) {
        let (Some(diagram), Some(text)) = (&mut self.diagram, text) else { return };
        if let Some(number) = number {
            self.flying.insert(number, diagram.messages.len());
        }
        diagram.messages.push(Message { from, to, sent_us, end: End::Lost, text });
    }

    /// A message comes, and is received or lost. One that comes twice is drawn twice.
    pub(crate) fn receive(&mut self, now_us: u64, number: u64, received: bool) {
        let Some(diagram) = &mut self.diagram else { return };
        let Some(&place) = self.flying.get(&number) else { return };
        let end = if received { End::Received(now_us) } else { End::Turned(now_us) };
        match diagram.messages[place].end {
            End::Lost => diagram.messages[place].end = end,
            _ => diagram.messages.push(Message { end, ..diagram.messages[place].clone() }),
        }
    }

    /// A fault of the plan strikes.
    pub(crate) fn begin_fault(
        &mut self,
        now_us: u64,
        place: usize,
        fault: &Fault,
        node: Option<usize>,
        client: Option<usize>,
    ) {
        let Some(diagram) = &mut self.diagram else { return };
        if !fault.kind.is_instant() {
            self.going_on.insert(place, diagram.bands.len());
        }
        diagram.bands.push(Band {
            from_us: now_us,
            until_us: now_us,
            node,
            client,
            kind: NAMES[fault.kind.place()],
            text: fault.to_string(),
        });
    }

    /// A fault of the plan ends.
    pub(crate) fn end_fault(&mut self, now_us: u64, place: usize) {
        let Some(diagram) = &mut self.diagram else { return };
        if let Some(band) = self.going_on.remove(&place) {
            diagram.bands[band].until_us = now_us;
        }
    }

    /// Everything is whole.
    pub(crate) fn heal(&mut self, now_us: u64) {
        if let Some(diagram) = &mut self.diagram {
            diagram.healed_us = Some(now_us);
        }
    }

    /// Something else happens.
    pub(crate) fn mark(
        &mut self,
        at_us: u64,
        node: Option<usize>,
        kind: &'static str,
        text: impl FnOnce() -> String,
    ) {
        if let Some(diagram) = &mut self.diagram {
            diagram.marks.push(Mark { at_us, node, kind, text: text() });
        }
    }

    /// An invariant is broken.
    pub(crate) fn fail(&mut self, now_us: u64) {
        if let Some(diagram) = &mut self.diagram {
            diagram.violated_us.get_or_insert(now_us);
        }
    }

    /// A node has taken a turn.
    pub(crate) fn see(&mut self, at_us: u64, node: usize, status: &Status) {
        let leads = status.role == Role::Leader;
        self.become_one(State { at_us, node, up: true, leads, term: status.term });
    }

    /// A node is gone.
    pub(crate) fn lose(&mut self, at_us: u64, node: usize) {
        let term = self.last[node].map_or(0, |state| state.term);
        self.become_one(State { at_us, node, up: false, leads: false, term });
    }

    fn become_one(&mut self, state: State) {
        let Some(diagram) = &mut self.diagram else { return };
        let last = &mut self.last[state.node];
        let same = |last: State| State { at_us: state.at_us, ..last } == state;
        if !last.is_some_and(same) {
            *last = Some(state);
            diagram.states.push(state);
        }
    }

    /// The whole diagram, with what clients asked and heard.
    pub(crate) fn finish(self, end_us: u64, record: &[Operation]) -> Option<Diagram> {
        let mut diagram = *self.diagram?;
        for band in self.going_on.into_values() {
            diagram.bands[band].until_us = end_us;
        }
        diagram.end_us = end_us;
        diagram.clients = self.travels.iter().map(|travel| travel.client + 1).max().unwrap_or(0);
        diagram.calls = record.iter().zip(&self.travels).map(|(one, by)| call(one, *by)).collect();
        Some(diagram)
    }
}

fn call(operation: &Operation, travel: Travel) -> Call {
    let fate = match &operation.outcome {
        Outcome::Open | Outcome::Unknown => Fate::Unknown,
        Outcome::Done(_) => Fate::Done,
        Outcome::Refused(_) => Fate::Refused,
    };
    Call {
        client: travel.client,
        number: operation.client,
        node: operation.host,
        question: operation.question(),
        answer: describe::outcome(&operation.outcome),
        writes: operation.action.is_write(),
        fate,
        start_us: operation.start_us,
        end_us: (operation.outcome != Outcome::Open).then_some(operation.end_us),
        arrived_us: travel.arrived_us,
        answered_us: travel.answered_us,
    }
}
