//! `candor recover` with real servers: what survivors hold of a cluster that lost its majority goes
//! on as another cluster, and what is no survivor is refused.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{SystemTime, UNIX_EPOCH};

use redis::{Commands, Connection, cmd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use support::{Cluster, Server, candor, lasting_ports, until};

const HOUR_MS: u64 = 3_600_000;
const KEYS: u64 = 200;

/// It ended with this exit code; gives what it said, standard error behind the rest.
#[track_caller]
fn ended(output: &Output, exit_code: i32) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(exit_code), "{said}");
    said
}

fn recover(survivors: &[&Path], new: &Path, more: &[&str]) -> Output {
    candor().arg("recover").args(survivors).arg("--data-dir").arg(new).args(more).output().unwrap()
}

/// It is refused with this exit code and in these words, and nothing is made.
#[track_caller]
fn refused(survivors: &[&Path], new: &Path, exit_code: i32, needles: &[&str]) {
    let said = ended(&recover(survivors, new, &["--force"]), exit_code);
    for needle in needles {
        assert!(said.contains(needle), "{said} lacks {needle}");
    }
    assert!(!new.exists(), "nothing is made");
}

#[track_caller]
fn contains(said: &str, needles: &[&str]) {
    for needle in needles {
        assert!(said.contains(needle), "{said} lacks {needle}");
    }
}

/// All files in a directory, with what is in them.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => drop(all.insert(path.clone(), fs::read(&path).unwrap())),
        }
    }
    all
}

fn create(client: &mut Connection, words: &str) {
    cmd("KEYSPACE").arg("CREATE").arg(words.split(' ').collect::<Vec<_>>()).exec(client).unwrap();
}

fn token(client: &mut Connection) -> String {
    cmd("CONSISTENCY").arg("TOKEN").query(client).unwrap()
}

fn once(client: &mut Connection, deadline_ms: u64) -> u64 {
    let id = format!("{}-order7", deadline_ms - HOUR_MS);
    cmd("ONCE").arg(id).arg("INCR").arg("book:orders").query(client).unwrap()
}

