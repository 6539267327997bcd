//! Limits with real processes: what writes may need is a value of the cluster, set at any node, the
//! same everywhere, and outlives kills.

mod support;

use redis::{Commands, Connection, RedisResult, cmd};

use support::{Cluster, Server, until};

/// What `CONFIG GET` says of a setting.
fn setting(server: &Server, name: &str) -> String {
    let told: Vec<String> = cmd("CONFIG").arg("GET").arg(name).query(&mut server.client()).unwrap();
    told[1].clone()
}

fn configure(client: &mut Connection, name: &str, value: &str) -> RedisResult<String> {
    cmd("CONFIG").arg("SET").arg(name).arg(value).query(client)
}

/// Sets keys until one is refused: how many were not.
fn fill(client: &mut Connection) -> u64 {
    let value = "v".repeat(1000);
    for number in 0.. {
        let set: RedisResult<()> = client.set(format!("key-{number}"), &value);
        let Err(error) = set else { continue };
        let text = error.to_string();
        assert!(text.contains("OOM") && text.contains("used memory > 'maxmemory"), "{text}");
        return number;
    }
    unreachable!("a number has an end")
}

/// Waits until all nodes tell the same of this setting.
fn wait_until_equal(cluster: &Cluster, name: &str, value: &str) {
    for server in &cluster.servers {
        until("the limit", || (setting(server, name) == value).then_some(()));
    }
}

#[test]
fn a_limit_that_is_set_at_a_follower_holds_everywhere_and_for_good() {
    let mut cluster = Cluster::start(3, &["--level", "linearizable"]);
    let leader = cluster.leader(&[0, 1, 2]);
    let follower = (leader + 1) % 3;
    let mut client = cluster.servers[follower].client();
    assert_eq!(configure(&mut client, "maxmemory", "100kb"), Ok("OK".into()));
    wait_until_equal(&cluster, "maxmemory", "102400");
    // A key of 5 or 6 bytes, a value of 1000, and 64.
    let filled = fill(&mut cluster.servers[leader].client());
    assert!((95..=97).contains(&filled), "{filled}");
    let refused: RedisResult<i64> = client.incr("n", 1);
    assert!(refused.unwrap_err().to_string().contains("OOM"));
    assert_eq!(client.get("key-0"), Ok("v".repeat(1000)), "reads go on");
    assert_eq!(client.del("key-0"), Ok(1), "and removals, which make room");
    assert_eq!(client.set("k", "v"), Ok(()));

    for server in &mut cluster.servers {
        server.kill();
    }
    for server in &mut cluster.servers {
        server.start();
    }
    cluster.wait_until_ready();
    wait_until_equal(&cluster, "maxmemory", "102400");
    let mut client = cluster.servers[follower].client();
    let set: RedisResult<()> = client.set("key-0", "v".repeat(1000));
    assert_eq!(set, Ok(()), "it was not too much");
    let more: RedisResult<()> = client.set("other", "v");
    assert!(more.unwrap_err().to_string().contains("OOM"));
    let figures: Vec<u64> =
        cluster.servers.iter().map(|server| server.figure("used_memory_dataset")).collect();
    assert!(figures.iter().all(|bytes| (102_401..103_500).contains(bytes)), "{figures:?}");
    assert_eq!(configure(&mut client, "maxmemory", "0"), Ok("OK".into()));
    assert_eq!(client.set("other", "v"), Ok(()));
}

#[test]
fn a_cluster_begins_with_the_limit_of_its_flag_and_another_one_is_told() {
    let mut cluster = Cluster::start(1, &["--level", "linearizable", "--maxmemory", "5kb"]);
    let server = &mut cluster.servers[0];
    until("the limit", || (setting(server, "maxmemory") == "5120").then_some(()));
    assert_eq!(fill(&mut server.client()), 5);
    server.kill();
    server.set_argument("--maxmemory", "9kb");
    server.start();
    server.wait_until_ready();
    assert_eq!(setting(server, "maxmemory"), "5120", "what the cluster has holds");
    let log = server.log();
    assert!(log.contains("was started with maxmemory 9216, and the cluster has 5120"), "{log}");
    assert!(log.contains("hint: CONFIG SET maxmemory"), "{log}");
}

