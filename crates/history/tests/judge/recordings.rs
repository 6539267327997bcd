//! Recordings of every form, each a file with a name, and beside it what is said of it: the answer
//! and the exit code; or why the file is refused.
//!
//! Set `UPDATE_EXPECTED=1` to write what is said now, and read the difference as carefully as code.

use std::path::{Path, PathBuf};

use history::{Budget, History, report, report_broken};

use crate::chance::Chance;

const FORMS: [&str; 4] = ["edn", "json", "jsonl", "log"];

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats");
    let entries = std::fs::read_dir(folder).expect("the folder of recordings");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension().is_some_and(|form| FORMS.iter().any(|known| form == *known))
        })
        .collect();
    files.sort();
    files
}

/// What is said of a file.
fn said(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("a readable file");
    let report = match History::from_bytes(&bytes) {
        Ok(history) => report("", &history, None, &Budget::default()),
        Err(broken) => report_broken("", &broken),
    };
    let lines = report.lines.iter().map(|line| line.strip_prefix(": ").unwrap_or(line));
    let mut text: String = lines.map(|line| format!("{line}\n")).collect();
    text.push_str(&format!("exit {}\n", report.exit_code));
    text
}

#[test]
fn every_recording_gets_the_verdict_beside_it() {
    let mut wrong = Vec::new();
    for path in files() {
        let text = said(&path);
        let mut expected = path.clone().into_os_string();
        expected.push(".expected");
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
fn no_damage_to_a_recording_makes_the_reader_panic() {
    let mut chance = Chance(7);
    let mut files = files();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats");
    files
        .extend(["stored", "fixed", "dynamic"].map(|name| folder.join(format!("{name}.jsonl.gz"))));
    for path in files {
        let good = std::fs::read(&path).expect("a readable file");
        for _ in 0..60 {
            let mut bytes = good.clone();
            for _ in 0..=chance.below(3) {
                damage(&mut bytes, &mut chance);
            }
            // That it is read or refused is all that counts here.
            let _ = History::from_bytes(&bytes);
        }
    }
}

/// Flips, cuts out, doubles or puts in a few bytes.
fn damage(bytes: &mut Vec<u8>, chance: &mut Chance) {
    const SIGNS: &[u8] = b"{}[]()\"\\:#_^;,+-.0123456789eENM \n\t\xff\xf0\0";
    let at = chance.below(bytes.len() as u64 + 1) as usize;
    let end = (at + chance.below(20) as usize).min(bytes.len());
    match chance.below(4) {
        0 => bytes.insert(at, SIGNS[chance.below(SIGNS.len() as u64) as usize]),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << chance.below(8);
            }
        }
    }
}
