//! What a turn does with what strangers say, and with what has to wait for the next one.

use bytes::Bytes;

use crate::api::{Config, Input, Level, Now, Order, Output};
use crate::commands::Command;
use crate::ids::{DirectoryId, LogPlace, NodeId, PathId, RequestId, SessionId};
use crate::node::Node;
use crate::recovery::Recovery;

/// One of two members.
fn one_of_two(id: u64) -> Node {
    let members = [1, 2].map(|id| (NodeId(id), String::new())).into();
    let config = Config {
        id: NodeId(id),
        members,
        order: Order::Agreed,
        level: Level::Linearizable,
        request_timeout_ms: 1000,
        max_clock_drift_ms: 500,
        max_memory: None,
        seed: id,
        incarnation: id,
        directory: DirectoryId(id),
        discard_state: false,
    };
    Recovery::new(config).finish().unwrap()
}

/// What a turn at this time answers to these.
fn turn(
    node: &mut Node,
    monotonic_ms: u64,
    inputs: impl IntoIterator<Item = Input>,
) -> Vec<Output> {
    let mut all = vec![Input::Tick(Now { monotonic_ms, wall_ms: 1_000_000 })];
    all.extend(inputs);
    let mut outputs = vec![];
    node.turn(&mut all, &mut outputs);
    outputs
}

/// What it answers until nothing of it waits for the disk.
fn turns(node: &mut Node, inputs: impl IntoIterator<Item = Input>) -> Vec<Output> {
    let mut all = turn(node, 0, inputs);
    let mut told = 0;
    loop {
        let tickets = all[told..].iter().filter_map(|output| match output {
            Output::Persist { ticket, .. } => Some(*ticket),
            _ => None,
        });
        let durable: Vec<_> =
            tickets.map(|ticket| Input::Persisted { ticket, place: LogPlace(0) }).collect();
        if durable.is_empty() {
            return all;
        }
        told = all.len();
        all.extend(turn(node, 0, durable));
    }
}

fn says(path: u64, message: impl Into<Bytes>) -> [Input; 1] {
    [Input::Receive { path: Some(PathId(path)), message: message.into() }]
}

fn hangs_up(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| matches!(output, Output::HangUp(_)))
}

#[test]
fn a_stranger_whose_words_cannot_be_read_is_hung_up_on() {
    let [mut node, mut other] = [1, 2].map(one_of_two);
    turns(&mut node, []);
    turns(&mut other, []);
    assert!(hangs_up(&turns(&mut node, says(1, ""))));
    let hello = turns(&mut other, [Input::Connected(NodeId(1))]);
    let hello = hello.into_iter().find_map(|output| match output {
        Output::Send { to: NodeId(1), message, .. } => Some(message),
        _ => None,
    });
    let hello = hello.expect("it says hello");
    turns(&mut node, says(2, hello.clone()));
    let answer = turns(&mut node, says(2, hello));
    assert!(answer.iter().any(|output| matches!(output, Output::Trust(PathId(2)))), "{answer:?}");
    // A member of another version may say what this one does not know.
    assert!(!hangs_up(&turns(&mut node, says(2, ""))));
}

#[test]
fn who_waits_for_its_turn_has_waited() {
    let mut node = one_of_two(1);
    node.set_turn_steps(1);
    let ask = |number| Input::Request {
        session: SessionId(number),
        id: RequestId(0),
        level: None,
        command: Command::exists(["key"]),
    };
    turn(&mut node, 0, (0..3).map(ask));
    assert_eq!(node.requests_left(), 2);
    turn(&mut node, 500, []);
    turn(&mut node, 510, []);
    assert_eq!(node.requests_left(), 0);
    let refused = turn(&mut node, 900, []);
    let count = refused.iter().filter(|output| matches!(output, Output::Reply { .. })).count();
    assert_eq!(count, 3, "{refused:?}");
}
