//! What must hold for any bytes of a peer or of a disk: nothing panics, and what is read can be
//! written and read again.
//!
//! The fuzz targets in `fuzz/` look for bytes for which it does not; the tests here try some at
//! random.

use crate::ids::{DirectoryId, LogPlace, NodeId, PathId, RequestId, SessionId};
use bytes::Bytes;

use crate::api::{Config, Input, Level, Now, Order, Output};
use crate::commands::Command;
use crate::node::Node;
use crate::recovery::Recovery;
use crate::wire::message::Message;
use crate::wire::record::Record;

/// How many turns a conversation has at most.
const TURNS_MAX: u64 = 300;
/// The bytes that say what becomes of one message.
const HARM_BYTES: usize = 4;

/// A message between nodes.
pub fn message(bytes: &[u8]) {
    let Ok(message) = Message::decode(&Bytes::copy_from_slice(bytes)) else { return };
    let written = message.encode();
    assert!(written.len() <= bytes.len(), "what is written is the shortest form");
    assert_eq!(Message::decode(&written), Ok(message));
}

/// A group of records, and the start of a node that finds it on its disk.
pub fn records(bytes: &[u8]) {
    let group = Bytes::copy_from_slice(bytes);
    if let Ok(records) = Record::decode_group(&group) {
        let mut written = vec![];
        records.iter().for_each(|record| record.encode(&mut written));
        assert!(written.len() <= group.len(), "what is written is the shortest form");
        assert_eq!(Record::decode_group(&written.into()), Ok(records));
    }
    let mut recovery = Recovery::new(config(1, Order::Agreed));
    if recovery.replay(LogPlace(0), &group).is_ok() {
        let _ = recovery.finish();
    }
}

/// What node 2 says to node 1 in a cluster of the two, harmed on the way. The first byte says the
/// order and how many messages pass unharmed; then [`HARM_BYTES`] say what becomes of each.
pub fn conversation(bytes: &[u8]) {
    let Some((first, harms)) = bytes.split_first() else { return };
    let order = if first & 1 == 0 { Order::Agreed } else { Order::Merged };
    let mut pair = Pair::new(order, usize::from(first >> 1), harms);
    while pair.now_ms < TURNS_MAX * 10 && !pair.is_over() {
        pair.turn();
    }
}

/// Two nodes, and all that is between them.
struct Pair<'a> {
    nodes: [Node; 2],
    inboxes: [Vec<Input>; 2],
    now_ms: u64,
    /// How many messages still pass unharmed.
    unharmed: usize,
    harms: std::slice::ChunksExact<'a, u8>,
    halted: bool,
}

