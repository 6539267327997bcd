//! Stories: what the core does, as a person can read it.
//!
//! Each file in `tests/stories/` is a script. Lines that begin with `> ` are commands, told by
//! [`story::World::command`]; what follows each is what came of it. `UPDATE_STORIES=1 cargo test -p
//! node --test stories` records them anew; read the difference as code. `STORIES=digests_0` goes
//! through those alone whose names contain that.

mod story;

use std::fs;
use std::path::Path;

#[test]
fn stories_go_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5, "the stories are gone");
    let update = std::env::var_os("UPDATE_STORIES").is_some();
    let mut wrong = vec![];
    let only = std::env::var("STORIES").unwrap_or_default();
    for file in files.into_iter().filter(|file| file.to_string_lossy().contains(&only)) {
        let recorded = fs::read_to_string(&file).unwrap();
        let told = story::tell(&recorded);
        if update {
            fs::write(&file, &told).unwrap();
        } else if told != recorded {
            wrong.push(format!("{}:\n{}", file.display(), first_difference(&recorded, &told)));
        }
    }
    assert!(wrong.is_empty(), "these stories went otherwise:\n{}", wrong.join("\n"));
}

#[cfg(feature = "mutants")]
#[test]
fn planted_mutants_change_their_stories() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let mut missed = vec![];
    for mutant in node::Mutant::ALL {
        let Some(name) = mutant.caught_by().filter(|test| test.ends_with(".story")) else {
            continue;
        };
        let recorded = fs::read_to_string(folder.join(name)).unwrap();
        let told = std::panic::catch_unwind(|| {
            let _planted = node::plant(Some(*mutant));
            story::tell(&recorded)
        });
        if told.is_ok_and(|told| told == recorded) {
            missed.push(format!("{} by {name}", mutant.name()));
        }
    }
    assert!(missed.is_empty(), "a bug that nothing catches is a hole to close: {missed:#?}");
}

fn first_difference(recorded: &str, told: &str) -> String {
    let lines = recorded.lines().zip(told.lines()).enumerate();
    match lines.into_iter().find(|(_, (old, new))| old != new) {
        Some((at, (old, new))) => format!("line {}: recorded «{old}», told «{new}»", at + 1),
        None => "one is longer than the other".to_string(),
    }
}
