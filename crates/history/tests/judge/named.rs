//! Histories made by hand, each a file with a name, and beside it what the judge must say of it.
//!
//! `NAME.expected` is the report without the path, the answer first and then each level. Set
//! `UPDATE_EXPECTED=1` to write what the judge says now, and read the difference as carefully as
//! code.

use std::path::{Path, PathBuf};

use history::{Budget, History, Level, check, report};

/// Above this the reference tries too many orders.
const REFERENCE_OPERATIONS_MAX: usize = 10;
/// So many of the levels ask for one order of everything.
const ORDERED: usize = 4;
/// The levels that the reference judges.
const LEVELS: &[Level] = &[
    Level::Linearizable,
    Level::Bounded { ms: 0 },
    Level::Bounded { ms: 45 },
    Level::Sequential,
    Level::Causal,
    Level::Cm,
    Level::Cc,
    Level::Pram,
    Level::Wfr,
    Level::Mw,
    Level::Ryw,
    Level::Mr,
];

pub(crate) fn path(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
    folder.join(format!("{name}.jsonl"))
}

pub(crate) fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
    let entries = std::fs::read_dir(folder).expect("the folder of histories");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    files
}

pub(crate) fn read(path: &Path) -> History {
    let text = std::fs::read_to_string(path).expect("a readable file");
    History::from_jsonl(&text).unwrap_or_else(|broken| panic!("{}:{broken}", path.display()))
}

#[test]
fn every_named_history_gets_the_verdicts_beside_it() {
    let mut wrong = Vec::new();
    for path in files() {
        let history = read(&path);
        let said = report("", &history, None, &Budget::default());
        let lines = said.lines.iter().map(|line| line.strip_prefix(": ").unwrap_or(line));
        let lines = lines.chain(["each level:"]).chain(said.details.iter().map(String::as_str));
        let mut text: String = lines.map(|line| format!("{line}\n")).collect();
        text.push_str(&format!("exit {}\n", said.exit_code));
        let expected = path.with_extension("expected");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&expected, &text).expect("a writable file");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != text {
            wrong.push(format!("{} must not be said:\n{text}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_named_history_is_told_about() {
    let folder = path("").with_file_name("README.md");
    let text = std::fs::read_to_string(folder).expect("the table of named histories");
    let told: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(name, what)| {
            let columns: Vec<&str> = what.trim_end_matches('|').split(" | ").collect();
            assert!(columns.len() == 2 && columns[0].len() > 20, "what is {name}?");
            name
        })
        .collect();
    let files = files();
    let stems = files.iter().map(|file| file.file_stem().unwrap_or_default().to_string_lossy());
    assert_eq!(told, stems.collect::<Vec<_>>(), "one line for each, sorted by name");
}

#[test]
fn the_reference_agrees_on_every_named_history() {
    for path in files() {
        let history = read(&path);
        if history.operations.len() > REFERENCE_OPERATIONS_MAX {
            continue;
        }
        // What an append or increment makes is told by an order alone.
        let has_updates = history.operations.iter().any(history::Operation::is_update);
        let has_transactions = history.operations.iter().any(history::Operation::is_transaction);
        let levels = if has_updates { &LEVELS[..ORDERED] } else { LEVELS };
        for &level in levels {
            let verdict = check(&history, level, &Budget::default());
            let expected = match has_transactions {
                true => crate::moments::holds(&history, level),
                false => crate::reference::holds(&history, level),
            };
            assert_eq!(verdict.holds(), expected, "{} {level}", path.display());
            assert_eq!(verdict.is_violated(), !expected, "{} {level}", path.display());
        }
    }
}
