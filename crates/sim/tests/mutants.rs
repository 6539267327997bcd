//! Planted bugs are caught: a check that cannot fail is a defect.
//!
//! `candor sim --mutants` plants all of them, in many worlds; here are a few that are quick to
//! catch, and the table of all.

use std::fs;
use std::path::PathBuf;

use sim::{Hunted, Mutant, hunt};

#[test]
fn a_few_are_caught_quickly() {
    let names = [
        "answer-before-commit",
        "pushed-before-sync",
        "no-tombstone",
        "lower-stamp-wins",
        "digest-adds-later",
        "digest-forgets-old",
        "torn-tail",
    ];
    let mutants = names.map(|name| name.parse().expect("it is planted somewhere"));
    for hunted in hunt(&mutants, 1, 40, 1, |_| ()) {
        assert!(hunted.caught.is_some(), "{hunted}");
    }
}

#[test]
fn the_first_world_that_catches_one_does_not_depend_on_threads() {
    let mutants = ["answer-before-commit", "torn-tail"].map(|name| name.parse().unwrap());
    let lines =
        |threads| hunt(&mutants, 1, 40, threads, |_| ()).iter().map(Hunted::to_string).collect();
    let (one, many): (Vec<String>, Vec<String>) = (lines(1), lines(3));
    assert_eq!(one, many);
}

#[test]
fn names_are_told_apart() {
    for mutant in Mutant::all() {
        assert_eq!(mutant.name().parse(), Ok(mutant));
    }
    assert!("no-such-bug".parse::<Mutant>().is_err());
}

/// The text of all files of the node.
fn node_source() -> String {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../node/src")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    text
}

#[test]
fn each_mutant_has_one_site() {
    let source = node_source();
    let mut sites: Vec<String> = source
        .split("mutant!(")
        .skip(1)
        .filter_map(|rest| rest.trim_start().split_once(','))
        .map(|(name, _)| name.into())
        .filter(|name: &String| name.chars().all(char::is_alphanumeric) && name != "Name")
        .collect();
    let mut mutants: Vec<String> =
        node::Mutant::ALL.iter().map(|mutant| format!("{mutant:?}")).collect();
    sites.sort();
    mutants.sort();
    assert_eq!(sites, mutants);
}

/// What a row of the table says without a hunt: name, what it does, class, where it was seen.
fn row(mutant: Mutant) -> String {
    let (name, what, class, seen) = (mutant.name(), mutant.what(), mutant.class(), mutant.seen());
    format!("| `{name}` | {what} | {class} | {seen} |")
}

/// The table of all mutants, as `docs/mutants.md` has it.
fn table() -> String {
    let worlds_max = 1000;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let rows = hunt(&Mutant::all(), 1, worlds_max, threads, |_| ()).into_iter().map(|hunted| {
        let (by, after) = match &hunted.caught {
            Some((worlds, violation)) => (violation.by(), worlds.to_string()),
            None => ("nobody".into(), format!("{worlds_max} in vain")),
        };
        format!("{} {by} | {after} |\n", row(hunted.mutant))
    });
    format!("{HEAD}{}{TAIL}", rows.collect::<String>())
}

#[test]
fn the_table_of_mutants_is_that_of_the_code() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/mutants.md");
    // What follows are the sections of other crates, which have tests of their own.
    let others = |text: &str| text.find("\n## Stories and unit tests\n").unwrap_or(text.len());
    let mut text = fs::read_to_string(&path).unwrap();
    if std::env::var_os("UPDATE_MUTANTS").is_some() {
        text.replace_range(..others(&text), &table());
        fs::write(&path, &text).unwrap();
    }
    text.truncate(others(&text));
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let mutants = Mutant::all();
    let again =
        "UPDATE_MUTANTS=1 cargo test --release -p sim --test mutants writes docs/mutants.md anew";
    assert_eq!(rows.len(), mutants.len(), "{again}");
    for (line, mutant) in rows.iter().zip(mutants) {
        assert!(line.starts_with(&row(mutant)), "{line}\nis not of\n{}\n{again}", row(mutant));
        assert!(
            !line.contains("| nobody |"),
            "a bug that nothing catches is a hole to close: {line}"
        );
    }
    assert!(text.starts_with(HEAD) && text.ends_with(TAIL), "{again}");
}

const HEAD: &str = "\
# Planted bugs, and what catches them

A check that cannot fail is a defect. So bugs are planted on purpose, one at a time, in every node of a world or in what
drives them (`crates/node/src/mutants.rs`, `crates/sim/src/sabotage/mutants.rs`), and the worlds of the simulator must catch each:

```console
$ cargo run --release --features mutants -- sim --mutants
$ cargo run --release --features mutants -- sim --mutant no-tombstone --seed 1
```

Without the cargo feature `mutants` nothing of them is in the program. Only an invariant or the judge catches: an assertion of
the node that fails does not count, nor does a world that does not come to rest, unless the bug is about that. `caught
after` counts worlds from seed 1 on, all of the order that the bug is about (calm ones, `--calm`, for what is slow in calm weather); it changes whenever worlds do, and a number far above a hundred says that worlds are
poor in what the bug needs.

This page is written by `UPDATE_MUTANTS=1 cargo test --release -p sim --test mutants`; a test holds it to the code.

| name | what is wrong | class | seen in the wild | caught by | caught after |
|---|---|---|---|---|---|
";

const TAIL: &str = "
## Classes that wait for what the store cannot do yet

| class | seen in the wild | comes with |
|---|---|---|
| member changes before an entry of the own term is committed | copycat#23, axon-server-se#120 | changes of members |
| snapshot against membership | openraft#1808, canonical/raft#250, redisraft#30 | snapshots and changes of members |
| a snapshot is loaded while another is on its way | dragonfly#2337 | snapshots |
| a write runs again because a snapshot forgot its name | etcd#18424 | snapshots |
| a token of another cluster, epoch or shard is believed; a read ignores the floor of its session | dotnet#5281, #2876 | tokens |
| a bound of staleness that contact alone renews | rqlite#1681, yugabyte-db#31212 | bounded reads |
| a lock without fencing | etcd#10811 | tokens that carry positions |
| one key through both orders | scylladb#11442 | keyspaces beside `default` |
";
