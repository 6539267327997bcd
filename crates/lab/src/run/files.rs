//! The scenario files of a run: all are read before anything is started, or refused.

use std::path::PathBuf;

use history::{EXIT_BROKEN, Level};
use serde_json::{Value, json};

use super::{DOCUMENT_VERSION, Options};
use crate::report::terminal::Terminal;
use crate::scenario::{Problem, Refusal, Scenario};

/// A scenario that was read.
pub(super) struct Loaded {
    pub(super) file: PathBuf,
    pub(super) scenario: Scenario,
    pub(super) text: String,
    /// The level was named beside the file.
    pub(super) at_other_level: bool,
}

/// Reads every file once for each level that it is run at.
pub(super) fn load_all(options: &Options) -> Result<Vec<Loaded>, Vec<Refusal>> {
    let own = [None];
    let others: Vec<Option<Level>> = options.levels.iter().copied().map(Some).collect();
    let levels = if others.is_empty() { &own[..] } else { &others };
    let (mut loaded, mut refusals) = (vec![], vec![]);
    for file in &options.files {
        for level in levels {
            match Scenario::load(file, *level) {
                Ok((scenario, text)) => {
                    let (file, at_other_level) = (file.clone(), level.is_some());
                    loaded.push(Loaded { file, scenario, text, at_other_level });
                }
                // What is wrong at every level is said once.
                Err(refusal) if refusals.contains(&refusal) => {}
                Err(refusal) => refusals.push(refusal),
            }
        }
    }
    if refusals.is_empty() { Ok(loaded) } else { Err(refusals) }
}

/// Says what is wrong with the files; nothing was started.
pub(super) fn refuse(refusals: &[Refusal], options: &Options, terminal: &mut Terminal) {
    for refusal in refusals {
        // Bare, so that editors and terminals find the place.
        terminal.complain_bare(refusal);
    }
    if options.json {
        let problem = |refusal: &Refusal| -> Vec<Value> {
            let file = &refusal.file;
            let one = |problem: &Problem| {
                json!({
                    "file": file,
                    "line": problem.place.map(|place| place.line),
                    "column": problem.place.map(|place| place.column),
                    "what": problem.what,
                })
            };
            refusal.problems.iter().map(one).collect()
        };
        let problems: Vec<Value> = refusals.iter().flat_map(problem).collect();
        terminal.print(&json!({
            "candor_run": DOCUMENT_VERSION,
            "problems": problems,
            "exit_code": EXIT_BROKEN,
        }));
    }
}
