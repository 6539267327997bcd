//! Members that come and go, with real processes: `candor serve --join`, `candor cluster`.

mod support;

use std::fs;
use std::process::{Command, Output};
use std::thread;

use redis::{Commands, RedisResult};
use serde_json::Value as Json;
use tempfile::TempDir;

use support::{PATIENCE, Recording, Server, lasting_ports, until};

const CONFIGURATION: Option<i32> = Some(78);
/// How many writes are acknowledged before and after each change.
const BETWEEN: u64 = 60;

/// A cluster that begins with one node; node n is at place n - 1.
struct Growing {
    servers: Vec<Server>,
    ports: Vec<u16>,
    temp: TempDir,
}

impl Growing {
    /// Node 1 by itself, at this level, and room for so many.
    fn new(most: usize, level: &str) -> Growing {
        let temp = tempfile::tempdir().unwrap();
        let ports = lasting_ports(2 * most);
        let servers = (1..=most).map(|id| {
            let address = format!("127.0.0.1:{}", ports[most + id - 1]);
            let flags = ["--id", &id.to_string(), "--level", level, "--peer-listen", &address];
            Server::new(&temp.path().join(id.to_string()), ports[id - 1], &flags)
        });
        let mut growing = Growing { servers: servers.collect(), ports, temp };
        growing.servers[0].start();
        growing.servers[0].wait_until_ready();
        growing
    }

    /// The same, of the nodes 1 to 3.
    fn of_three(most: usize, level: &str) -> Growing {
        let mut growing = Growing::new(most, level);
        growing.add(2);
        growing.add(3);
        growing
    }

    fn address(&self, id: usize) -> String {
        format!("127.0.0.1:{}", self.ports[self.servers.len() + id - 1])
    }

    /// The argument that names a member that is to come.
    fn named(&self, id: usize) -> String {
        format!("{id}={}", self.address(id))
    }

    /// Starts a node that asks node 1 or 2 to be taken in; gives what it says.
    fn join(&mut self, id: usize) -> String {
        let join = format!("{},{}", self.address(1), self.address(2));
        self.servers[id - 1].set_or_add_argument("--join", &join);
        self.servers[id - 1].start()
    }

    /// A node comes in, and serves.
    #[track_caller]
    fn add(&mut self, id: usize) {
        self.join(id);
        let said = self.done(1, &["add", &self.named(id)]);
        assert_eq!(said, format!("node {id} votes\n"));
        self.servers[id - 1].wait_until_ready();
    }

    /// `candor cluster`, asked of this node.
    fn cluster(&self, id: usize, arguments: &[&str]) -> Output {
        cluster(self.servers[id - 1].port, arguments)
    }

