//! Records the message diagram of a world while it runs. Begin with [`Recorder`].

use std::collections::BTreeMap;

use node::{RequestId, Role, SessionId, Status};

use super::describe;
use super::diagram::{Band, Call, Diagram, Fate, Mark, Message, State};
use super::operation::{Operation, Outcome};
use crate::plan::fault::{Fault, NAMES};

/// When a request and its answer travelled, beside what the record knows.
#[derive(Clone, Copy, Debug)]
struct Travel {
    client: usize,
    arrived_us: Option<u64>,
    answered_us: Option<u64>,
}

/// Gathers a diagram while its world runs; without one it does nothing.
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

    /// A client asks once more for this operation of the record.
    pub(crate) fn ask_again(&mut self, operation: usize, session: SessionId, id: RequestId) {
        if self.is_on() {
            self.asked.insert((session, id), operation);
            let travel = &mut self.travels[operation];
            (travel.arrived_us, travel.answered_us) = (None, None);
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
        diagram.messages.push(Message { from, to, sent_us, came_us: None, received: false, text });
    }

    /// A message comes, and is received or lost. One that comes twice is drawn twice.
    pub(crate) fn receive(&mut self, now_us: u64, number: u64, received: bool) {
        let Some(diagram) = &mut self.diagram else { return };
        let Some(&place) = self.flying.get(&number) else { return };
        let came_us = Some(now_us);
        let message = &mut diagram.messages[place];
        if message.came_us.is_none() {
            (message.came_us, message.received) = (came_us, received);
        } else {
            let again = Message { came_us, received, ..message.clone() };
            diagram.messages.push(again);
        }
    }

    /// A fault of the plan begins.
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

    /// An invariant is violated.
    pub(crate) fn fail(&mut self, now_us: u64) {
        if let Some(diagram) = &mut self.diagram {
            diagram.violated_us.get_or_insert(now_us);
        }
    }

    /// A node has taken a turn.
    pub(crate) fn see(&mut self, at_us: u64, node: usize, status: &Status) {
        let leads = status.role == Role::Leader;
        self.become_one(State { at_us, node, up: true, leads, term: status.term.0 });
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
