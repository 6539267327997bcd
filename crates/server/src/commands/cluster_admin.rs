//! `CLUSTER-ADMIN`: who is in the cluster, who leads, and nodes that go away well. It is taken from
//! clients on this machine alone: there are no users yet who could be told apart.

use node::{ClusterTold, Command, MemberTold, NodeId, Reply};
use resp::parse_integer;

use super::spec::Call;
use super::{Action, Connection, render};

const NOT_LOCAL: &str = "DENIED CLUSTER-ADMIN is taken from clients on the node's own machine alone: there are no users yet. Hint: \
    run it there (candor cluster), or through a tunnel (ssh -L)";

/// `CLUSTER-ADMIN STATUS`
pub(super) fn status(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if !connection.is_local() {
        return refuse(connection, NOT_LOCAL, out);
    }
    let reply = told(call.context.cluster());
    render::write(&mut connection.writer(out), &reply);
    Action::Replied
}

/// `CLUSTER-ADMIN TRANSFER id`
pub(super) fn transfer(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if !connection.is_local() {
        return refuse(connection, NOT_LOCAL, out);
    }
    match parse_integer(&call.request[2]) {
        Some(id @ 1..) => {
            let command = Command::transfer(NodeId(id as u64));
            Action::Ask { level: None, command }
        }
        _ => refuse(connection, "ERR the id of a node is a number from 1 on", out),
    }
}

/// `CLUSTER-ADMIN DRAIN`: this node ends as upon SIGTERM. The reply comes before it begins, and the
/// connection is open until it has.
pub(super) fn drain(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if !connection.is_local() {
        return refuse(connection, NOT_LOCAL, out);
    }
    connection.writer(out).simple("OK");
    Action::Drain
}

fn refuse(connection: &mut Connection, text: &str, out: &mut Vec<u8>) -> Action {
    connection.writer(out).error(text);
    Action::Replied
}

/// What STATUS answers.
fn told(cluster: ClusterTold) -> Reply {
    let id = cluster.id.map(|id| value(format!("{id:016x}")));
    Reply::Map(vec![
        ("cluster", id.unwrap_or(Reply::Nil)),
        ("epoch", integer(cluster.epoch)),
        ("node", integer(cluster.node.0)),
        ("leader", cluster.leader.map_or(Reply::Nil, |leader| integer(leader.0))),
        ("term", integer(cluster.term.0)),
        ("commit", integer(cluster.commit.0)),
        ("applied", integer(cluster.applied.0)),
        ("members", Reply::Array(cluster.members.into_iter().map(member).collect())),
        ("under_way", value(cluster.under_way.unwrap_or_default())),
        ("last_change", value(cluster.last_change.unwrap_or_default())),
    ])
}

fn member(member: MemberTold) -> Reply {
    Reply::Map(vec![
        ("id", integer(member.id.0)),
        ("address", value(member.address)),
        ("role", value(member.role.into())),
        ("reachable", integer(member.reachable.into())),
        ("matched", member.matched.map_or(Reply::Nil, |matched| integer(matched.0))),
        ("lag", member.lag.map_or(Reply::Nil, integer)),
    ])
}

fn integer(number: u64) -> Reply {
    Reply::Integer(number as i64)
}

fn value(text: String) -> Reply {
    Reply::Value(text.into())
}
