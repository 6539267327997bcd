//! `candor sim`: the seed first, the trace last, the same bytes every time.

use std::process::{Command, Output};

fn sim(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.arg("sim").args(arguments).output().expect("candor runs")
}

#[test]
fn one_world_is_the_same_every_time() {
    let (one, two) = (sim(&["--seed", "42"]), sim(&["--seed", "42"]));
    assert_eq!((one.status.code(), &one.stdout), (Some(0), &two.stdout));
    let text = String::from_utf8(one.stdout).unwrap();
    assert_eq!(text.lines().next(), Some("seed 42"));
    let hash = text.lines().last().and_then(|line| line.strip_prefix("trace ")).unwrap();
    assert!(hash.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)), "{hash}");
}

#[test]
fn the_history_of_a_world_goes_to_the_judge() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.jsonl");
    let file = path.to_str().unwrap();
    assert_eq!(sim(&["--seed", "42", "--history", file]).status.code(), Some(0));
    let mut check = Command::new(env!("CARGO_BIN_EXE_candor"));
    let checked = check.args(["check", file]).output().unwrap();
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn many_worlds_end_with_a_table() {
    let many = sim(&["--seeds", "5", "--from", "7"]);
    let text = String::from_utf8(many.stdout).unwrap();
    assert_eq!(many.status.code(), Some(0), "{text}");
    assert!(text.starts_with("seeds 7 to 11\n") && text.contains("worlds violated"), "{text}");
    assert!(many.stderr.is_empty(), "no progress in a pipe");
}

#[test]
fn one_or_many() {
    assert_eq!(sim(&[]).status.code(), Some(2));
    assert_eq!(sim(&["--seed", "1", "--seeds", "2"]).status.code(), Some(2));
    assert_eq!(sim(&["--seed", "1", "--from", "2"]).status.code(), Some(2));
}

#[test]
fn a_part_of_a_plan() {
    let part = sim(&["--seed", "42", "--only", "0,3", "--clients", "1", "--plan"]);
    let text = String::from_utf8(part.stdout).unwrap();
    assert_eq!(part.status.code(), Some(0), "{text}");
    let numbers: Vec<_> = text
        .lines()
        .skip_while(|line| *line != "plan:")
        .skip(1)
        .map_while(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    assert_eq!(numbers, ["0", "3"], "{text}");
    assert_eq!(sim(&["--seed", "42", "--only", "none"]).status.code(), Some(0));
    let wrong = sim(&["--seed", "42", "--only", "0;3"]);
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text.contains("commas") && text.contains("0;3"), "{text}");
}
