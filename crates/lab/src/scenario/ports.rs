//! The field `port_number`: three ports for each server, or four, none of them twice.

use std::collections::HashMap;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;

use super::fields::{Problems, kind, no_such_server, quoted, read_integer};
use super::source::Place;
use super::{NamedPorts, Ports};

/// What a fourth port is for, once servers listen there.
const FOURTH: &str = "admin";

/// Reads the ports of all servers, if there are as many as `servers` says.
pub(super) fn read_ports(
    value: &Value<'_>,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<Vec<NamedPorts>> {
    let Value::Object(object) = value else {
        let what = format!(
            "port_number is an object of lists, {{\"0\": [3000, 3001, 3002], …}}, not {}",
            kind(value)
        );
        return problems.add(value, what);
    };
    let mut by_server: HashMap<usize, Option<NamedPorts>> = HashMap::new();
    let mut users: HashMap<u16, (String, Place)> = HashMap::new();
    for field in &object.properties {
        let Some(server) = read_server_name(field.name.as_str(), field, servers, problems) else {
            continue;
        };
        if by_server.contains_key(&server) {
            problems.add::<()>(field, format!("server {server} has its ports twice; keep one"));
            continue;
        }
        by_server.insert(server, read_ports_of_one(&field.value, server, &mut users, problems));
    }
    all_ports(object, by_server, servers?, problems)
}

/// The ports of all servers in order, if all are there.
fn all_ports(
    object: &Object<'_>,
    by_server: HashMap<usize, Option<NamedPorts>>,
    servers: usize,
    problems: &mut Problems<'_>,
) -> Option<Vec<NamedPorts>> {
    let missing: Vec<String> = (0..servers)
        .filter(|server| !by_server.contains_key(server))
        .map(|server| format!("\"{server}\""))
        .collect();
    if !missing.is_empty() {
        let what = format!(
            "num_servers is {servers}, but no ports are named for {}; name three for each server, \
             or leave out port_number to have free ones found",
            missing.join(", ")
        );
        return problems.add(object, what);
    }
    (0..servers).map(|server| by_server.get(&server).copied().flatten()).collect()
}

fn read_server_name(
    name: &str,
    node: &impl Ranged,
    servers: Option<usize>,
    problems: &mut Problems<'_>,
) -> Option<usize> {
    let number = name.parse().ok().filter(|number: &usize| number.to_string() == name);
    match (number, servers) {
        (None, _) => {
            let what = format!("{} is no server; servers are \"0\", \"1\" …", quoted(name));
            problems.add(node, what)
        }
        (Some(number), Some(servers)) if number >= servers => {
            problems.add(node, no_such_server(number as u64, servers))
        }
        (Some(number), _) => Some(number),
    }
}

/// Three ports that are used, and perhaps a fourth, which is kept for later.
fn read_ports_of_one(
    value: &Value<'_>,
    server: usize,
    users: &mut HashMap<u16, (String, Place)>,
    problems: &mut Problems<'_>,
) -> Option<NamedPorts> {
    let Value::Array(array) = value else {
        let what = format!("the ports of server {server} are a list of three, not {}", kind(value));
        return problems.add(value, what);
    };
    if !(3..=4).contains(&array.elements.len()) {
        let what = format!(
            "server {server} needs three ports, for clients, peers and ZeroMQ clients, or a fourth \
             for admin; here are {}",
            array.elements.len()
        );
        return problems.add(value, what);
    }
    // Collected first, so that each of them is complained about.
    let mut port = |value| {
        let port = read_integer(value, "a port", 1..=u64::from(u16::MAX), problems)?;
        Some((u16::try_from(port).ok()?, value))
    };
    let ports: Vec<Option<(u16, &Value<'_>)>> = array.elements.iter().map(&mut port).collect();
    let purposes = Ports::PURPOSES.iter().chain([&FOURTH]);
    for (purpose, (port, value)) in purposes.zip(&ports).filter_map(|(p, port)| Some((p, (*port)?)))
    {
        let user = format!("server {server}, {purpose}");
        if let Some((first, place)) = users.get(&port) {
            let what = format!(
                "port {port} ({user}) is used twice: {first}, has it at {place}; take another"
            );
            problems.add::<()>(value, what);
        } else {
            users.insert(port, (user, problems.place(value)));
        }
    }
    let all: Vec<(u16, &Value<'_>)> = ports.into_iter().collect::<Option<_>>()?;
    let [clients, peers, zmq] = *all.first_chunk()?;
    Some(NamedPorts {
        ports: Ports { clients: clients.0, peers: peers.0, zmq: zmq.0 },
        places: [clients.1, peers.1, zmq.1].map(|value| problems.place(value)),
    })
}
