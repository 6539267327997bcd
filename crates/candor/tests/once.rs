//! Increments that are sent again until they are known, while leaders are killed: the counter ends
//! at the number of increments.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redis::Connection;

use support::{Cluster, PATIENCE};

const CLIENTS: usize = 4;
/// Each client sends so many at least, and goes on while leaders are killed.
const LEAST: usize = 50;
const KILLS: usize = 3;

/// What a client knows of its increments.
#[derive(Default)]
struct Heard {
    /// What the counter was after each.
    values: Vec<u64>,
    /// How many were sent more than once.
    again: usize,
}

fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()
}

/// A connection to this port, if somebody listens there.
fn connect(port: u16) -> Option<Connection> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).ok()?;
    let connection = client.get_connection_with_timeout(Duration::from_secs(1)).ok()?;
    connection.set_read_timeout(Some(PATIENCE)).ok()?;
    Some(connection)
}

/// Sends one increment until its answer is known, each time at the next node; and how often.
fn increment(
    id: &str,
    ports: &[u16],
    at: &mut usize,
    link: &mut Option<Connection>,
) -> (u64, usize) {
    let until = Instant::now() + 2 * PATIENCE;
    for sendings in 1.. {
        assert!(Instant::now() < until, "{id} is not known after {sendings} sendings");
        if link.is_none() {
            *at = (*at + 1) % ports.len();
            *link = connect(ports[*at]);
        }
        let Some(connection) = link else { continue };
        match redis::cmd("ONCE").arg(&[id, "INCR", "counter"]).query(connection) {
            Ok(value) => return (value, sendings),
            Err(error) => {
                let settles = error.code() == Some("ERR");
                assert!(!settles, "an increment is never refused for what it found: {error}");
                *link = None;
            }
        }
    }
    unreachable!("it is sent until its answer is known")
}

fn client(number: usize, ports: &[u16], over: &AtomicBool) -> Heard {
    let (mut at, mut link, mut heard) = (number, None, Heard::default());
    while !over.load(Ordering::Relaxed) || heard.values.len() < LEAST {
        let id = format!("{}-{number}.{}", now_ms(), heard.values.len());
        let (value, sendings) = increment(&id, ports, &mut at, &mut link);
        heard.values.push(value);
        heard.again += usize::from(sendings > 1);
    }
    heard
}

#[test]
fn increments_that_are_sent_again_count_once_whatever_leader_is_killed() {
    let mut cluster = Cluster::on_lasting_ports(3, &["--level", "linearizable"]);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    let (ports, over) = (cluster.ports(), Arc::new(AtomicBool::new(false)));
    let all = Mutex::new(vec![]);
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (ports, over, all) = (&ports, &over, &all);
            scope.spawn(move || {
                let heard = client(number, ports, over);
                all.lock().unwrap().push(heard);
            });
        }
        for _ in 0..KILLS {
            let leader = cluster.leader(&[0, 1, 2]);
            cluster.servers[leader].kill();
            let others: Vec<usize> = (0..3).filter(|place| *place != leader).collect();
            cluster.leader(&others);
            cluster.servers[leader].start();
            cluster.wait_until_ready();
        }
        over.store(true, Ordering::Relaxed);
    });
    let all = all.into_inner().unwrap();
    let count: usize = all.iter().map(|heard| heard.values.len()).sum();
    let mut values: Vec<u64> = all.iter().flat_map(|heard| heard.values.clone()).collect();
    values.sort_unstable();
    assert!(
        values.iter().copied().eq(1..=count as u64),
        "each value is the answer to one increment"
    );
    let value: u64 =
        redis::cmd("GET").arg("counter").query(&mut cluster.servers[0].client()).unwrap();
    assert_eq!(value, count as u64);
    assert!(all.iter().any(|heard| heard.again > 0), "a killed leader leaves some unknown");
}
