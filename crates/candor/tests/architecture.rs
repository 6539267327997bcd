//! The arrows between the crates of the house: who may depend on whom. A new arrow is a bigger change
//! than any amount of code inside a crate; whoever wants one changes this test, and says why.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each crate, and the crates of ours that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("candor", &["lab", "server", "sim", "picture", "history"]),
    ("lab", &["history", "resp"]),
    ("picture", &["history"]),
    ("sim", &["node", "history"]),
    ("server", &["node", "resp"]),
    ("node", &[]),
    ("history", &[]),
    ("resp", &[]),
];

/// What the node must not have: a clock, sockets, files, threads or chance of its own come with these.
const BANNED_FROM_NODE: &[&str] =
    &["tokio", "mio", "socket2", "rustix", "rand", "getrandom", "tracing"];

/// The members of the workspace, each with what it depends on directly, tests' needs included.
fn members() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let needs = package["dependencies"].as_array().unwrap().iter().map(name).collect();
            (name(package), needs)
        })
        .collect()
}

#[test]
fn the_arrows_between_crates_are_those_of_the_design() {
    let members = members();
    let drawn: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let built: BTreeSet<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(built, drawn, "a crate came or went");
    for (name, allowed) in ARROWS {
        for other in members[*name].iter().filter(|other| drawn.contains(other.as_str())) {
            // A crate may have itself with other features in its tests.
            let allowed = allowed.iter().chain([name]).collect::<Vec<_>>();
            assert!(allowed.contains(&&other.as_str()), "{name} must not depend on {other}");
        }
    }
}

#[test]
fn the_node_has_no_world_among_its_dependencies() {
    let members = members();
    for banned in BANNED_FROM_NODE {
        assert!(!members["node"].contains(*banned), "node must not depend on {banned}");
    }
}
