//! `candor sim`: the seed first, the trace last, the same bytes every time.

#[path = "support/output.rs"]
mod output;

use std::process::{Command, Output};

use output::assert_lost_output_is_told;

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
    // The level that it promises; to decide the others may take long.
    let text = std::fs::read_to_string(&path).unwrap();
    let header: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let level = header["level"].as_str().expect("a level is promised");
    let checked = check.args(["check", "--level", level, file]).output().unwrap();
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

/// The first world in which this sabotage is caught.
fn seed_of_a_lie() -> String {
    let many = sim(&["--seeds", "60", "--sabotage", "false-refusals", "--no-shrink"]);
    let text = String::from_utf8(many.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("seed ")).expect("it is caught");
    line.split(' ').next().unwrap().to_owned()
}

#[test]
fn a_diagram_of_a_world_that_breaks_a_promise() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("world.html");
    let file = path.to_str().unwrap();
    let seed = &seed_of_a_lie();
    let sabotage = ["--seed", seed, "--sabotage", "false-refusals", "--no-shrink"];
    let plain = sim(&sabotage);
    let drawn = sim(&[&sabotage[..], &["--html", file]].concat());
    assert_eq!(drawn.status.code(), Some(3));
    assert_eq!(drawn.stdout, plain.stdout, "a world that is drawn is the same world");
    let html = std::fs::read_to_string(&path).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains(r#""candor_diagram":2"#));
    let command = format!("candor sim --seed {seed} --sabotage false-refusals");
    assert!(html.contains(&format!("\"command\":\"{command}\"")));
    // Of many worlds it is the first that breaks a promise.
    std::fs::remove_file(&path).unwrap();
    let many = ["--seeds", "60", "--sabotage", "false-refusals", "--no-shrink", "--html", file];
    assert_eq!(sim(&many).status.code(), Some(3));
    assert!(std::fs::read_to_string(&path).unwrap().contains(r#""candor_diagram":2"#));
    let unheard = sim(&["--seed", "2", "--html", "no/such/place/world.html"]);
    assert_eq!(unheard.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unheard.stderr).contains("no/such/place"));
    assert_eq!(sim(&["--seed", "2", "--sabotage", "white"]).status.code(), Some(2));
}

#[test]
fn a_world_that_was_shrunk_is_drawn_shrunk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("world.html");
    let (seed, file) = (&seed_of_a_lie(), path.to_str().unwrap());
    let told = sim(&["--seed", seed, "--sabotage", "false-refusals", "--html", file]);
    assert_eq!(told.status.code(), Some(3));
    let text = String::from_utf8(told.stdout).unwrap();
    let command = text.lines().find_map(|line| line.split_once("brought back by: ")).unwrap().1;
    assert!(
        command.contains("--only") && command.ends_with(" --sabotage false-refusals"),
        "{command}"
    );
    let html = std::fs::read_to_string(&path).unwrap();
    assert!(html.contains(&format!("\"command\":\"{command}\"")), "{command}");
    // And the command brings back what is drawn.
    let again: Vec<&str> = command.split(' ').skip(2).collect();
    let again = String::from_utf8(sim(&again).stdout).unwrap();
    let trace = again.lines().last().and_then(|line| line.strip_prefix("trace ")).unwrap();
    assert!(html.contains(trace), "{again}");
}

#[test]
fn where_every_promise_is_kept_one_world_is_drawn_and_of_many_none() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("world.html");
    let file = path.to_str().unwrap();
    let many = sim(&["--seeds", "2", "--from", "7", "--html", file]);
    assert_eq!(many.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&many.stdout).contains("is not written") && !path.exists());
    assert_eq!(sim(&["--seed", "7", "--html", file]).status.code(), Some(0));
    assert!(std::fs::read_to_string(&path).unwrap().contains("every promise was kept"));
}

#[test]
fn a_story_that_is_lost_is_a_failure_and_a_closed_pipe_is_none() {
    for arguments in [["--seed", "42"], ["--seeds", "1"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command.arg("sim").args(arguments);
        assert_lost_output_is_told(&mut command, 0);
    }
}

#[test]
fn calm_worlds_have_no_faults() {
    let calm = sim(&["--seed", "3", "--calm"]);
    let text = String::from_utf8(calm.stdout).unwrap();
    assert_eq!(calm.status.code(), Some(0), "{text}");
    assert!(text.contains("faults: 0 ") && text.contains("verdict: holds"), "{text}");
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
