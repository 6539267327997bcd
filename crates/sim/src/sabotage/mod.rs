//! Sabotage: drivers that do not keep to the API of the node, to show that the checks can fail.
//!
//! Begin with [`Sabotage`]. `mutants.rs` does the same with bugs planted in the nodes.

#[cfg(feature = "mutants")]
pub(crate) mod mutants;

use std::collections::BTreeMap;

use bytes::Bytes;
use node::{Error, Input, Reply, RequestId, SessionId};

use crate::plan::chance::{Chance, Subject};
use crate::record::operation::Operation;

/// A driver that does not keep to the API of the node. A world with one must be caught, sooner or
/// later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The disk says `Persisted` long before it keeps anything.
    HastyDisk,
    /// A crash takes synced groups along.
    ForgetfulDisk,
    /// The group that a crash tore is there, with zeros behind its first part.
    TornTail,
    /// A sync that fails is tried again; that seems to work, and what it was about is not on the
    /// disk.
    RetriedSync,
    /// Some answers to reads go to each other's clients.
    SwappedAnswers,
    /// Some reads are answered with what the key held before.
    StaleAnswers,
    /// Some writes that were done are called refused.
    FalseRefusals,
    /// Some writes are called done and never handed over.
    FalseSuccesses,
    /// Some requests are never handed over, nor answered.
    LostRequests,
    /// One node's quiet answers differ from all others'.
    ForgedAnswers,
    /// One node's links stay cut for good.
    NoHealing,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Sabotage; 11] = [
        Sabotage::HastyDisk,
        Sabotage::ForgetfulDisk,
        Sabotage::TornTail,
        Sabotage::RetriedSync,
        Sabotage::SwappedAnswers,
        Sabotage::StaleAnswers,
        Sabotage::FalseRefusals,
        Sabotage::FalseSuccesses,
        Sabotage::LostRequests,
        Sabotage::ForgedAnswers,
        Sabotage::NoHealing,
    ];

    /// Its name on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Sabotage::HastyDisk => "hasty-disk",
            Sabotage::ForgetfulDisk => "forgetful-disk",
            Sabotage::TornTail => "torn-tail",
            Sabotage::RetriedSync => "retried-sync",
            Sabotage::SwappedAnswers => "swapped-answers",
            Sabotage::StaleAnswers => "stale-answers",
            Sabotage::FalseRefusals => "false-refusals",
            Sabotage::FalseSuccesses => "false-successes",
            Sabotage::LostRequests => "lost-requests",
            Sabotage::ForgedAnswers => "forged-answers",
            Sabotage::NoHealing => "no-healing",
        }
    }
}

/// What a world does wrong, if anything.
#[derive(Debug)]
pub(crate) struct Saboteur {
    sabotage: Option<Sabotage>,
    chance: Chance,
    /// An answer that was taken from one client and is due to another.
    swapped: Bytes,
    /// What each key held before it held what it holds.
    values: BTreeMap<Bytes, (Bytes, Bytes)>,
}

impl Saboteur {
    pub(crate) fn new(seed: u64, sabotage: Option<Sabotage>) -> Saboteur {
        let chance = Chance::new(seed, Subject::Sabotage);
        Saboteur {
            sabotage,
            chance,
            swapped: Bytes::from_static(b"nobody's"),
            values: BTreeMap::new(),
        }
    }

    pub(crate) fn does(&self, sabotage: Sabotage) -> bool {
        self.sabotage == Some(sabotage)
    }

    /// Makes away with some writes, which are to be called done.
    pub(crate) fn pretend(&mut self, inputs: &mut Vec<Input>) -> Vec<(SessionId, RequestId)> {
        let mut pretended = vec![];
        if self.does(Sabotage::FalseSuccesses) {
            inputs.retain(|input| match input {
                Input::Request { session, id, command, .. }
                    if command.name() == "set"
                        && command.arguments().len() == 2
                        && self.chance.per_mille(20) =>
                {
                    pretended.push((*session, *id));
                    false
                }
                _ => true,
            });
        }
        pretended
    }

    /// Makes away with some of what arrived.
    pub(crate) fn steal(&mut self, inputs: &mut Vec<Input>) {
        if self.does(Sabotage::LostRequests) {
            let is_request = |input: &Input| matches!(input, Input::Request { .. });
            inputs.retain(|input| !is_request(input) || !self.chance.per_mille(20));
        }
    }

    /// What becomes of an answer on its way to the client that asked for `operation`.
    pub(crate) fn twist(&mut self, operation: &Operation, last_host: usize, reply: &mut Reply) {
        let Some(sabotage) = self.sabotage else { return };
        let rarely = self.chance.per_mille(50);
        match (sabotage, &mut *reply) {
            (Sabotage::FalseRefusals, Reply::Ok) if rarely => {
                *reply = Reply::Error(Error::ClusterDown("it ran nevertheless"));
            }
            (Sabotage::ForgedAnswers, Reply::Value(_))
                if operation.is_final && operation.host == last_host =>
            {
                *reply = Reply::Nil;
            }
            (Sabotage::SwappedAnswers, Reply::Value(value)) if rarely => {
                std::mem::swap(&mut self.swapped, value);
            }
            (Sabotage::StaleAnswers, Reply::Value(value)) => {
                self.make_stale(operation, value, rarely)
            }
            _ => {}
        }
    }

    fn make_stale(&mut self, operation: &Operation, value: &mut Bytes, now: bool) {
        let first = (value.clone(), value.clone());
        let (before, last) = self.values.entry(operation.key.clone()).or_insert(first);
        if last != value {
            *before = std::mem::replace(last, value.clone());
        }
        if now {
            *value = before.clone();
        }
    }
}
