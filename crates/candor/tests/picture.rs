//! The picture: `candor check --html FILE`, and `report.html` of every run.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const STALE: &str = r#"{"candor_history":1,"unit":"ms","level":"linearizable"}
{"client":0,"kind":"write","key":"x","value":"</script><b>","start":0,"end":10}
{"client":1,"kind":"read","key":"x","value":null,"start":20,"end":30}
"#;

const SCENARIO: &str = r#"{"num_servers":1,"consistency_level":"linearizable","clients":[
    {"client_number":0,"server_number":0,"requests":[
        {"type":"set","key":"a","value":"1"},{"type":"get","key":"a"}]}]}"#;

fn candor(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.args(arguments).current_dir(directory).output().expect("candor starts")
}

#[test]
fn check_draws_a_history_that_is_violated() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("stale.jsonl"), STALE).unwrap();
    let plain = candor(directory.path(), &["check", "stale.jsonl"]);
    let drawn = candor(directory.path(), &["check", "--html", "stale.html", "stale.jsonl"]);
    assert_eq!(drawn.status.code(), Some(3));
    assert_eq!(drawn.stdout, plain.stdout, "the picture changes nothing of what is told");
    let html = fs::read_to_string(directory.path().join("stale.html")).unwrap();
    assert!(html.starts_with("<!doctype html>"));
    assert!(html.contains(r#""promised":"linearizable""#));
    assert!(html.contains(r"\u003c/script\u003e\u003cb\u003e"));
    assert!(!html.contains("<b>"));
    assert!(html.contains("candor check stale.jsonl"));
}

#[test]
fn one_picture_shows_one_history() {
    let directory = tempfile::tempdir().unwrap();
    let told = candor(directory.path(), &["check", "--html", "a.html", "a.jsonl", "b.jsonl"]);
    assert_eq!(told.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&told.stderr).contains("one history"));
    assert!(!directory.path().join("a.html").exists());
}

#[test]
fn a_picture_that_cannot_be_written_is_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("stale.jsonl"), STALE).unwrap();
    let told = candor(directory.path(), &["check", "--html", "no/such/place", "stale.jsonl"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stdout).contains("no/such/place"));
    let broken = directory.path().join("broken.jsonl");
    fs::write(&broken, "{").unwrap();
    let told = candor(directory.path(), &["check", "--html", "b.html", "broken.jsonl"]);
    assert_eq!(told.status.code(), Some(78));
    assert!(!directory.path().join("b.html").exists(), "there is nothing to draw");
}

#[test]
fn every_run_leaves_a_picture() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("one.json"), SCENARIO).unwrap();
    let told = candor(directory.path(), &["run", "--seed", "5", "one.json"]);
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let stdout = String::from_utf8_lossy(&told.stdout);
    let line = stdout.lines().find(|line| line.trim_start().starts_with("picture"));
    let path = line.and_then(|line| line.split_whitespace().last()).expect("its path is told");
    let html = fs::read_to_string(directory.path().join(path)).unwrap();
    assert!(path.ends_with("report.html"));
    assert!(html.contains(r#""seed":"5""#) && html.contains("candor run --seed 5 one.json"));
}
