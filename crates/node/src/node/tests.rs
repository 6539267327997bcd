//! What a turn does with what strangers say, and with what has to wait for the next one.

use bytes::Bytes;

use crate::api::{Config, Input, Level, Now, Order, Output, Shortage, TICK_MS};
use crate::commands::Command;
use crate::ids::{DirectoryId, LogPlace, NodeId, PathId, RequestId, SessionId};
use crate::node::Node;
use crate::recovery::Recovery;
use crate::reply::Reply;

/// A node that has just been started.
pub(super) fn started(id: NodeId, members: &[NodeId], order: Order, level: Level) -> Node {
    let config = Config {
        id,
        members: members.iter().map(|id| (*id, String::new())).collect(),
        order,
        level,
        request_timeout_ms: 3000,
        max_clock_drift_ms: 500,
        max_memory: None,
        seed: id.0,
        incarnation: id.0,
        directory: DirectoryId(id.0),
        discard_state: false,
        join: false,
    };
    Recovery::new(config).finish().unwrap()
}

/// One of two members.
fn one_of_two(id: u64) -> Node {
    started(NodeId(id), &[1, 2].map(NodeId), Order::Agreed, Level::Linearizable)
}

/// A node alone that has formed its cluster, with this order and level of `default`.
pub(super) fn ready(order: Order, level: Level) -> Node {
    let mut node = started(NodeId(1), &[NodeId(1)], order, level);
    while !node.status().ready {
        answer(&mut node, None);
    }
    node
}

/// The answer to a command, if it comes within a turn, a tick later.
pub(super) fn answer(node: &mut Node, command: Option<Command>) -> Option<Reply> {
    let now_ms = node.now.monotonic_ms + TICK_MS;
    let (session, id) = (SessionId(1), RequestId(now_ms));
    let asked = command.map(|command| Input::Request { session, id, level: None, command });
    let mut reply = None;
    for output in turn(node, now_ms, asked) {
        match output {
            Output::Persist { ticket, .. } => {
                let persisted = Input::Persisted { ticket, place: LogPlace(0) };
                node.turn(&mut vec![persisted], &mut vec![]);
            }
            Output::Reply { reply: it, .. } => reply = Some(it),
            _ => {}
        }
    }
    reply
}

/// What a turn at this time answers to these.
fn turn(
    node: &mut Node,
    monotonic_ms: u64,
    inputs: impl IntoIterator<Item = Input>,
) -> Vec<Output> {
    let mut all =
        vec![Input::Tick(Now { monotonic_ms, wall_ms: 1_700_000_000_000 + monotonic_ms })];
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
    turn(&mut node, 1500, []);
    turn(&mut node, 1510, []);
    assert_eq!(node.requests_left(), 0);
    let refused = turn(&mut node, 2990, []);
    let count = refused.iter().filter(|output| matches!(output, Output::Reply { .. })).count();
    assert_eq!(count, 3, "{refused:?}");
}

/// Whoever refuses it, and whenever: a connection may go on so for ever.
#[test]
fn a_watch_and_an_exec_that_are_refused_leave_nothing() {
    let of = |words: &[&str]| Command::of_words(words).expect("there is such a command");
    let full = Some(Shortage::of_room());
    for (order, level, shortage) in
        [(Order::Agreed, Level::Sequential, full), (Order::Merged, Level::Causal, None)]
    {
        let mut node = ready(order, level);
        node.turn(&mut vec![Input::DiskFull(shortage)], &mut vec![]);
        for _ in 0..100 {
            let watched = answer(&mut node, Some(of(&["WATCH", "k"])));
            assert_eq!(watched == Some(Reply::Ok), order == Order::Agreed);
            let set = of(&["SET", "k", "v", "NX"]);
            let list = Command::list(&[set]).expect("a SET may stand in a list");
            let reply = answer(&mut node, Some(list));
            assert!(matches!(reply, Some(Reply::Error(_))), "{reply:?}");
            assert!(node.sessions.rounds(SessionId(1)) <= 1);
        }
    }
}