impl<'a> Pair<'a> {
    fn new(order: Order, unharmed: usize, harms: &'a [u8]) -> Pair<'a> {
        let node = |id| Recovery::new(config(id, order)).finish().expect("an empty disk is no lie");
        let connected = |id| vec![Input::Connected(NodeId(id))];
        Pair {
            nodes: [node(1), node(2)],
            inboxes: [connected(2), connected(1)],
            now_ms: 0,
            unharmed,
            harms: harms.chunks_exact(HARM_BYTES),
            halted: false,
        }
    }

    /// Whether nothing more is harmed, or somebody must not go on.
    fn is_over(&self) -> bool {
        self.halted || self.harms.len() == 0
    }

    /// A turn of each node, every disk and all clients at once.
    fn turn(&mut self) {
        self.now_ms += 10;
        for place in [0, 1] {
            self.ask(place);
            let now = Now { monotonic_ms: self.now_ms, wall_ms: 1_700_000_000_000 + self.now_ms };
            let mut inputs = std::mem::take(&mut self.inboxes[place]);
            inputs.insert(0, Input::Tick(now));
            let mut outputs = vec![];
            self.nodes[place].turn(&mut inputs, &mut outputs);
            outputs.into_iter().for_each(|output| self.deliver(place, output));
        }
    }

    fn ask(&mut self, place: usize) {
        let id = RequestId(self.now_ms);
        let number = self.now_ms.to_string();
        let command = match self.now_ms / 10 % 3 {
            0 => Command::get("key".into()),
            _ => Command::set("key".into(), number.into()),
        };
        self.inboxes[place].push(Input::Request {
            session: SessionId(1),
            id,
            level: None,
            command,
        });
    }

    fn deliver(&mut self, from: usize, output: Output) {
        let to = 1 - from;
        match output {
            Output::Persist { ticket, .. } => {
                self.inboxes[from].push(Input::Persisted { ticket, place: LogPlace(0) });
            }
            Output::Send { message, .. } => {
                let path = Some(PathId(1));
                for message in self.on_its_way(from, message) {
                    self.inboxes[to].push(Input::Receive { path, message });
                }
            }
            Output::SendBack { message, .. } => {
                for message in self.on_its_way(from, message) {
                    self.inboxes[to].push(Input::Receive { path: None, message });
                }
            }
            Output::Halt { .. } => self.halted = true,
            _ => {}
        }
    }

    /// What arrives of a message.
    fn on_its_way(&mut self, from: usize, message: Bytes) -> Vec<Bytes> {
        if from == 0 {
            return vec![message];
        }
        if self.unharmed > 0 {
            self.unharmed -= 1;
            return vec![message];
        }
        let Some(&[how, high, low, value]) = self.harms.next() else { return vec![message] };
        let at = usize::from(high) << 8 | usize::from(low);
        let mut bytes = message.to_vec();
        // Most often near the end: before it stands who speaks, and nothing else is believed.
        let at = bytes.len().saturating_sub(at % (bytes.len() + 1));
        match how % 8 {
            0 => return vec![message],
            1 => return vec![],
            2 => return vec![message.clone(), message],
            3 => bytes.truncate(at),
            4 => bytes.insert(at, value),
            5 if at < bytes.len() => drop(bytes.remove(at)),
            _ if at < bytes.len() => bytes[at] ^= value,
            _ => bytes.push(value),
        }
        vec![bytes.into()]
    }
}

fn config(id: u64, order: Order) -> Config {
    let level = if order == Order::Agreed { Level::Linearizable } else { Level::Causal };
    Config {
        id: NodeId(id),
        members: vec![(NodeId(1), String::new()), (NodeId(2), String::new())],
        order,
        level,
        request_timeout_ms: 1000,
        max_clock_drift_ms: 500,
        max_memory: None,
        seed: id,
        incarnation: id,
        directory: DirectoryId(id),
        discard_state: false,
        join: false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Messages and groups of records as two nodes make them.
    fn genuine() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let (mut messages, mut groups) = (vec![], vec![]);
        for order in [Order::Agreed, Order::Merged] {
            let mut pair = Pair::new(order, usize::MAX, &[]);
            for _turn in 0..100 {
                pair.turn();
                for input in pair.inboxes.iter().flatten() {
                    if let Input::Receive { message, .. } = input {
                        messages.push(message.to_vec());
                    }
                }
            }
            assert!(pair.nodes[0].status().ready, "the two serve: {order:?}");
            let mut node = Recovery::new(config(1, order)).finish().unwrap();
            let mut outputs = vec![];
            node.turn(&mut vec![Input::Tick(Now { monotonic_ms: 1, wall_ms: 1 })], &mut outputs);
            for output in outputs {
                if let Output::Persist { records, .. } = output {
                    groups.push(records.to_vec());
                }
            }
        }
        (messages, groups)
    }

    /// One of these, with some bytes changed, and cut.
    fn harmed(all: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let places = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
        (prop::sample::select(all), places, any::<prop::sample::Index>(), any::<bool>()).prop_map(
            |(mut bytes, places, end, cut)| {
                for (place, value) in places {
                    let place = place.index(bytes.len());
                    bytes[place] = value;
                }
                if cut {
                    bytes.truncate(end.index(bytes.len()));
                }
                bytes
            },
        )
    }

    #[test]
    fn what_nodes_say_and_write_comes_back() {
        let (messages, groups) = genuine();
        assert!(messages.len() > 100 && !groups.is_empty());
        messages.iter().for_each(|bytes| message(bytes));
        groups.iter().for_each(|bytes| records(bytes));
    }

    #[test]
    fn a_log_that_ends_before_what_is_committed_is_refused() {
        // A hard state: term 1, nobody voted for, 7 committed; and no entry.
        let group = Bytes::from_static(&[5, 1, 3, 0, 0, 0, 1, 0, 7]);
        let mut recovery = Recovery::new(config(1, Order::Agreed));
        recovery.replay(LogPlace(0), &group).unwrap();
        let refusal = recovery.finish().unwrap_err().0;
        assert!(refusal.starts_with("what is committed at the end of the agreed log"), "{refusal}");
    }

    proptest! {
        #[test]
        fn any_message(bytes in harmed(genuine().0)) {
            message(&bytes);
        }

        #[test]
        fn any_records(bytes in harmed(genuine().1)) {
            records(&bytes);
        }

        #[test]
        fn any_conversation(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
            conversation(&bytes);
        }
    }
}
