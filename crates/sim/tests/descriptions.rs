//! Who reads what broke is no programmer of this store: nothing shows the fields of a structure, or
//! a path in the code.

use std::fs;
use std::path::{Path, PathBuf};

use sim::{Mutant, Options, Report, Sabotage, hush, run};

/// Reads what is violated in the first world of each sabotage and each planted bug. Short worlds
/// are enough.
const SEED: u64 = 1;
const OPERATIONS: u64 = 100;

/// All that a report says of what broke.
fn texts(report: &Report) -> Vec<String> {
    let judged = report.judgements.iter().flat_map(|judgement| judgement.lines.clone());
    judged.chain(report.verdict.as_ref().err().map(ToString::to_string)).collect()
}

/// Whether this is how a program prints its own structures.
fn is_of_a_program(text: &str) -> bool {
    ["{ ", "::", "Some(", "b\"", "NodeId("].iter().any(|sign| text.contains(sign))
}

#[test]
fn what_broke_is_told_in_words() {
    hush();
    let sabotages =
        Sabotage::ALL.map(|sabotage| Options { sabotage: Some(sabotage), ..Options::default() });
    let mutants = Mutant::all().into_iter().map(Mutant::options);
    let mut told = 0;
    for options in sabotages.into_iter().chain(mutants) {
        let options = Options { operations: Some(OPERATIONS), ..options };
        for text in texts(&run(SEED, &options)) {
            assert!(!is_of_a_program(&text), "{options:?}: {text}");
            told += 1;
        }
    }
    assert!(told > 20, "{told} texts");
}

/// The lines of a file in which a structure is printed as a program does it, but for tests,
/// assertions and quotes.
fn programs_lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a readable file");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let is_programs = |line: &&str| line.contains(":?}") && !line.contains("from_utf8_lossy");
    code.lines()
        .filter(is_programs)
        .map(|line| format!("{}: {}", path.display(), line.trim()))
        .collect()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a readable folder");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn no_source_prints_a_structure() {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(files.len() > 40, "every room is read: {} files", files.len());
    let lines: Vec<String> = files.iter().flat_map(|path| programs_lines(path)).collect();
    assert_eq!(lines, Vec::<String>::new());
}