#[test]
fn what_survivors_hold_goes_on_as_another_cluster() {
    let mut cluster = Cluster::on_lasting_ports(5, &["--level", "causal"]);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    let (one, other, lost) = (0, 1, 2);
    let mut client = cluster.servers[one].client();
    create(&mut client, "books PREFIX book: ORDER agreed LEVEL linearizable");
    let deadline_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let deadline_ms = deadline_ms + HOUR_MS;
    cmd("SET").arg("book:late").arg("x").arg("PXAT").arg(deadline_ms).exec(&mut client).unwrap();
    assert_eq!(once(&mut client, deadline_ms), 1);
    for (place, server) in cluster.servers.iter().enumerate() {
        let mut client = server.client();
        until("the keyspace", || client.exists::<_, bool>("book:late").ok());
        client.incr::<_, _, i64>("count", 10).unwrap();
        client.set::<_, _, ()>(format!("of:{place}"), place).unwrap();
        client.set::<_, _, ()>(format!("gone:{place}"), place).unwrap();
    }
    for server in &cluster.servers {
        let mut client = server.client();
        until("all merged writes everywhere", || {
            (client.get::<_, u64>("count").unwrap() == 50
                && (0..5).all(|place| client.exists(format!("gone:{place}")).unwrap()))
            .then_some(())
        });
    }
    let old_token = token(&mut client);
    for place in [one, other] {
        let mut client = cluster.servers[place].client();
        for key in 0..KEYS {
            client.set::<_, _, ()>(format!("book:{place}:{key}"), key).unwrap();
        }
    }

    // Three are lost right behind the last answer. Of the two that survive each writes while the
    // other one is down.
    let before = cluster.servers[other].info();
    let address = format!("127.0.0.1:{}", cluster.servers[lost].peer_port());
    for place in [2, 3, 4, other] {
        cluster.servers[place].kill();
    }
    (2..5).for_each(|place| fs::remove_dir_all(&cluster.servers[place].data_dir).unwrap());
    for place in [one, other] {
        if place == other {
            cluster.servers[other].start();
            until("it to serve by itself", || {
                (cluster.servers[other].info()["ready"] == "1").then_some(())
            });
        }
        let mut client = cluster.servers[place].client();
        client.incr::<_, _, i64>("count", 100).unwrap();
        client.del::<_, ()>(format!("gone:{place}")).unwrap();
        client.set::<_, _, ()>(format!("last:{place}"), "x").unwrap();
        assert_eq!(client.get::<_, u64>("count").unwrap(), 150, "it lacks those of the other");
        cluster.servers[place].kill();
    }

    let directory = |place: usize| cluster.servers[place].data_dir.clone();
    let (one_dir, other_dir) = (directory(one), directory(other));
    let survivors = [&one_dir, &other_dir].map(|path| files(path));
    let (new, id) = (cluster.directory().join("new"), (lost + 1).to_string());
    let said = ended(&recover(&[&one_dir, &other_dir], &new, &[]), 1);
    contains(
        &said,
        &[
            "epoch 1: what its survivors hold",
            &format!("lost: node {id} ({address}): its merged log is held up to {id}.1: "),
            "lost: node 4 (",
            "lost: node 5 (",
            "a member whose directory is not named counts as lost",
            "taken: the agreed log of node ",
            "nothing was made\n  hint: --force says that this is meant",
        ],
    );
    assert!(!said.contains("majority") && !new.exists(), "nobody said that it is meant: {said}");

    // One of them by itself has its own merged writes, and all agreed ones.
    let alone = cluster.directory().join("alone");
    ended(&recover(&[&one_dir], &alone, &["--force"]), 0);
    let more = ["--force", "--id", &id, "--peer-listen", &address];
    let said = ended(&recover(&[&other_dir, &one_dir], &new, &more), 0);
    contains(&said, &[", epoch 2", "start it: candor serve --id 3 --data-dir ", " --level causal"]);
    assert_eq!([&one_dir, &other_dir].map(|path| files(path)), survivors, "they stay as they are");

    let causal = ["--level", "causal"];
    let more = ["--id", &id, "--peer-listen", &address, "--level", "causal"];
    let mut alone = Server::new(&alone, 0, &causal);
    let mut server = Server::new(&new, 0, &more);
    for (server, of_other) in [(&mut alone, false), (&mut server, true)] {
        server.start();
        server.wait_until_ready();
        let mut client = server.client();
        for (place, key) in
            [one, other].into_iter().flat_map(|it| (0..KEYS).map(move |key| (it, key)))
        {
            let value = client.get::<_, Option<u64>>(format!("book:{place}:{key}"));
            assert_eq!(value.unwrap(), Some(key));
        }
        let at_ms: u64 = cmd("PEXPIRETIME").arg("book:late").query(&mut client).unwrap();
        assert_eq!(at_ms, deadline_ms);
        assert_eq!(once(&mut client, deadline_ms), 1, "it has run");
        let mut exists =
            |key: &str, place: usize| -> bool { client.exists(format!("{key}:{place}")).unwrap() };
        assert!(
            (0..5).all(|place| exists("of", place)) && (2..5).all(|place| exists("gone", place))
        );
        assert!(exists("last", one) && !exists("gone", one));
        assert_eq!((exists("last", other), exists("gone", other)), (of_other, !of_other));
        assert_eq!(client.get::<_, u64>("count").unwrap(), if of_other { 250 } else { 150 });
    }
    alone.kill();
    let mut client = server.client();
    assert_eq!(client.incr::<_, _, u64>("count", 1).unwrap(), 251);
    let now = server.info();
    for name in ["raft_applied", "raft_term", "boot"] {
        let [now, before] = [&now, &before].map(|info| info[name].parse::<u64>().unwrap());
        assert!(now > before, "{name}: {now} after {before}");
    }
    let mut wait = cmd("CONSISTENCY");
    let refused = wait.arg("WAITFOR").arg(&old_token).exec(&mut client).unwrap_err();
    contains(&refused.to_string(), &["the token is of another cluster"]);

    // Who belonged to the old cluster is turned away, and a new one comes in.
    cluster.servers[other].start();
    until("the old node to be turned away", || {
        cluster.servers[other].log().contains("it is part of another cluster").then_some(())
    });
    assert_eq!(server.info()["members"], id);
    cluster.servers[other].kill();
    let [port, peer] = lasting_ports(2)[..] else { panic!("two were asked for") };
    let (joiner, peer) = (cluster.directory().join("joiner"), format!("127.0.0.1:{peer}"));
    let flags = ["--id", "9", "--peer-listen", &peer, "--join", &address, "--level", "causal"];
    let mut joiner = Server::new(&joiner, port, &flags);
    joiner.start();
    let asked = format!("127.0.0.1:{}", server.port);
    let add = ["cluster", "add", "--server", &asked, &format!("9={peer}")];
    ended(&candor().args(add).output().unwrap(), 0);
    joiner.wait_until_ready();
    let mut client = joiner.client();
    assert_eq!(client.get::<_, u64>("book:0:7").unwrap(), 7);
    until("what was merged to arrive", || {
        (client.get::<_, Option<u64>>("count").unwrap() == Some(251)).then_some(())
    });
    // It is as durable as any other.
    server.kill();
    server.start();
    server.wait_until_ready();
    assert_eq!(server.client().get::<_, u64>("count").unwrap(), 251);
}

