//! The tidiness of the house: what no other tool holds it to.

use std::fs;
use std::path::{Path, PathBuf};

/// How many characters a line of comments may have; rustfmt holds code to as many.
const WIDTH: usize = 100;

/// Texts that people write.
const WRITTEN: &[&str] = &["rs", "ts", "cjs", "css", "md", "toml", "json", "py", "sh", "story"];

/// Folders of the repository in which there are such.
const FOLDERS: &[&str] = &["crates", "docs", "bench", "examples", "scenarios", "test"];

/// A file of the repository: its path from the root, and its text.
type File = (String, String);

/// All files with one of these endings.
fn files(endings: &[&str]) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut left: Vec<PathBuf> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    let top = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    left.extend(top.filter(|path| path.is_file()));
    let mut files = vec![];
    while let Some(path) = left.pop() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "node_modules" && name != "target" {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if endings.iter().any(|ending| path.extension().is_some_and(|is| is == *ending)) {
            let from_root = path.strip_prefix(&root).unwrap().display().to_string();
            files.push((from_root, fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(files.len() > 10, "there are files to look at");
    files.sort();
    files
}

/// The lines of files that are not as they should be, with their places.
fn faults(files: &[File], is_fault: impl Fn(&str) -> bool) -> Vec<String> {
    let of_file = |(path, text): &File| {
        let lines = text.lines().zip(1..).filter(|(line, _)| is_fault(line));
        lines.map(|(line, number)| format!("{path}:{number}: {line}")).collect::<Vec<_>>()
    };
    files.iter().flat_map(of_file).collect()
}

#[track_caller]
fn assert_none(faults: Vec<String>, what: &str) {
    assert!(faults.is_empty(), "{what}:\n{}", faults.join("\n"));
}

/// Whether a line is a comment, or ends with one, and is too long.
fn is_wide(line: &str) -> bool {
    let is_comment = ["//", "/*", "* "].iter().any(|mark| line.trim_start().starts_with(mark));
    (is_comment || line.contains("; // ")) && line.chars().count() > WIDTH
}

#[test]
fn comments_are_within_their_columns() {
    assert_none(faults(&files(&["rs", "ts"]), is_wide), "comments of more than 100 columns");
}

#[test]
fn nothing_ends_in_spaces_and_no_line_begins_with_a_tab() {
    let is_fault = |line: &str| line != line.trim_end() || line.starts_with('\t');
    assert_none(faults(&files(WRITTEN), is_fault), "spaces at the end, or a tab");
    let ends_well = |text: &str| text.ends_with('\n') && !text.ends_with("\n\n");
    let all = files(&["rs", "ts", "cjs", "css", "md", "toml", "py", "sh"]);
    let bad = all.into_iter().filter(|(_, text)| !ends_well(text)).map(|(path, _)| path);
    assert_none(bad.collect(), "these do not end with one end of line");
}

#[test]
fn nothing_is_left_to_do_before_a_merge() {
    // Put together, lest this file be found.
    let marks = ["to", "unimplemen", "FIX", "db", "#[ign"];
    let ends = ["do!(", "ted!(", "ME", "g!(", "ore"];
    let marks: Vec<String> =
        marks.iter().zip(ends).map(|(mark, end)| mark.to_string() + end).collect();
    let is_fault = |line: &str| marks.iter().any(|mark| line.contains(mark.as_str()));
    assert_none(faults(&files(&["rs", "ts"]), is_fault), "not finished");
}

#[test]
fn every_source_says_what_it_is() {
    let silent = files(&["rs"]).into_iter().filter(|(_, text)| !text.starts_with("//! "));
    assert_none(silent.map(|(path, _)| path).collect(), "no first line that says what it is");
}

#[test]
fn every_lint_that_is_silenced_says_why() {
    let is_fault = |line: &str| {
        let is_one = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
        is_one.iter().any(|begin| line.trim_start().starts_with(begin))
            && line.ends_with(")]")
            && !line.contains("reason =")
    };
    assert_none(faults(&files(&["rs"]), is_fault), "no reason");
}

#[test]
fn faults_are_found() {
    let long = "x".repeat(WIDTH);
    for line in [format!("// {long}"), format!("    /// {long}"), format!("let a = 1; // {long}")] {
        assert!(is_wide(&line), "{line}");
    }
    assert!(!is_wide(&long) && !is_wide("// short"));
    let files = [("a.rs".to_owned(), "good\nbad\n".to_owned())];
    assert_eq!(faults(&files, |line| line == "bad"), ["a.rs:2: bad"]);
}
