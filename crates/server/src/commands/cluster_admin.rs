//! `CLUSTER-ADMIN`: who is in the cluster, who leads, and nodes that go away well. It is taken from
//! clients on this machine alone: there are no users yet who could be told apart.

use node::{ClusterTold, Command, MemberChange, MemberTold, NodeId, Reply};
use resp::parse_integer;

use super::spec::Call;
use super::{Action, Connection, render};
use crate::options::is_address;

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
    match id(call, 2) {
        Ok(id) => Action::Ask { level: None, command: Command::transfer(id) },
        Err(why) => refuse(connection, why, out),
    }
}

/// `CLUSTER-ADMIN ADD id HOST:PORT`
pub(super) fn add(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    change(connection, out, || {
        Ok(MemberChange::Add { id: id(call, 2)?, address: address(call, 3)? })
    })
}

/// `CLUSTER-ADMIN REMOVE id` or `CLUSTER-ADMIN REMOVE LOSE id [id …]`
pub(super) fn remove(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    change(connection, out, || {
        let lose = call.request[2].eq_ignore_ascii_case(b"lose");
        let first = if lose { 3 } else { 2 };
        let ids: Vec<NodeId> =
            (first..call.request.len()).map(|place| id(call, place)).collect::<Result<_, _>>()?;
        match ids.len() {
            0 => Err(NO_ID),
            1 => Ok(MemberChange::Remove { ids, lose }),
            _ if !lose => Err(ONE_BY_ONE),
            _ => Ok(MemberChange::Remove { ids, lose }),
        }
    })
}

/// `CLUSTER-ADMIN REPLACE old new HOST:PORT`
pub(super) fn replace(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    change(connection, out, || {
        let (old, new) = (id(call, 2)?, id(call, 3)?);
        Ok(MemberChange::Replace { old, new, address: address(call, 4)? })
    })
}

/// `CLUSTER-ADMIN FINALIZE`
pub(super) fn finalize(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if !connection.is_local() {
        return refuse(connection, NOT_LOCAL, out);
    }
    Action::Ask { level: None, command: Command::finalize() }
}

/// `CLUSTER-ADMIN MOVE id HOST:PORT`
pub(super) fn move_to(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    change(connection, out, || {
        Ok(MemberChange::Move { id: id(call, 2)?, address: address(call, 3)? })
    })
}

/// Asks for a change of members, if it makes sense and the client may.
fn change(
    connection: &mut Connection,
    out: &mut Vec<u8>,
    read: impl FnOnce() -> Result<MemberChange, &'static str>,
) -> Action {
    if !connection.is_local() {
        return refuse(connection, NOT_LOCAL, out);
    }
    match read() {
        Ok(change) => Action::Ask { level: None, command: Command::change_members(&change) },
        Err(why) => refuse(connection, why, out),
    }
}

fn id(call: &Call<'_>, place: usize) -> Result<NodeId, &'static str> {
    match parse_integer(&call.request[place]) {
        Some(id @ 1..) => Ok(NodeId(id as u64)),
        _ => Err(NO_ID),
    }
}

fn address(call: &Call<'_>, place: usize) -> Result<String, &'static str> {
    let text = str::from_utf8(&call.request[place]).ok();
    let address = text.filter(|text| text.len() <= ADDRESS_BYTES_MAX && is_address(text));
    address.filter(|text| !text.ends_with(":0")).map(str::to_owned).ok_or(NO_ADDRESS)
}

/// The longest address, in bytes: that is part of the format.
const ADDRESS_BYTES_MAX: usize = 256;
const NO_ID: &str = "ERR the id of a node is a number from 1 on";
const NO_ADDRESS: &str =
    "ERR the address is HOST:PORT, where the node receives its peers, as in 10.0.0.4:7100";
const ONE_BY_ONE: &str = "ERR members that are there are removed one by one. Hint: those that are lost go together: REMOVE LOSE id id";

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
    let removed = cluster
        .removed
        .iter()
        .map(|(id, index)| Reply::Map(vec![("id", integer(id.0)), ("index", integer(index.0))]));
    let joining = cluster.joining.iter().map(|(id, address)| {
        Reply::Map(vec![("id", integer(id.0)), ("address", value(address.clone()))])
    });
    let (removed, joining) = (removed.collect::<Vec<_>>(), joining.collect::<Vec<_>>());
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
        ("version", integer(cluster.version)),
        ("newest_version", integer(cluster.newest_version)),
        ("removed", Reply::Array(removed)),
        ("joining", Reply::Array(joining)),
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
        ("version", integer(member.version)),
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
