//! The message diagram of a world: what happened, as plain lists with times. Begin with
//! [`Diagram`].
//!
//! It is recorded only when asked for ([`Options::diagram`](crate::Options)), and changes nothing
//! of the world: no number is drawn for it, and nothing goes into the trace. A shrunk world is
//! recorded like any other: run its plan with the option set and take
//! [`Report::diagram`](crate::Report).
//!
//! Times are virtual microseconds. Nodes go by their places, from 0; people call the first one node
//! 1.

use serde::Serialize;

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
    /// When the first invariant was violated.
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
#[derive(Clone, Debug, Default, Serialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
    /// It may have happened, or not.
    #[default]
    Unknown,
}

/// A message between nodes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Message {
    /// Who sent it.
    pub from: usize,
    /// To whom.
    pub to: usize,
    /// When it was sent.
    pub sent_us: u64,
    /// When it came; `None`: it never did.
    pub came_us: Option<u64>,
    /// Whether it was received. One that came may be lost all the same: its connection had been
    /// reset, or its receiver was gone.
    pub received: bool,
    /// What it says, in few words.
    pub text: String,
}

/// A fault that happened.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Band {
    /// When it began.
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
#[derive(Clone, Debug, Default, Serialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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
