//! Versions that roll: nodes of the build before members could change go forward, back, and forward
//! again under load; once the cluster is finalized none goes back.
//!
//! The earlier build is made from git, once, below `target/earlier`. That takes minutes, so it is
//! asked for, as the gate does: `CANDOR_VERSIONS=1 cargo test -p candor --test versions`.
//! `CANDOR_EARLIER` names a program that is taken instead.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use support::{Cluster, Server, until};

/// The last commit whose logs know no members that come and go.
const EARLIER: &str = "154a06f3abf4335d2f2e877e52413d1eaa3dbd47";

/// The program of the earlier build; nothing, with a line, where its history is missing.
fn earlier() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("CANDOR_EARLIER") {
        return Some(program.into());
    }
    if std::env::var_os("CANDOR_VERSIONS").is_none() {
        println!("skipped: CANDOR_VERSIONS=1 has the earlier version built, which takes minutes");
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let git = |arguments: &[&str]| {
        let status = Command::new("git").current_dir(&root).args(arguments).status();
        status.is_ok_and(|status| status.success())
    };
    let sources = root.join("target/earlier/sources");
    let program = root.join("target/earlier/target/debug/candor");
    if program.exists() {
        return Some(program);
    }
    if !git(&["cat-file", "-e", &format!("{EARLIER}^{{commit}}")]) {
        println!("skipped: this clone has no history back to {EARLIER}");
        return None;
    }
    if sources.exists() {
        // An attempt before this one came to no end.
        std::fs::remove_dir_all(&sources).unwrap();
    }
    let path = sources.to_str().expect("a path in UTF-8");
    assert!(git(&["clone", "--quiet", "--shared", "--no-checkout", ".", path]), "git clone");
    assert!(git(&["-C", path, "checkout", "--quiet", EARLIER]), "git checkout");
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(&sources).args(["build", "--quiet", "-p", "candor"]);
    build.env("CARGO_TARGET_DIR", root.join("target/earlier/target"));
    build.env("CARGO_PROFILE_DEV_DEBUG", "0");
    assert!(build.status().unwrap().success(), "the earlier build");
    Some(program)
}

/// Starts a server again as this program.
fn roll(server: &mut Server, program: Option<&Path>) {
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait(), Some(0), "{}", server.log());
    server.program = program.map(Path::to_owned);
    server.start();
    server.wait_until_ready();
}

/// What `candor cluster` says at this server, and whether it was done.
fn cluster(server: &Server, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    let address = format!("127.0.0.1:{}", server.port);
    let output = command.args(["cluster", "--server", &address]).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Writes one key after the other, each until somebody has it, and gives how many are written.
fn write_until(over: &AtomicBool, ports: &[u16]) -> u64 {
    let mut written = 0;
    let mut at = 0;
    while !over.load(Ordering::Relaxed) {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", ports[at])).unwrap();
        let wait = Duration::from_secs(5);
        if let Ok(mut connection) = client.get_connection_with_timeout(wait) {
            connection.set_read_timeout(Some(wait)).unwrap();
            while !over.load(Ordering::Relaxed) {
                let mut set = redis::cmd("SET");
                set.arg(format!("key:{written}")).arg(written);
                match set.query::<()>(&mut connection) {
                    Ok(()) => written += 1,
                    Err(_) => break,
                }
            }
        }
        at = (at + 1) % ports.len();
    }
    written
}

#[test]
fn nodes_of_the_version_before_roll_forward_and_back_until_the_cluster_is_finalized() {
    let Some(earlier) = earlier() else { return };
    let earlier = earlier.as_path();
    let mut nodes = Cluster::on_lasting_ports(3, &[]);
    for server in &mut nodes.servers {
        server.program = Some(earlier.to_owned());
        server.start();
    }
    nodes.wait_until_ready();
    let over = Arc::new(AtomicBool::new(false));
    let load = thread::spawn({
        let (over, ports) = (over.clone(), nodes.ports());
        move || write_until(&over, &ports)
    });
    for program in [None, Some(earlier), None] {
        for server in &mut nodes.servers {
            roll(server, program);
        }
        if program.is_none() {
            let (done, text) = cluster(&nodes.servers[0], &["add", "4=127.0.0.1:9"]);
            assert!(!done && text.contains("founded by an earlier version"), "{text}");
        }
    }
    // One that may still be of the earlier version holds it up.
    nodes.servers[2].kill();
    nodes.servers[1].signal(rustix::process::Signal::TERM);
    nodes.servers[1].wait();
    nodes.servers[1].start();
    nodes.servers[1].wait_until_ready();
    let (done, text) = cluster(&nodes.servers[1], &["finalize"]);
    assert!(!done && text.contains("node 3 did not say"), "{text}");
    nodes.servers[2].start();
    nodes.servers[2].wait_until_ready();
    until("all to say what they understand", || {
        cluster(&nodes.servers[1], &["finalize"]).0.then_some(())
    });
    // From now on there is no way back: the earlier version stops before what it does not know.
    let last = &mut nodes.servers[2];
    last.signal(rustix::process::Signal::TERM);
    last.wait();
    last.program = Some(earlier.to_owned());
    if last.try_start().is_ok() {
        assert_eq!(last.wait(), Some(78));
    }
    assert!(last.log().contains("A newer version of Candor wrote it"), "{}", last.log());
    last.program = None;
    last.start();
    last.wait_until_ready();
    over.store(true, Ordering::Relaxed);
    let written = load.join().unwrap();
    assert!(written > 100, "only {written} keys were written");
    let mut client = nodes.servers[0].client();
    for key in 0..written {
        let value: Option<u64> =
            redis::cmd("GET").arg(format!("key:{key}")).query(&mut client).unwrap();
        assert_eq!(value, Some(key), "of {written}");
    }
}
