//! A session that wanders between real processes with its token reads what it has written.

mod support;

use redis::{Commands, Connection};

use support::Cluster;

const STEPS: usize = 150;

/// Writes at one node, and reads at the next one right behind the token.
fn wander(level: &str) {
    let cluster = Cluster::start(3, &["--level", level]);
    let mut clients: Vec<Connection> = cluster.servers.iter().map(|it| it.client()).collect();
    for step in 0..STEPS {
        let (here, there) = (step % 3, (step + 1) % 3);
        clients[here].set::<_, _, ()>("key", step).unwrap();
        let token: String =
            redis::cmd("CONSISTENCY").arg("TOKEN").query(&mut clients[here]).unwrap();
        let (ok, seen): (String, usize) = redis::pipe()
            .cmd("CONSISTENCY")
            .arg(&["WAITFOR", &token])
            .cmd("GET")
            .arg("key")
            .query(&mut clients[there])
            .unwrap();
        assert_eq!((ok.as_str(), seen), ("OK", step), "{level}");
    }
}

#[test]
fn a_session_that_wanders_reads_its_writes() {
    wander("sequential");
    wander("causal");
}

#[test]
fn a_token_of_another_cluster_is_refused() {
    let [here, there] = [(); 2].map(|()| Cluster::start(1, &[]));
    let mut client = here.servers[0].client();
    client.set::<_, _, ()>("key", "value").unwrap();
    let token: String = redis::cmd("CONSISTENCY").arg("TOKEN").query(&mut client).unwrap();
    let mut other = there.servers[0].client();
    let refused = redis::cmd("CONSISTENCY").arg(&["WAITFOR", &token]).exec(&mut other).unwrap_err();
    assert_eq!(refused.code(), Some("CONSISTENCY"), "{refused}");
    let mine: String = redis::cmd("CONSISTENCY").arg("TOKEN").query(&mut other).unwrap();
    let refused =
        redis::cmd("CONSISTENCY").arg(&["MERGE", &token, &mine]).exec(&mut client).unwrap_err();
    assert_eq!(refused.code(), Some("CONSISTENCY"), "{refused}");
}
