//! `candor export` and `candor import` with real servers: what goes into a file comes back out of
//! it, deadlines included, and what cannot is named.

mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use redis::{Commands, Connection, cmd};

use support::{Cluster, PATIENCE, Server, candor, free_ports, until};

const HOUR_MS: u64 = 3_600_000;

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn address(server: &Server) -> String {
    format!("127.0.0.1:{}", server.port)
}

/// It ended with this exit code; gives what it said, standard error behind the rest.
#[track_caller]
fn ended(output: &Output, exit_code: i32) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(exit_code), "{said}");
    said
}

#[track_caller]
fn export(server: &Server, arguments: &[&str], file: &Path) {
    let mut all = vec!["export", "--server"];
    let address = address(server);
    all.push(&address);
    all.extend(arguments);
    let output = candor().args(all).arg(file).output().unwrap();
    ended(&output, 0);
}

fn import(server: &Server, arguments: &[&str]) -> Output {
    let address = address(server);
    candor().args(["import", "--server", &address]).args(arguments).output().unwrap()
}

/// A server with keys of three keyspaces: `default`, agreed, and a merged one.
fn filled(deadline_ms: u64) -> Cluster {
    let cluster = Cluster::start(1, &["--level", "linearizable"]);
    let mut client = cluster.servers[0].client();
    create_carts(&mut client);
    for key in 0..600 {
        client.set::<_, _, ()>(format!("key:{key}"), format!("value {key}\n\"")).unwrap();
    }
    client.set::<_, _, ()>(&b"bytes:\xff"[..], &b"\x00\xfe"[..]).unwrap();
    client.set::<_, _, ()>("cart:7", "apples").unwrap();
    let set = cmd("SET").arg("gone:1").arg("soon").arg("PXAT").arg(deadline_ms).to_owned();
    set.exec(&mut client).unwrap();
    cluster
}

fn create_carts(client: &mut Connection) {
    let words = "CREATE carts PREFIX cart: ORDER merged LEVEL causal";
    cmd("KEYSPACE").arg(words.split(' ').collect::<Vec<_>>()).exec(client).unwrap();
}

#[track_caller]
fn check(client: &mut Connection, deadline_ms: u64) {
    for key in 0..600 {
        let value: String = client.get(format!("key:{key}")).unwrap();
        assert_eq!(value, format!("value {key}\n\""));
    }
    assert_eq!(client.get::<_, Vec<u8>>(&b"bytes:\xff"[..]).unwrap(), b"\x00\xfe");
    assert_eq!(client.get::<_, String>("cart:7").unwrap(), "apples");
    let at_ms: u64 = cmd("PEXPIRETIME").arg("gone:1").query(client).unwrap();
    assert_eq!(at_ms, deadline_ms);
}

