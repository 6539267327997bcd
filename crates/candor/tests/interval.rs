//! A keyspace that is synced every second, in real processes.

mod support;

use redis::{Commands, Connection, Value};

use support::{Cluster, Server, until};

/// A cluster with such a keyspace, of which all nodes know.
fn cluster() -> Cluster {
    let mut cluster = Cluster::on_lasting_ports(3, &["--level", "linearizable"]);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    let create = "CREATE cache PREFIX cache: ORDER merged LEVEL eventual DURABILITY interval";
    let mut create_in = redis::cmd("KEYSPACE");
    create_in.arg(create.split(' ').collect::<Vec<_>>());
    create_in.query::<Value>(&mut cluster.servers[0].client()).unwrap();
    for server in &cluster.servers {
        let knows = || {
            let info = server.info();
            info["keyspaces"] == "2" && info["keyspace_under_way"].is_empty()
        };
        until("all to know", || knows().then_some(()));
    }
    cluster
}

fn has(client: &mut Connection, key: &str) -> bool {
    client.exists(key).unwrap()
}

#[test]
fn what_was_answered_outlasts_an_end_and_comes_to_the_others() {
    let mut cluster = cluster();
    let leader = cluster.leader(&[0, 1, 2]);
    for place in [(leader + 1) % 3, leader] {
        let key = format!("cache:{place}");
        let server = &mut cluster.servers[place];
        let mut client = server.client();
        client.set::<_, _, ()>(&key, "x").unwrap();
        assert_eq!(client.incr::<_, _, i64>("cache:n", 1).unwrap(), 1);
        client.del::<_, ()>("cache:n").unwrap();
        assert!(has(&mut client, &key));
        assert_eq!(server.end(), Some(0));
        server.start();
        until("a key to be back", || has(&mut server.client(), &key).then_some(()));
        for server in &cluster.servers {
            until("a key to come", || has(&mut server.client(), &key).then_some(()));
        }
    }
    let error = redis::cmd("GET@CAUSAL").arg("cache:0").query::<Value>(&mut client(&cluster));
    assert_eq!(error.unwrap_err().code(), Some("CONSISTENCY"));
}

fn client(cluster: &Cluster) -> Connection {
    cluster.servers[0].client()
}

#[test]
fn a_second_later_it_outlasts_a_kill() {
    let mut cluster = cluster();
    let unsynced = |server: &Server| server.figure("unsynced_keys");
    let server = &mut cluster.servers[1];
    let mut client = server.client();
    for number in 0..100 {
        client.set::<_, _, ()>(format!("cache:{number}"), "x").unwrap();
    }
    let listed: Vec<String> = client.keys("cache:*").unwrap();
    assert_eq!(listed.len(), 100);
    until("a second to pass", || (unsynced(server) == 0).then_some(()));
    assert!(server.figure("unsynced_last_ms") > 0);
    client.set::<_, _, ()>("cache:last", "x").unwrap();
    server.kill();
    server.start();
    until("a node to serve", || server.client().exists::<_, bool>("cache:0").ok());
    let mut client = server.client();
    let there = (0..100).filter(|number| has(&mut client, &format!("cache:{number}")));
    assert_eq!(there.count(), 100);
}
