//! Writes the loads on which the judge is set beside its peers, for `bench/judge.py`:
//! `cargo run --release -p history --example loads -- DIRECTORY`. Prints a line for each: the name
//! of its file, how many operations it has, and the levels by which it is to be judged.

use std::path::PathBuf;
use std::process::ExitCode;

mod list;
#[path = "../../benches/loads/mod.rs"]
#[allow(dead_code, reason = "each uses a part of it")]
mod loads;

fn main() -> ExitCode {
    let Some(directory) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: loads DIRECTORY");
        return ExitCode::from(2);
    };
    for load in list::LIST {
        let history = (load.make)();
        let file = directory.join(load.name).with_extension("jsonl");
        if let Err(error) = std::fs::write(&file, history.to_jsonl()) {
            eprintln!("{}: {error}", file.display());
            return ExitCode::FAILURE;
        }
        println!("{} {} {}", load.name, history.operations.len(), load.levels.join(","));
    }
    ExitCode::SUCCESS
}