#[test]
fn what_is_no_survivor_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let mut nodes: Vec<Server> = ["one", "two"]
        .map(|name| Server::new(&temp.path().join(name), 0, &[]))
        .into_iter()
        .collect();
    let new = temp.path().join("new");
    for node in &mut nodes {
        node.start();
        node.wait_until_ready();
    }
    let [one, two] = [0, 1].map(|place: usize| nodes[place].data_dir.clone());
    refused(&[&one], &new, 1, &["a node runs on ", "one\n  hint: end it first"]);
    nodes.iter_mut().for_each(Server::kill);
    let (one, two) = (one.as_path(), two.as_path());
    refused(&[one, one], &new, 78, &["are both of node 1\n  hint: "]);
    refused(&[one, two], &new, 78, &["are both of node 1\n  hint: "]);
    let empty = temp.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for path in [&temp.path().join("nowhere"), &empty, &one.join("identity")] {
        refused(&[one, path], &new, 78, &["is no data directory of a node", "hint: "]);
    }
    ended(&recover(&[], &new, &["--force"]), 2);
    for within in ["new", "a/b/../new", "log/new"] {
        let within = one.join(within);
        refused(&[one], &within, 78, &["is within ", "the directory of a survivor\n  hint: "]);
    }
    let (identity, elsewhere) = (one.join("identity"), temp.path().join("identity"));
    fs::rename(&identity, &elsewhere).unwrap();
    refused(&[one], &new, 78, &["one has a log, and no file identity beside it", "hint: "]);
    fs::write(&identity, "candor 1\nnode one\n").unwrap();
    refused(&[one], &new, 78, &["one/identity does not say whose", "hint: "]);
    fs::rename(&elsewhere, &identity).unwrap();

    // Another cluster, whose node has another id.
    let mut third = Server::new(&temp.path().join("three"), 0, &["--id", "3"]);
    third.start();
    third.wait_until_ready();
    third.kill();
    let needles = ["three: it is of cluster ", ", and those before it are of cluster ", "hint: "];
    refused(&[one, &third.data_dir], &new, 78, &needles);

    // A log that was put in the place of another one.
    fs::rename(one.join("log"), temp.path().join("log")).unwrap();
    refused(&[one], &new, 78, &[]);
    fs::rename(two.join("log"), one.join("log")).unwrap();
    refused(&[one], &new, 78, &["belong to different data directories"]);
    fs::remove_dir_all(one.join("log")).unwrap();
    fs::rename(temp.path().join("log"), one.join("log")).unwrap();

    let said = ended(&recover(&[one], &empty, &["--force", "--peer-listen", "nowhere"]), 78);
    assert!(said.contains("nowhere"), "{said}");
    let said = ended(&recover(&[one], &third.data_dir, &["--force"]), 78);
    assert!(said.contains("is not empty: there is "), "{said}");
    ended(&recover(&[one], &empty, &["--force"]), 0);
}

/// The same, by somebody at a terminal who answers this.
fn at_a_terminal(survivor: &Path, new: &Path, more: &[&str], answer: &str) -> Output {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = PathBuf::from(ptsname(&terminal, vec![]).unwrap().into_string().unwrap());
    let stdin = fs::File::options().read(true).write(true).open(name).unwrap();
    rustix::io::write(&terminal, answer.as_bytes()).unwrap();
    let mut command = candor();
    command.arg("recover").arg(survivor).arg("--data-dir").arg(new).args(more).stdin(stdin);
    command.output().unwrap()
}

