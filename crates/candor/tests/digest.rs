//! Real processes of which one has a value that rots.

mod support;

use redis::Commands;

use support::{Cluster, until};

/// A failure at run time, and a bad configuration.
const FAILURE: i32 = 1;
const CONFIGURATION: i32 = 78;

#[test]
fn a_node_whose_value_rots_stops_and_the_others_go_on() {
    let mut cluster = Cluster::start(3, &["--test-mode", "--digest-interval", "200"]);
    let leader = cluster.leader(&[0, 1, 2]);
    let (rotted, other) = ((leader + 1) % 3, (leader + 2) % 3);
    let mut client = cluster.servers[other].client();
    client.set::<_, _, ()>("key", "value").unwrap();
    until("a digest that is equal", || {
        cluster.servers.iter().all(|server| server.figure("digest_equal_index") > 0).then_some(())
    });
    let mut there = cluster.servers[rotted].client();
    let changed: i64 = redis::cmd("DEBUG").arg(&["ROT", "key"]).query(&mut there).unwrap();
    assert_eq!(changed, 1);
    client.set::<_, _, ()>("other key", "value").unwrap();
    let server = &mut cluster.servers[rotted];
    assert_eq!(server.wait(), Some(FAILURE));
    let log = server.log();
    // The slot as CLUSTER KEYSLOT of Redis says it.
    for part in
        ["the agreed state of this node differs", "a majority of all 3 members", "in slot 12539"]
    {
        assert!(log.contains(part), "{log} lacks {part}");
    }
    let refused = server.try_start().expect_err("its state is not to be believed");
    let why = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(CONFIGURATION));
    assert!(why.contains("at the digest at index") && why.contains("--discard-state"), "{why}");
    for place in [leader, other] {
        let alarm = cluster.servers[place].info()["digest_alarm"].clone();
        assert!(
            alarm.ends_with(&format!("another agreed state on node {}", rotted + 1)),
            "{alarm}"
        );
    }
    client.set::<_, _, ()>("key", "later").unwrap();
    assert_eq!(client.get::<_, String>("key").unwrap(), "later");
}

#[test]
fn values_rot_in_test_mode_alone() {
    let cluster = Cluster::start(1, &[]);
    let mut client = cluster.servers[0].client();
    let refused = redis::cmd("DEBUG").arg(&["ROT", "key"]).query::<i64>(&mut client).unwrap_err();
    assert!(refused.to_string().contains("--test-mode"), "{refused}");
}