#[test]
fn what_is_exported_is_imported_in_either_form() {
    let deadline_ms = now_ms() + HOUR_MS;
    let from = filled(deadline_ms);
    let home = tempfile::tempdir().unwrap();
    for (format, name) in [("jsonl", "keys.jsonl"), ("resp", "keys.resp")] {
        let file = home.path().join(name);
        export(&from.servers[0], &["--format", format], &file);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "nothing unfinished stays");
        let to = Cluster::start(1, &["--level", "linearizable"]);
        let mut client = to.servers[0].client();
        create_carts(&mut client);
        // The form is found by itself.
        let output = import(&to.servers[0], &[file.to_str().unwrap()]);
        let said = ended(&output, 0);
        assert!(said.starts_with("imported 603 keys into 127.0.0.1:"), "{said}");
        check(&mut client, deadline_ms);
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn an_export_may_go_to_standard_output_and_be_of_some_keys() {
    let from = filled(now_ms() + HOUR_MS);
    let address = address(&from.servers[0]);
    let all = ["export", "--server", &address, "--match", "*:7"];
    let output = candor().args(all).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let mut lines: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    lines.sort();
    let apples = r#"{"key":"cart:7","value":"apples"}"#;
    assert_eq!(lines, [apples, r#"{"key":"key:7","value":"value 7\n\""}"#]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("exported 2 keys"));
}

#[test]
fn a_key_that_is_over_is_left_out_and_what_is_refused_is_named() {
    let to = Cluster::start(1, &["--level", "linearizable"]);
    create_carts(&mut to.servers[0].client());
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("keys.jsonl");
    let path = file.to_str().unwrap();
    let write = |lines: &[&str]| std::fs::write(&file, lines.join("\n")).unwrap();
    let (good, over) =
        (r#"{"key":"a","value":"1"}"#, r#"{"key":"b","value":"2","expires_at_ms":1000}"#);

    write(&[good, over]);
    let said = ended(&import(&to.servers[0], &[path]), 0);
    assert!(said.contains("imported 1 keys") && said.contains("left out 1 keys whose"), "{said}");

    write(&[good, "", r#"{"key":"c","vlaue":"3"}"#]);
    let said = ended(&import(&to.servers[0], &[path]), 78);
    for part in [&format!("{path}:3:"), "unknown field `vlaue`", "keys written before: 1", "hint: "]
    {
        assert!(said.contains(part), "{said} lacks {part}");
    }

    let later = format!(r#"{{"key":"cart:1","value":"3","expires_at_ms":{}}}"#, now_ms() + HOUR_MS);
    write(&[good, &later, r#"{"key":"d","value":"4"}"#]);
    let said = ended(&import(&to.servers[0], &[path]), 1);
    for part in ["SET cart:1", &format!("{path}:2"), "was refused", "keys written before: 2"] {
        assert!(said.contains(part), "{said} lacks {part}");
    }

    let said = ended(&import(&to.servers[0], &["/nowhere/keys.jsonl"]), 78);
    assert!(said.contains("cannot open /nowhere/keys.jsonl"), "{said}");
    let nobody = format!("127.0.0.1:{}", free_ports(1)[0]);
    let output = candor().args(["export", "--server", &nobody]).output().unwrap();
    let said = ended(&output, 1);
    assert!(said.contains("cannot connect") && said.contains("hint: --server"), "{said}");
}

/// A Redis with these arguments, the port of it, and a client; none where it is not installed.
fn redis_with(home: &Path, arguments: &[&str]) -> Option<(Killed, u16, Connection)> {
    let port = free_ports(1)[0];
    let redis = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--port", &port.to_string(), "--dir", home.to_str().unwrap()])
        .args(arguments)
        .stdout(Stdio::null())
        .spawn();
    let Ok(redis) = redis else {
        eprintln!("redis-server is not installed: nothing is imported from it");
        return None;
    };
    let redis = Killed(redis);
    let password = arguments.last().filter(|_| arguments.contains(&"--requirepass"));
    let auth = password.map_or(String::new(), |password| format!(":{password}@"));
    let client = until("redis-server", || {
        let client = redis::Client::open(format!("redis://{auth}127.0.0.1:{port}/")).unwrap();
        client.get_connection_with_timeout(PATIENCE).ok()
    });
    Some((redis, port, client))
}

#[test]
fn an_older_redis_with_a_password_tells_its_deadlines_too() {
    let home = tempfile::tempdir().unwrap();
    let older = ["--rename-command", "PEXPIRETIME", "", "--requirepass", "secret"];
    let Some((_redis, port, mut client)) = redis_with(home.path(), &older) else { return };
    let deadline_ms = now_ms() + HOUR_MS;
    cmd("SET").arg("late").arg("x").arg("PXAT").arg(deadline_ms).exec(&mut client).unwrap();
    client.set::<_, _, ()>("stays", "x").unwrap();
    let to = Cluster::start(1, &["--level", "linearizable"]);
    let (address, redis) = (address(&to.servers[0]), format!("127.0.0.1:{port}"));
    let words = ["import", "--server", &address, "--from-redis", &redis];
    let said = ended(&candor().args(words).output().unwrap(), 1);
    assert!(said.contains("NOAUTH") && said.contains("REDISCLI_AUTH"), "{said}");
    let wrong = candor().args(words).env("REDISCLI_AUTH", "wrong").output().unwrap();
    assert!(ended(&wrong, 1).contains("was refused: WRONGPASS"));
    ended(&candor().args(words).env("REDISCLI_AUTH", "secret").output().unwrap(), 0);
    let mut client = to.servers[0].client();
    let at_ms = |client: &mut Connection, key: &str| -> i64 {
        cmd("PEXPIRETIME").arg(key).query(client).unwrap()
    };
    // What was asked after the clock was looked at is a little less, and never more.
    let late = at_ms(&mut client, "late") as u64;
    assert!(late <= deadline_ms && late > deadline_ms - HOUR_MS / 2, "{late}, {deadline_ms}");
    assert_eq!(at_ms(&mut client, "stays"), -1);
}

#[test]
fn keys_come_from_a_running_redis() {
    let home = tempfile::tempdir().unwrap();
    let Some((_redis, port, mut client)) = redis_with(home.path(), &[]) else { return };
    let deadline_ms = now_ms() + HOUR_MS;
    for key in 0..600 {
        client.set::<_, _, ()>(format!("key:{key}"), key).unwrap();
    }
    cmd("SET").arg("late").arg("x").arg("PXAT").arg(deadline_ms).exec(&mut client).unwrap();
    client.lpush::<_, _, ()>("a list", "x").unwrap();
    cmd("SELECT").arg(3).exec(&mut client).unwrap();
    client.set::<_, _, ()>("elsewhere", "x").unwrap();

    let to = Cluster::start(1, &["--level", "linearizable"]);
    let redis = format!("127.0.0.1:{port}");
    let said = ended(&import(&to.servers[0], &["--from-redis", &redis]), 1);
    let parts = ["imported 601 keys", "left out 1 keys of type list, such as a list", "db3:keys=1"];
    for part in parts {
        assert!(said.contains(part), "{said} lacks {part}");
    }
    let mut client = to.servers[0].client();
    assert_eq!(client.get::<_, u64>("key:599").unwrap(), 599);
    let at_ms: u64 = cmd("PEXPIRETIME").arg("late").query(&mut client).unwrap();
    assert_eq!(at_ms, deadline_ms);
    let again = import(&to.servers[0], &["--from-redis", &redis, "--skip-other-types"]);
    ended(&again, 0);
}

/// A process that is killed when the test is over.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
