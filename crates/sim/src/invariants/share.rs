//! A turn answers no more than its shares allow, whatever came: it has an end.
//!
//! Own entries of merged logs are applied in one piece each, which has a limit of its own: the
//! answers to the writes in one are left out.

use std::collections::BTreeMap;

use node::{Boot, Index, NodeId, Output, Reply};

use super::invariant::{Invariant, Turn};
use crate::plan::setting::Setting;

/// How many kinds of work end in answers: requests, those that waited for others, what is applied,
/// what waited for it, transactions on merged keyspaces, counts.
const SHARES: usize = 6;

/// The most answers of a turn.
#[derive(Debug)]
pub(crate) struct Bounded {
    answers_max: usize,
    /// Of each node what it has written to its merged log in its present life.
    own: BTreeMap<usize, Own>,
}

/// The own entries of a node that it has not applied yet.
#[derive(Debug, Default)]
struct Own {
    life: u64,
    /// How many entries, of others too, it was seen to have.
    seen: usize,
    /// How many writes each has.
    writes: BTreeMap<Index, usize>,
}

impl Own {
    /// Learns what the node has written in this turn.
    fn learn(&mut self, turn: &Turn<'_>) {
        let count = turn.view.merged_count();
        if self.life != turn.life {
            *self = Own { life: turn.life, ..Own::default() };
        }
        if self.seen == count {
            return;
        }
        let is_own = |at: (NodeId, Boot)| at == (turn.status.id, turn.status.boot);
        for entry in turn.view.merged_entries(self.seen) {
            if is_own((entry.at.replica, entry.at.boot)) {
                self.writes.insert(entry.at.index, entry.writes.len());
            }
        }
        self.seen = count;
    }

    /// How many writes stand in the own entries that were applied since the last look.
    fn applied(&mut self, turn: &Turn<'_>) -> usize {
        let is_own = |(id, boot, _): &&(NodeId, Boot, Index)| {
            (*id, *boot) == (turn.status.id, turn.status.boot)
        };
        let Some((_, _, applied)) = turn.status.vector.iter().find(is_own) else { return 0 };
        let left = self.writes.split_off(&Index(applied.0 + 1));
        std::mem::replace(&mut self.writes, left).into_values().sum()
    }
}

impl Bounded {
    pub(crate) fn new(setting: &Setting) -> Bounded {
        Bounded { answers_max: SHARES * setting.turn_steps, own: BTreeMap::new() }
    }
}

impl Invariant for Bounded {
    fn name(&self) -> &'static str {
        "bounded turn"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let own = self.own.entry(turn.host).or_default();
        own.learn(turn);
        let merged = own.applied(turn);
        // What is refused because time is up is refused together.
        let is_answer = |output: &&Output| match output {
            Output::Reply { reply, .. } => !matches!(reply, Reply::Error(_)),
            _ => false,
        };
        let answers = turn.outputs.iter().filter(is_answer).count();
        if answers > self.answers_max + merged {
            let (node, most) = (turn.status.id.0, self.answers_max);
            return Err(format!(
                "node {node} answers {answers} in one turn, {merged} of them to merged writes, and {most} at most beside those"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::Held;
    use crate::invariants::example::{status, turn};
    use crate::options::Options;
    use bytes::Bytes;
    use node::{Command, MergedEntry, MergedPosition, RequestId, SessionId};

    #[test]
    fn a_turn_that_goes_on_for_ever_is_seen() {
        let setting = Setting { turn_steps: 2, ..Setting::draw(1, &Options::default()) };
        let mut invariant = Bounded::new(&setting);
        let reply = |id, reply| Output::Reply {
            session: SessionId(1),
            id: RequestId(id),
            reply,
            certificate: None,
        };
        let error = Reply::Error(node::Error::ClusterDown("late"));
        let mut outputs: Vec<_> = (0..12).map(|id| reply(id, Reply::Ok)).collect();
        outputs.push(reply(12, error));
        let status = status(1);
        assert_eq!(invariant.on_turn(&Turn { outputs: &outputs, ..turn(&status, 1) }), Ok(()));
        outputs.push(reply(13, Reply::Nil));
        assert!(invariant.on_turn(&Turn { outputs: &outputs, ..turn(&status, 1) }).is_err());
    }

    #[test]
    fn the_writes_of_a_merged_entry_are_answered_together() {
        let setting = Setting { turn_steps: 1, ..Setting::draw(1, &Options::default()) };
        let look = |writes: usize, applied: u64| {
            let mut invariant = Bounded::new(&setting);
            let write = Command::set(Bytes::from("k"), Bytes::from("v"));
            let at = |index| MergedPosition { replica: NodeId(1), boot: Boot(1), index };
            let entry = MergedEntry {
                at: at(Index(1)),
                previous: at(Index(0)),
                clock: 1,
                after: vec![],
                writes: vec![write; writes],
            };
            let held = Held { merged: 1, merged_entries: vec![entry], ..Held::default() };
            let mut status = status(1);
            status.vector = vec![(NodeId(1), Boot(1), Index(applied))];
            let reply = |id| Output::Reply {
                session: SessionId(1),
                id: RequestId(id),
                reply: Reply::Ok,
                certificate: None,
            };
            let outputs: Vec<_> = (0..SHARES as u64 + 2).map(reply).collect();
            invariant.on_turn(&Turn { outputs: &outputs, view: &held, ..turn(&status, 1) })
        };
        assert_eq!(look(2, 1), Ok(()));
        assert!(look(1, 1).is_err(), "there is one write in it");
        assert!(look(2, 0).is_err(), "it is not applied yet");
    }
}