#[test]
fn a_cluster_begins_with_the_limits_of_once_of_its_flags_and_others_are_told() {
    let flags = ["--level", "linearizable", "--once-retention-ms", "5000", "--once-ids", "7"];
    let mut cluster = Cluster::start(1, &flags);
    let server = &mut cluster.servers[0];
    until("the limits", || (setting(server, "once-retention-ms") == "5000").then_some(()));
    assert_eq!([setting(server, "once-ids"), setting(server, "once-ahead-ms")], ["7", "500"]);
    server.kill();
    server.set_argument("--once-retention-ms", "9000");
    server.start();
    server.wait_until_ready();
    assert_eq!(setting(server, "once-retention-ms"), "5000", "what the cluster has holds");
    let log = until("the difference to be told", || {
        Some(server.log()).filter(|log| log.contains("started with once-retention-ms 9000"))
    });
    assert!(log.contains("the cluster has 5000"), "{log}");
    server.kill();
    server.set_argument("--once-ids", "0");
    let output = server.try_start().unwrap_err();
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn a_merged_limit_is_that_of_the_node_that_is_asked() {
    let cluster = Cluster::start(3, &["--level", "causal"]);
    let [asked, other, _] = &cluster.servers[..] else { panic!("there are three") };
    let mut client = asked.client();
    assert_eq!(configure(&mut client, "maxmemory-merged", "5kb"), Ok("OK".into()));
    assert_eq!(setting(asked, "maxmemory-merged"), "5120");
    assert_eq!(setting(other, "maxmemory-merged"), "0");
    assert_eq!(fill(&mut client), 5);
    assert_eq!(other.client().set("more", "v"), Ok(()));
    until("what another node took", || {
        let found: Option<String> = client.get("more").unwrap();
        (found.as_deref() == Some("v")).then_some(())
    });
    let absent: RedisResult<i64> = client.del("nobody has this key");
    assert!(absent.unwrap_err().to_string().contains("OOM"), "it would leave a record");
    assert_eq!(client.del("key-0"), Ok(1));
    assert!(asked.figure("used_memory_dataset_merged") < 5120);
    assert_eq!(client.set("k", "v"), Ok(()));
}

#[test]
fn limits_are_settings_and_one_client_too_many_is_told() {
    let flags = ["--level", "linearizable", "--maxclients", "3", "--max-key-size", "10"];
    let cluster = Cluster::start(1, &[&flags[..], &["--max-pipeline", "1"]].concat());
    let server = &cluster.servers[0];
    let mut client = server.client();
    for (name, value) in [("maxclients", "3"), ("max-key-size", "10"), ("max-pipeline", "1")] {
        let told: Vec<String> = cmd("CONFIG").arg("GET").arg(name).query(&mut client).unwrap();
        assert_eq!(told, [name, value]);
        let error = configure(&mut client, name, "7").unwrap_err().to_string();
        assert!(error.contains("can't set immutable config"), "{error}");
    }
    let long: RedisResult<()> = client.set("eleven bytes", "v");
    assert!(long.unwrap_err().to_string().contains("key exceeds maximum allowed size"));
    // A pipeline that is longer than what may be unanswered is answered all the same.
    let mut pipe = redis::pipe();
    for number in 0..100 {
        pipe.set("k", number);
    }
    assert_eq!(pipe.query::<Vec<String>>(&mut client).unwrap().len(), 100);
    let port = server.figure("tcp_port");
    let open = || redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap();
    // Who was the last to ask may still be there for a moment.
    let kept: Vec<Connection> =
        (0..2).map(|_| until("a place", || open().get_connection().ok())).collect();
    assert!(open().get_connection().is_err(), "there are three");
    drop(kept);
}