#[test]
fn somebody_at_a_terminal_is_asked() {
    let cluster = Cluster::start(1, &["--level", "linearizable"]);
    let mut server = cluster.servers.into_iter().next().unwrap();
    server.client().set::<_, _, ()>("key", 1).unwrap();
    server.kill();
    let temp = tempfile::tempdir().unwrap();
    let new = temp.path().join("new");
    const ASKED: &str = "the first node of a new cluster of this? (yes/no) ";
    for answer in ["no\n", "y\n", "\n", "\u{4}"] {
        let output = at_a_terminal(&server.data_dir, &new, &["--force"], answer);
        contains(&ended(&output, 1), &["with 1 keys", ASKED, "only \"yes\" is taken for yes"]);
    }
    let said = ended(&at_a_terminal(&server.data_dir, &new, &[], "yes\n"), 1);
    assert!(!said.contains(ASKED) && said.contains("--force says that this is meant"), "{said}");
    ended(&at_a_terminal(&server.data_dir, &new, &["--yes"], "yes\n"), 2);
    assert!(!new.exists(), "nobody has said yes");
    let said = ended(&at_a_terminal(&server.data_dir, &new, &["--force"], "yes\n"), 0);
    contains(&said, &[ASKED, ", epoch 2"]);
    let unasked = temp.path().join("unasked");
    let output = at_a_terminal(&server.data_dir, &unasked, &["--force", "--yes"], "");
    assert!(!ended(&output, 0).contains(ASKED));
}

/// Up to where the frames of the newest segment of a log are whole.
fn whole_bytes(data_dir: &Path) -> usize {
    let told = candor().args(["log", "inspect"]).arg(data_dir).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let line = told.lines().rfind(|line| line.contains(" bytes  whole")).expect("it is whole");
    let of = line.split(" of ").next().unwrap();
    of.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn harm_to_a_survivor_is_named_and_nothing_is_mended() {
    let cluster = Cluster::start(1, &["--level", "linearizable"]);
    let mut server = cluster.servers.into_iter().next().unwrap();
    let mut client = server.client();
    for key in 0..20 {
        client.set::<_, _, ()>(format!("key:{key}"), key).unwrap();
    }
    cmd("BGSAVE").exec(&mut client).unwrap();
    until("a snapshot", || (server.figure("snapshot_number") > 0).then_some(()));
    client.set::<_, _, ()>("behind", 1).unwrap();
    server.kill();
    let data_dir = server.data_dir.clone();
    let temp = tempfile::tempdir().unwrap();
    let segment = data_dir.join("log/00000000000000000001.log");
    let good = fs::read(&segment).unwrap();
    let end = whole_bytes(&data_dir);

    // A torn tail is no harm, and stays.
    let mut torn = good.clone();
    torn[end..end + 5].copy_from_slice(b"torn!");
    fs::write(&segment, &torn).unwrap();
    let new = temp.path().join("torn");
    let said = ended(&recover(&[&data_dir], &new, &["--force"]), 0);
    contains(&said, &["ends in 5 bytes that are no frame", "snapshot at", "with 21 keys"]);
    assert!(fs::read(&segment).unwrap() == torn, "nobody cut it");

    // Nor is a snapshot that is bad, as long as the log reaches back.
    fs::write(&segment, &good).unwrap();
    let snapshots = fs::read_dir(data_dir.join("snapshots")).unwrap();
    let snapshot = snapshots.map(|entry| entry.unwrap().path()).max().unwrap();
    let mut bytes = fs::read(&snapshot).unwrap();
    bytes[4100] ^= 1;
    fs::write(&snapshot, &bytes).unwrap();
    let new = temp.path().join("without");
    let said = ended(&recover(&[&data_dir], &new, &["--force"]), 0);
    contains(&said, &["is wrong; what was before it is taken", "with 21 keys"]);
    assert!(snapshot.exists(), "it keeps its name");

    // What was synced and is not there is.
    let new = temp.path().join("new");
    let mut harmed = good.clone();
    harmed[end - 200] ^= 1;
    fs::write(&segment, &harmed).unwrap();
    let (place, file) = (data_dir.to_str().unwrap(), segment.to_str().unwrap());
    refused(&[&data_dir], &new, 78, &[place, file, "is damaged", "leave the directory out"]);
    assert!(fs::read(&segment).unwrap() == harmed, "nothing is changed");
    fs::rename(&segment, data_dir.join("log/00000000000000000002.log")).unwrap();
    refused(&[&data_dir], &new, 78, &[place, "hint: "]);
    fs::remove_dir_all(data_dir.join("log")).unwrap();
    refused(&[&data_dir], &new, 78, &[place, "hint: "]);
}
