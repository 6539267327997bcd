//! The store as a machine: inputs in, outputs out.
//!
//! [`Node`] is told everything (time, messages, requests, disk completions) and only answers. It has
//! no clock, socket, file, thread or randomness of its own, so the server and the simulator drive
//! the very same code.

pub mod door;

pub use door::*;

/// A node being born from its disk.
#[derive(Debug)]
pub struct Recovery {
    config: Config,
}

/// Why a node cannot start on this directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(pub String);

impl Recovery {
    /// Starts with an empty disk.
    pub fn new(config: Config) -> Recovery {
        Recovery { config }
    }

    /// Takes in one group of records, as `Output::Persist` gave it, in order.
    pub fn replay(&mut self, _records: &[u8]) -> Result<(), StartError> {
        Ok(())
    }

    /// The node, with all that was on disk.
    pub fn finish(self) -> Result<Node, StartError> {
        Ok(Node { config: self.config })
    }
}

/// One member of the cluster.
#[derive(Debug)]
pub struct Node {
    config: Config,
}

impl Node {
    /// Takes in all that arrived together and says what is to be done about it. Drains `inputs`.
    pub fn turn(&mut self, inputs: &mut Vec<Input>, _outputs: &mut Vec<Output>) {
        inputs.clear();
    }

    /// How the node sees itself and the cluster.
    pub fn status(&self) -> Status {
        Status {
            id: self.config.id,
            members: self.config.members.iter().map(|m| m.0).collect(),
            boot: 1,
            order: self.config.order,
            level: self.config.level,
            formed: false,
            ready: false,
            role: Role::Follower,
            leader: None,
            term: 0,
            commit: 0,
            applied: 0,
            vector: vec![],
            keys: 0,
        }
    }
}
