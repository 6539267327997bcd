//! The scenarios that are shipped: all of them can be read, at each level of which they say what it
//! shows, and stand in the table beside them.

use std::fs;
use std::path::{Path, PathBuf};

use lab::scenario::Scenario;

#[test]
fn every_shipped_scenario_can_be_run_at_all_its_levels_and_is_told_of() {
    assert_shipped("scenarios", 12);
    assert_shipped("examples", 4);
}

/// All scenarios of this folder, of which there are so many or more.
fn assert_shipped(folder: &str, at_least: usize) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let told = fs::read_to_string(home.join("README.md")).unwrap();
    let mut files: Vec<PathBuf> = fs::read_dir(home)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    assert!(files.len() >= at_least);
    for file in files {
        let load = |level| Scenario::load(&file, level).unwrap_or_else(|error| panic!("{error}")).0;
        let scenario = load(None);
        assert!(scenario.shows.iter().any(|(level, _)| *level == scenario.level), "{file:?}");
        for (level, _) in &scenario.shows {
            assert_eq!(load(Some(*level)).level, *level);
        }
        let name = file.file_name().unwrap().to_str().unwrap();
        let text = scenario.description.expect("a shipped scenario says what it is about");
        assert!(told.contains(&format!("({name})")) && told.contains(&text), "{name} in the table");
    }
}
