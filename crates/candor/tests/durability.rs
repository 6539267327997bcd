//! What a server has acknowledged, it has: also after it was killed in the middle of writes, or its
//! machine lost its power.

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use redis::{Commands, Connection};

use support::{Cluster, Server, until};

const WRITERS: usize = 8;
/// How many writes are acknowledged before a server is killed.
const ACKNOWLEDGED: u64 = 500;
/// How often a machine loses its power.
const POWER_LOSSES: u64 = 8;

/// What became of the writes to one key: 1, 2, 3 and so on, one after the other.
struct Outcome {
    /// The last that was acknowledged.
    acknowledged: u64,
    /// The last that was sent.
    sent: u64,
}

/// Each writer writes its own key, on its own connection, until that breaks; meanwhile, once enough
/// is acknowledged, the server is killed.
fn write_until_killed(clients: Vec<Connection>, from: u64, kill: impl FnOnce()) -> Vec<Outcome> {
    write_until(ACKNOWLEDGED, clients, from, kill)
}

fn write_until(
    enough: u64,
    clients: Vec<Connection>,
    from: u64,
    kill: impl FnOnce(),
) -> Vec<Outcome> {
    let acknowledged = AtomicU64::new(0);
    thread::scope(|scope| {
        let writers: Vec<_> = clients
            .into_iter()
            .enumerate()
            .map(|(writer, client)| {
                let acknowledged = &acknowledged;
                scope.spawn(move || write(writer, client, from, acknowledged))
            })
            .collect();
        until("enough writes", || (acknowledged.load(Ordering::Relaxed) >= enough).then_some(()));
        kill();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

fn write(writer: usize, mut client: Connection, from: u64, acknowledged: &AtomicU64) -> Outcome {
    let mut sent = from;
    loop {
        sent += 1;
        match client.set::<_, _, ()>(key(writer), sent) {
            Ok(()) => acknowledged.fetch_add(1, Ordering::Relaxed),
            Err(_) => return Outcome { acknowledged: sent - 1, sent },
        };
    }
}

fn key(writer: usize) -> String {
    format!("writer-{writer}")
}

/// Each key has the last value that was acknowledged, or the one that was on its way.
#[track_caller]
fn check(client: &mut Connection, outcomes: &[Outcome]) {
    for (writer, outcome) in outcomes.iter().enumerate() {
        let value: u64 = client.get(key(writer)).unwrap();
        assert!(
            (outcome.acknowledged..=outcome.sent).contains(&value),
            "writer {writer}: {} was acknowledged, {} was sent, and {value} is there",
            outcome.acknowledged,
            outcome.sent
        );
    }
}

/// A node by itself is killed again and again.
#[track_caller]
fn killed_alone(level: &str) {
    let mut cluster = Cluster::start(1, &["--level", level]);
    let server = &mut cluster.servers[0];
    let mut from = 0;
    for _ in 0..3 {
        let clients = (0..WRITERS).map(|_| server.client()).collect();
        let outcomes = write_until_killed(clients, from, || server.kill());
        server.start();
        server.wait_until_ready();
        check(&mut server.client(), &outcomes);
        from = outcomes.iter().map(|outcome| outcome.sent).max().unwrap();
    }
}

#[test]
fn an_agreed_write_survives_kill_9() {
    killed_alone("linearizable");
}

#[test]
fn a_merged_write_survives_kill_9() {
    killed_alone("eventual");
}

/// The machine of a server loses its power: what was not synced is gone, or by chance of this seed
/// some of it.
fn power_off(server: &mut Server, seed: u64) {
    let seed = (seed > 0).then(|| seed.to_string());
    let mut power_off = redis::cmd("DEBUG");
    power_off.arg("DISK").arg("POWER-OFF").arg(seed);
    power_off.exec(&mut server.client()).expect_err("nobody is there any more to answer");
    assert_eq!(server.wait(), None, "it ended by a signal");
}

/// A node by itself loses its power again and again.
#[track_caller]
fn powered_off_alone(level: &str) {
    let mut cluster = Cluster::start(1, &["--test-mode", "--level", level]);
    let server = &mut cluster.servers[0];
    let mut from = 0;
    for seed in 0..POWER_LOSSES {
        let clients = (0..WRITERS).map(|_| server.client()).collect();
        let outcomes = write_until(100, clients, from, || power_off(server, seed));
        server.start();
        server.wait_until_ready();
        check(&mut server.client(), &outcomes);
        from = outcomes.iter().map(|outcome| outcome.sent).max().unwrap();
    }
}

#[test]
fn an_agreed_write_survives_a_power_loss() {
    powered_off_alone("linearizable");
}

#[test]
fn a_merged_write_survives_a_power_loss() {
    powered_off_alone("eventual");
}

#[test]
fn a_cluster_survives_a_power_loss_of_all() {
    let mut cluster = Cluster::start(3, &["--test-mode"]);
    for seed in 0..3 {
        let clients = (0..WRITERS).map(|writer| cluster.servers[writer % 3].client()).collect();
        let servers = &mut cluster.servers;
        let outcomes = write_until(100, clients, 1000 * seed, || {
            servers.iter_mut().for_each(|server| power_off(server, seed));
        });
        cluster.servers.iter_mut().for_each(|server| drop(server.start()));
        cluster.wait_until_ready();
        for server in &cluster.servers {
            check(&mut server.client(), &outcomes);
        }
    }
}

#[test]
fn a_cluster_survives_kill_9_of_its_leader() {
    let mut cluster = Cluster::start(3, &[]);
    let leader = cluster.leader(&[0, 1, 2]);
    let others: Vec<_> = (0..3).filter(|place| *place != leader).collect();
    let clients = (0..WRITERS).map(|_| cluster.servers[leader].client()).collect();
    let outcomes = write_until_killed(clients, 0, || cluster.servers[leader].kill());
    cluster.leader(&others);
    for place in &others {
        cluster.servers[*place].wait_until_ready();
        check(&mut cluster.servers[*place].client(), &outcomes);
    }
    cluster.servers[leader].start();
    cluster.wait_until_ready();
    check(&mut cluster.servers[leader].client(), &outcomes);
}

#[test]
fn a_cluster_survives_kill_9_of_all() {
    let mut cluster = Cluster::start(3, &[]);
    let clients = (0..WRITERS).map(|writer| cluster.servers[writer % 3].client()).collect();
    let outcomes =
        write_until_killed(clients, 0, || cluster.servers.iter_mut().for_each(|each| each.kill()));
    for server in &mut cluster.servers {
        server.start();
    }
    cluster.wait_until_ready();
    for server in &cluster.servers {
        check(&mut server.client(), &outcomes);
    }
}

/// One after the other, each write has a sync of its own; together, they share them.
#[test]
fn no_write_is_acknowledged_before_a_sync() {
    for level in ["linearizable", "eventual"] {
        let cluster = Cluster::start(1, &["--level", level]);
        let server = &cluster.servers[0];
        let mut client = server.client();
        let syncs = || (server.figure("log_syncs"), server.figure("log_groups"));

        let before = syncs();
        for value in 0..50 {
            client.set::<_, _, ()>("alone", value).unwrap();
        }
        let alone = syncs();
        assert!(alone.0 - before.0 >= 50, "{level}: 50 writes, {} syncs", alone.0 - before.0);
        assert!(alone.1 - before.1 >= 50, "{level}: 50 writes, {} groups", alone.1 - before.1);

        let mut pipeline = redis::pipe();
        for value in 0..1000 {
            pipeline.set(format!("together-{value}"), value).ignore();
        }
        pipeline.query::<()>(&mut client).unwrap();
        let together = syncs();
        assert!(together.0 > alone.0, "{level}: 1000 writes without a sync");
        assert!(together.0 - alone.0 < 500, "{level}: {} syncs", together.0 - alone.0);

        for value in 0..50 {
            let _: Option<u64> = client.get(format!("together-{value}")).unwrap();
        }
        assert_eq!(syncs().0, together.0, "{level}: reads need no sync");
    }
}
