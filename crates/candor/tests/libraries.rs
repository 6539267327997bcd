//! Client libraries that people have, as they use them, on three nodes: redis-py, ioredis and
//! node-redis, which know nothing of Candor. (The `redis` crate is at work in the other tests.)

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::packages::{node_clients, redis_py};
use support::{Cluster, Program};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libraries").join(name)
}

/// Starts redis-py at all nodes; `None`: there is none here.
fn python(name: &str, what: &str, cluster: &Cluster) -> Option<Program> {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", redis_py()?).env("PYTHONDONTWRITEBYTECODE", "1");
    python.arg(script(name)).arg(what);
    python.args(cluster.ports().iter().map(u16::to_string));
    Some(Program::start(&mut python))
}

/// Starts a program for Node.js at all nodes; `None`: there is none here.
fn node(name: &str, level: &str, cluster: &Cluster) -> Option<Program> {
    let mut node = Command::new("node");
    node.env("NODE_PATH", node_clients()?).arg(script(name)).arg(level);
    node.args(cluster.ports().iter().map(u16::to_string));
    Some(Program::start(&mut node))
}

/// All three, one after the other, on one cluster.
fn everyday(level: &str) {
    let cluster = Cluster::start(3, &["--level", level]);
    if let Some(program) = python("redis_py.py", level, &cluster) {
        program.end();
    }
    for name in ["ioredis.cjs", "node_redis.cjs"] {
        if let Some(program) = node(name, level, &cluster) {
            program.end();
        }
    }
}

#[test]
fn libraries_do_real_work_at_linearizable() {
    everyday("linearizable");
}

#[test]
fn libraries_do_real_work_at_sequential() {
    everyday("sequential");
}

#[test]
fn libraries_do_real_work_at_causal() {
    everyday("causal");
}

#[test]
fn asynchronous_clients_of_redis_py_share_counters_and_seats() {
    let cluster = Cluster::start(3, &[]);
    if let Some(program) = python("redis_py_crowds.py", "at-once", &cluster) {
        program.end();
    }
}

#[test]
fn transactions_of_redis_py_lose_nothing_when_a_leader_is_killed() {
    let mut cluster = Cluster::start(3, &[]);
    let Some(mut program) = python("redis_py_crowds.py", "killed", &cluster) else { return };
    program.hear("all move");
    let leader = cluster.leader(&[0, 1, 2]);
    cluster.servers[leader].kill();
    program.say(&leader.to_string());
    program.end();
}