    /// The same, which is done; gives what it says.
    #[track_caller]
    fn done(&self, id: usize, arguments: &[&str]) -> String {
        let output = self.cluster(id, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, which is refused in these words.
    #[track_caller]
    fn refused(&self, id: usize, arguments: &[&str], needles: &[&str]) {
        let output = self.cluster(id, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        for needle in needles {
            assert!(said.contains(needle), "{said:?} lacks {needle:?}");
        }
    }

    fn status(&self, id: usize) -> Json {
        serde_json::from_str(&self.done(id, &["status", "--json"])).unwrap()
    }

    /// The ids of the members, as this node sees them.
    fn members(&self, id: usize) -> Vec<u64> {
        let status = self.status(id);
        let members = status["members"].as_array().unwrap();
        members.iter().map(|member| member["id"].as_u64().unwrap()).collect()
    }

    #[track_caller]
    fn leader(&self, asked: usize) -> usize {
        until("a leader", || self.status(asked)["leader"].as_u64()) as usize
    }

    /// This node has been removed, and stops, now and at every later start.
    #[track_caller]
    fn assert_is_gone(&mut self, id: usize) {
        let server = &mut self.servers[id - 1];
        until("it to end", || server.has_ended().then_some(()));
        assert_eq!(server.wait(), CONFIGURATION);
        let output = server.try_start().unwrap_err();
        assert_eq!(output.status.code(), CONFIGURATION);
        assert!(
            server.log().contains("this node was removed from its cluster"),
            "{}",
            server.log()
        );
    }
}

fn cluster(port: u16, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.args(["cluster", "--server", &format!("127.0.0.1:{port}")]);
    command.args(arguments).output().unwrap()
}

/// Waits until so many more writes are acknowledged.
#[track_caller]
fn go_on(recording: &Recording) {
    let before = recording.acknowledged();
    until("writes", || (recording.acknowledged() > before + BETWEEN).then_some(()));
}

#[test]
fn a_cluster_grows_from_one_to_three_and_loses_its_leader_under_load() {
    let mut growing = Growing::new(4, "linearizable");
    let recording = Recording::new("linearizable", 64);
    let ports = growing.ports[..4].to_vec();
    recording.during(&ports, || {
        for id in 2..=4 {
            go_on(&recording);
            growing.add(id);
        }
        go_on(&recording);
        let leader = growing.leader(1);
        // It says so itself.
        let said = growing.done(leader, &["remove", &leader.to_string()]);
        let gone = [
            format!("node {leader} is no member any more\n"),
            format!("node {leader} is removed\n"),
        ];
        assert!(gone.contains(&said), "{said}");
        growing.assert_is_gone(leader);
        go_on(&recording);
        // Another one, asked for at a member that stays.
        let asked = 1 + usize::from(leader == 1);
        let leader = growing.leader(asked);
        let other =
            (1..=4).find(|id| growing.members(asked).contains(&(*id as u64)) && *id != leader);
        let said = growing.done(other.unwrap(), &["remove", &leader.to_string()]);
        assert_eq!(said, format!("node {leader} is removed\n"));
        growing.assert_is_gone(leader);
        go_on(&recording);
    });
    let members = (1..=4).filter(|id| !growing.servers[id - 1].has_ended()).collect::<Vec<_>>();
    assert_eq!(members.len(), 2);
    let servers = members.iter().map(|id| &growing.servers[id - 1]);
    recording.judge(servers, growing.temp.path());
}

#[test]
fn all_members_get_new_addresses_at_once() {
    let mut growing = Growing::of_three(3, "linearizable");
    growing.servers[0].client().set::<_, _, ()>("key", "kept").unwrap();
    let ports = lasting_ports(3);
    let at = |id: usize| format!("127.0.0.1:{}", ports[id - 1]);
    let dial: Vec<String> = (1..=3).map(|id| format!("{id}={}", at(id))).collect();
    growing.servers.iter_mut().for_each(Server::kill);
    for (server, id) in growing.servers.iter_mut().zip(1..) {
        server.remove_argument("--join");
        server.set_argument("--peer-listen", &at(id));
        server.set_or_add_argument("--dial", &dial.join(","));
        // What a founder's unit file says anew counts no more: the log says who is where.
        server.set_or_add_argument("--peers", &dial.join(","));
        server.start();
    }
    growing.servers.iter().for_each(Server::wait_until_ready);
    for id in 1..=3 {
        let said = growing.done(1, &["move", &id.to_string(), &at(id)]);
        assert_eq!(said, format!("node {id} is at {}\n", at(id)));
    }
    let told =
        format!("node 2 is at {} by the log, too: --dial is not needed for it any more", at(2));
    until("node 3 goes by the log", || growing.servers[2].log().contains(&told).then_some(()));
    growing.servers.iter_mut().for_each(Server::kill);
    for server in &mut growing.servers {
        server.remove_argument("--dial");
        server.remove_argument("--peers");
        server.start();
    }
    growing.servers.iter().for_each(Server::wait_until_ready);
    assert_eq!(growing.servers[2].client().get("key"), Ok("kept".to_owned()));
}

#[test]
fn a_disk_that_is_lost_comes_back_as_another_member() {
    let mut growing = Growing::of_three(4, "linearizable");
    growing.servers[0].client().set::<_, _, ()>("key", "kept").unwrap();
    let leader = growing.leader(1);
    let (old, asked) = ((1..=3).find(|id| *id != leader).unwrap(), leader);
    growing.servers[old - 1].kill();
    fs::remove_dir_all(&growing.servers[old - 1].data_dir).unwrap();
    let old_id = old.to_string();
    growing.refused(
        asked,
        &["remove", &old_id],
        &[
            "only who is there can say where its merged log ends",
            &format!(
                "hint: bring it back, or, if it is lost for good: CLUSTER-ADMIN REMOVE LOSE {old}"
            ),
        ],
    );
    // Under its id it may not come back, whichever way it is started.
    let peers: Vec<String> = (1..=3).map(|id| growing.named(id)).collect();
    let mut again = growing.servers[old - 1]
        .twin(&growing.temp.path().join("again"), &["--peers", &peers.join(",")]);
    again.remove_argument("--join");
    let code = match again.try_start() {
        Ok(_) => again.wait(),
        Err(output) => output.status.code(),
    };
    assert_eq!(code, CONFIGURATION);
    let way = "started with a new directory, a new id, and --join instead of --peers";
    assert!(again.log().contains(way), "{}", again.log());
    growing.refused(
        asked,
        &["add", &growing.named(old)],
        &["is a member already", "hint: if its disk is lost", "REPLACE"],
    );
    growing.join(4);
    let said = growing.done(asked, &["replace", &old_id, &growing.named(4)]);
    assert_eq!(
        said,
        format!("node 4 votes; node {old} is removed; of its merged writes none is held\n")
    );
    growing.servers[3].wait_until_ready();
    assert_eq!(growing.servers[3].client().get("key"), Ok("kept".to_owned()));
    // Nor later: the id is gone.
    growing.refused(
        asked,
        &["add", &growing.named(old)],
        &["an id is never given again", "hint: take another one"],
    );
    let code = match growing.servers[old - 1].try_start() {
        Ok(_) => growing.servers[old - 1].wait(),
        Err(output) => output.status.code(),
    };
    assert_eq!(code, CONFIGURATION);
    let log = growing.servers[old - 1].log();
    assert!(
        log.contains("start it with a new directory and a new id, with --join, and add that"),
        "{log}"
    );
}

#[test]
fn what_a_merged_member_acknowledged_outlives_it() {
    let mut growing = Growing::new(4, "causal");
    growing.servers[0].client().set::<_, _, ()>("first", 1).unwrap();
    growing.add(2);
    growing.add(3);
    assert_eq!(
        until("what was there", || growing.servers[2]
            .client()
            .get::<_, Option<u64>>("first")
            .unwrap()),
        1
    );
    let port = growing.servers[2].port;
    let writer = thread::spawn(move || acknowledged_until_it_ends(port));
    let mut client = growing.servers[2].client();
    until("its writes", || client.get::<_, Option<u64>>("w:50").unwrap());
    assert_eq!(growing.done(1, &["remove", "3"]), "node 3 is removed\n");
    growing.assert_is_gone(3);
    let count = writer.join().unwrap();
    assert!(count >= 50);
    for id in [1, 2] {
        let mut client = growing.servers[id - 1].client();
        for number in 0..count {
            let value: Option<u64> = client.get(format!("w:{number}")).unwrap();
            assert_eq!(value, Some(number), "w:{number} at node {id}");
        }
    }
    // One that is lost: what the others hold of it is said.
    growing.add(4);
    growing.servers[3].client().set::<_, _, ()>("last", 4).unwrap();
    until("it to spread", || growing.servers[0].client().get::<_, Option<u64>>("last").unwrap());
    growing.servers[3].kill();
    let said = growing.done(1, &["remove", "--lose", "4"]);
    assert!(said.starts_with("node 4 is removed; its merged writes are held up to 1:"), "{said}");
    assert_eq!(growing.members(2), [1, 2]);
}

/// Writes w:0, w:1, … at this server as long as it takes them; gives how many were acknowledged.
fn acknowledged_until_it_ends(port: u16) -> u64 {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap();
    let mut connection = client.get_connection_with_timeout(PATIENCE).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut set =
        |number: u64| -> RedisResult<()> { connection.set(format!("w:{number}"), number) };
    (0..).take_while(|number| set(*number).is_ok()).count() as u64
}

#[test]
fn wrong_use_is_told() {
    let mut growing = Growing::of_three(4, "sequential");
    growing.refused(1, &["add", &growing.named(2)], &["node 2 is a member already"]);
    growing.refused(
        1,
        &["add", &format!("4={}", growing.address(2))],
        &["is the address of node 2"],
    );
    growing.refused(1, &["remove", "9"], &["node 9 is no member: the members are 1, 2, 3"]);
    growing.refused(1, &["transfer", "9"], &["node 9 is no member", "hint: "]);
    // Who comes is somewhere else than was said; status shows it.
    let line = growing.join(4);
    let hint = format!("waits to be added: candor cluster add {}", growing.named(4));
    assert!(line.contains(&hint), "{line}");
    let port = growing.servers[0].port;
    let adding = thread::spawn(move || cluster(port, &["add", "4=127.0.0.1:9"]));
    let elsewhere = format!("says that it receives its peers at {}", growing.address(4));
    until("status to say it", || {
        let leader = growing.leader(1);
        growing.status(leader)["under_way"].as_str().unwrap().contains(&elsewhere).then_some(())
    });
    growing.refused(
        2,
        &["add", &growing.named(4)],
        &["another change of members is under way: node 4 at 127.0.0.1:9"],
    );
    assert_eq!(growing.done(2, &["remove", "4"]), "node 4 is not added: that was taken back\n");
    let output = adding.join().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    // A second one of an id is turned away.
    let [port, peer_port] = lasting_ports(2)[..] else { panic!("two ports") };
    let mut second = growing.servers[3].twin(&growing.temp.path().join("second"), &[]);
    second.port = port;
    second.set_argument("--peer-listen", &format!("127.0.0.1:{peer_port}"));
    second.start();
    assert_eq!(growing.done(1, &["add", &growing.named(4)]), "node 4 votes\n");
    growing.servers[3].wait_until_ready();
    until("the second one to be turned away", || {
        let told =
            "a node is to join as node 4, which is a member already, with another data directory";
        growing.servers.iter().any(|server| server.log().contains(told)).then_some(())
    });
    assert_eq!(second.info()["ready"], "0");
    second.kill();
    // The last one stays.
    for id in ["4", "3", "2"] {
        growing.done(1, &["remove", id]);
    }
    growing.refused(
        1,
        &["remove", "1"],
        &["nobody would be left that votes", "hint: to end a cluster, stop its nodes"],
    );
    growing.servers[0].client().set::<_, _, ()>("key", 1).unwrap();
}

#[test]
fn who_joins_with_the_other_order_stops() {
    let mut growing = Growing::new(2, "linearizable");
    growing.servers[1].set_argument("--level", "causal");
    growing.join(2);
    let (port, named) = (growing.servers[0].port, growing.named(2));
    let adding = thread::spawn(move || cluster(port, &["add", &named]));
    let server = &mut growing.servers[1];
    until("it to end", || server.has_ended().then_some(()));
    assert_eq!(server.wait(), CONFIGURATION);
    assert!(server.log().contains("start it with a level of the same order"), "{}", server.log());
    // It learns already, so its id is used up.
    assert_eq!(growing.done(1, &["remove", "2"]), "node 2 is removed before it voted\n");
    assert_eq!(adding.join().unwrap().status.code(), Some(1));
    growing.refused(1, &["add", &growing.named(2)], &["an id is never given again"]);
    growing.servers[0].client().set::<_, _, ()>("key", 1).unwrap();
}

#[test]
fn members_come_back_by_their_directories() {
    let mut growing = Growing::of_three(3, "linearizable");
    growing.servers[1].client().set::<_, _, ()>("key", "kept").unwrap();
    let restart = |growing: &mut Growing| {
        growing.servers.iter_mut().for_each(|server| server.kill());
        growing.servers.iter_mut().for_each(|server| drop(server.start()));
        growing.servers.iter().for_each(Server::wait_until_ready);
        for server in &growing.servers {
            assert_eq!(server.client().get("key"), Ok("kept".to_owned()));
        }
        assert_eq!(growing.members(3), [1, 2, 3]);
    };
    growing.servers.iter_mut().for_each(|server| server.remove_argument("--join"));
    restart(&mut growing);
    // Who the members are says the log, whatever flags say.
    growing.servers[2].set_or_add_argument("--join", "127.0.0.1:9");
    restart(&mut growing);
    growing.servers[2].remove_argument("--join");
    let peers = format!("1=127.0.0.1:9,{},{}", growing.named(2), growing.named(3));
    growing.servers[2].set_or_add_argument("--peers", &peers);
    restart(&mut growing);
}
