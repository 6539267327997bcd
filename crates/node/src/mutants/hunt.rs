//! Plants each bug that a unit test is to catch in a process of its own, and demands that the test
//! fails; and keeps the table of those that stories and unit tests catch. (`tests/stories.rs`
//! plants those of the stories.)

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Mutant, VARIABLE};

/// Whether a test of this binary passes, with this bug.
fn passes(test: &str, planted: Option<Mutant>) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]).env_remove(VARIABLE);
    command.envs(planted.map(|mutant| (VARIABLE, format!("{mutant:?}"))));
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("running 1 test\n"), "there is no test {test}");
    output.status.success()
}

/// The bugs that worlds need not catch, and what catches each.
fn all() -> impl Iterator<Item = (Mutant, &'static str)> {
    Mutant::ALL.iter().filter_map(|mutant| Some((*mutant, mutant.caught_by()?)))
}

#[test]
fn each_planted_bug_is_caught_by_its_unit_test() {
    let mut missed = vec![];
    for (mutant, test) in all().filter(|(_, test)| !test.ends_with(".story")) {
        assert!(passes(test, None), "{test} fails without any bug");
        if passes(test, Some(mutant)) {
            missed.push(format!("{} by {test}", mutant.name()));
        }
    }
    assert!(missed.is_empty(), "a bug that nothing catches is a hole to close: {missed:#?}");
}

/// This crate's section of `docs/mutants.md`.
fn section() -> String {
    let row = |(mutant, test): (Mutant, &str)| {
        let (name, what) = (mutant.name(), mutant.what());
        let (class, seen) = (mutant.class(), mutant.seen());
        format!("| `{name}` | {what} | {class} | {seen} | `{test}` |\n")
    };
    format!("{HEAD}{}", all().map(row).collect::<String>())
}

#[test]
fn the_section_of_stories_and_unit_tests_is_that_of_the_code() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/mutants.md");
    let mut text = fs::read_to_string(&path).unwrap();
    let end = text.find("\n## Log and server\n").unwrap_or(text.len());
    let start = text.find(TITLE).unwrap_or(end);
    if std::env::var_os("UPDATE_MUTANTS").is_some() {
        text.replace_range(start..end, &section());
        fs::write(&path, &text).unwrap();
        return;
    }
    let again = "UPDATE_MUTANTS=1 cargo test -p node --features mutants mutants writes it anew";
    assert!(text[start..end] == section(), "{again}");
}

const TITLE: &str = "\n## Stories and unit tests\n";

const HEAD: &str = "
## Stories and unit tests

What no world catches is planted all the same: it makes a cluster slow and not wrong, takes what worlds do not do, or ends in an
assertion. Each such bug must be caught by the story (`crates/node/tests/stories/`) or the unit test that stands beside it: it
passes without the bug, and fails with it.

```console
$ cargo test -p node --features mutants mutants
$ CANDOR_MUTANT=CopyBelieved cargo test -p node --features mutants --test stories stories_go
```

This section is written by `UPDATE_MUTANTS=1 cargo test -p node --features mutants mutants`; a test holds it to the code.

| name | what is wrong | class | seen in the wild | caught by |
|---|---|---|---|---|
";
