//! The arrows between the crates of the house: who may depend on whom. A new arrow is a bigger
//! change than any amount of code inside a crate; whoever wants one changes this test, and says
//! why. Inside of a crate, no files import each other in a cycle.

#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/tokens.rs"]
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use imports::{Arrows, House, cycles};
use serde_json::Value;

/// Each crate, and the crates of ours that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    // Its tests alone name the node: they hold the lab's operations against the table of commands.
    ("candor", &["lab", "server", "sim", "picture", "history", "node"]),
    ("lab", &["history", "resp"]),
    ("picture", &["history"]),
    ("sim", &["node", "history"]),
    ("server", &["node", "resp"]),
    ("node", &[]),
    ("history", &[]),
    ("resp", &[]),
];

/// What the node must not have: a clock, sockets, files, threads or chance of its own come with
/// these.
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

/// Files of one crate that may know each other in a cycle, by the names of the files; and why.
const CYCLES: &[(&str, &[&str])] = &[
    // COMMAND is itself a row of the table that it tells of.
    ("server", &["table.rs", "catalogue.rs", "documentation.rs"]),
];

/// The cycles of a crate that are not allowed, each with its arrows.
fn cycles_of(name: &str, src: &Path) -> Vec<String> {
    let arrows = House::read(src).arrows();
    let is_allowed = |cycle: &BTreeSet<String>| {
        let file = |path: &String| path.rsplit('/').next().unwrap_or(path).to_owned();
        let of_crate = CYCLES.iter().filter(|(of, _)| *of == name);
        let mut allowed = of_crate.map(|(_, files)| files);
        allowed.any(|files| cycle.iter().all(|path| files.contains(&&*file(path))))
    };
    let cycles = cycles(&arrows).into_iter().filter(|cycle| !is_allowed(cycle));
    cycles.map(|cycle| format!("{name}:\n{}", told(&cycle, &arrows))).collect()
}

/// The arrows inside a cycle, one a line.
fn told(cycle: &BTreeSet<String>, arrows: &Arrows) -> String {
    let inside = |from: &String| {
        let to = arrows[from].iter().filter(|(to, _)| cycle.contains(*to));
        let line = |(to, names): (&String, &BTreeSet<String>)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("  {from} takes {} from {to}", names.join(", "))
        };
        to.map(line).collect::<Vec<_>>()
    };
    cycle.iter().flat_map(inside).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_cycle() {
    for (name, _) in ARROWS {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
        let found = cycles_of(name, &src);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

/// Writes a made-up crate; gives its cycles.
fn made_up(files: &[(&str, &str)]) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    for (file, text) in files {
        let path = home.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    cycles_of("made-up", home.path())
}

#[test]
fn a_cycle_is_found_however_the_files_name_each_other() {
    // By `use`, by a path in the code, and by a name that the parent hands on.
    let found = made_up(&[
        ("lib.rs", "pub mod a; mod rooms; pub use rooms::Door;"),
        ("a.rs", "use crate::rooms::{self, Wall as Border}; pub fn a(b: Border) { rooms::open() }"),
        ("rooms/mod.rs", "mod b; mod c; pub(crate) use b::*; pub use c::Door;"),
        ("rooms/b.rs", "pub struct Wall; pub fn open() { super::Door::new() }"),
        ("rooms/c.rs", "pub struct Door; impl Door { pub fn new() { crate::a::a() } }"),
    ]);
    let told = "made-up:\n  a.rs takes Wall, open from rooms/b.rs\n  \
                rooms/b.rs takes Door from rooms/c.rs\n  rooms/c.rs takes a from a.rs";
    assert_eq!(found, [told]);
    // Through the room's own file.
    let found = made_up(&[
        ("lib.rs", "mod a; mod room;"),
        ("a.rs", "pub fn a() -> crate::room::Wall { todo() }"),
        ("room/mod.rs", "mod b; pub struct Wall; fn open() { b::open(); }"),
        ("room/b.rs", "pub fn open() { crate::a::a(); }"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn what_is_no_cycle_is_not_taken_for_one() {
    let found = made_up(&[
        ("lib.rs", "pub mod a; pub mod b; pub struct Root;"),
        // A part and its whole; other crates; comments, texts and tests.
        ("a.rs", "mod part; pub struct A; use part::Part; fn f(_: crate::Root, _: Part) {}"),
        ("a/part.rs", "pub struct Part(super::A); fn g<'a>(_: &'a ::b::B, c: char) { c == '\"' }"),
        (
            "b.rs",
            "use crate::a::A; // use crate::b::B
             /* crate::c */ pub struct B(A, &'static str);
             fn b() { B(A, \"use crate::a; crate::a::A\"); r#\"crate::a::A\"# }",
        ),
        ("a/part/nothing.rs", "use crate::b::B;"),
    ]);
    assert_eq!(found, [] as [String; 0]);
    let with_tests = made_up(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub struct A; #[cfg(test)] mod tests { use crate::b::B; fn t() { B::t() } }"),
        ("b.rs", "use crate::a::A; pub struct B(A); #[cfg(test)] mod absent;"),
    ]);
    assert_eq!(with_tests, [] as [String; 0]);
}
