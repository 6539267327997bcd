//! Bounded reads and levels in order of preference, by real processes that stand still (SIGSTOP).

mod support;

use std::time::{Duration, Instant};

use redis::{Commands, Connection, RedisResult};
use rustix::process::Signal;

use support::{Cluster, until};

/// What a connection of the node is told that names no level.
fn set(client: &mut Connection, levels: &[&str]) {
    redis::cmd("CONSISTENCY").arg("SET").arg(levels).exec(client).unwrap();
}

fn last(client: &mut Connection) -> (String, Option<u64>) {
    redis::cmd("CONSISTENCY").arg("LAST").query(client).unwrap()
}

/// Three nodes that hold `key`, and the place of one that follows.
fn three() -> (Cluster, usize) {
    let cluster = Cluster::start(3, &["--level", "sequential"]);
    let follower = (cluster.leader(&[0, 1, 2]) + 1) % 3;
    cluster.servers[follower].client().set::<_, _, ()>("key", "old").unwrap();
    (cluster, follower)
}

/// All but this one stand still, or go on.
fn signal_others(cluster: &Cluster, own: usize, signal: Signal) {
    let others = cluster.servers.iter().enumerate().filter(|(place, _)| *place != own);
    others.for_each(|(_, server)| server.signal(signal));
}

#[test]
fn a_node_that_hears_nobody_says_that_it_is_stale() {
    let (cluster, own) = three();
    let mut client = cluster.servers[own].client();
    set(&mut client, &["bounded:400", "STRICT"]);
    let get = |client: &mut Connection| client.get::<_, String>("key");
    until("a round", || get(&mut client).ok());
    let (level, stale_ms) = last(&mut client);
    assert_eq!(level, "bounded:400");
    assert!(stale_ms.unwrap() <= 400, "{stale_ms:?}");
    signal_others(&cluster, own, Signal::STOP);
    let refused = until("its bound to pass", || get(&mut client).err());
    assert_eq!(refused.code(), Some("STALE"), "{refused}");
    // Who prefers an answer gets one, and is told what it is worth.
    set(&mut client, &["linearizable:5ms", "sequential"]);
    assert_eq!(get(&mut client).as_deref(), Ok("old"));
    let (level, stale_ms) = last(&mut client);
    assert_eq!(level, "sequential");
    assert!(stale_ms.unwrap() > 400, "{stale_ms:?}");
    signal_others(&cluster, own, Signal::CONT);
    until("a majority", || {
        get(&mut client).unwrap();
        (last(&mut client) == ("linearizable".into(), Some(0))).then_some(())
    });
}

#[test]
fn a_node_that_stood_still_does_not_take_what_it_knew_for_new() {
    const BOUND: Duration = Duration::from_millis(300);
    let (cluster, own) = three();
    let (still, other) = (&cluster.servers[own], &cluster.servers[(own + 1) % 3]);
    let mut client = still.client();
    set(&mut client, &["bounded:300", "STRICT"]);
    until("a round", || client.get::<_, String>("key").ok());
    still.signal(Signal::STOP);
    until("the others", || other.client().set::<_, _, ()>("key", "new").ok());
    let written = Instant::now();
    until("the bound to pass", || (written.elapsed() > BOUND).then_some(()));
    let seen: RedisResult<String> = std::thread::scope(|scope| {
        let asked = scope.spawn(|| client.get("key"));
        still.signal(Signal::CONT);
        asked.join().unwrap()
    });
    match seen {
        Ok(value) => assert_eq!(value, "new"),
        Err(error) => assert_eq!(error.code(), Some("STALE"), "{error}"),
    }
    until("what was written meanwhile", || {
        let seen: RedisResult<String> = client.get("key");
        assert_ne!(seen.as_deref().ok(), Some("old"), "it was committed longer ago than the bound");
        seen.ok()
    });
}
