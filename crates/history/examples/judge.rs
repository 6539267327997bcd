//! Judges files by one level: `cargo run --release -p history --example judge -- LEVEL FILE…`.
//! Prints the verdict, what it took, and the details of what does not hold.

use std::process::ExitCode;
use std::time::Instant;

use history::{Budget, History, Level, check};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let level: Level = match arguments.next().map(|name| name.parse()) {
        Some(Ok(level)) => level,
        Some(Err(unknown)) => {
            eprintln!("{unknown}");
            return ExitCode::from(2);
        }
        None => {
            eprintln!("usage: judge LEVEL FILE…");
            return ExitCode::from(2);
        }
    };
    let mut code = ExitCode::SUCCESS;
    for path in arguments {
        let history = match std::fs::read(&path) {
            Ok(bytes) => History::from_bytes(&bytes),
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::FAILURE;
            }
        };
        match history {
            Err(broken) => {
                eprintln!("{path}:{broken}");
                code = ExitCode::from(78);
            }
            Ok(history) => {
                let start = Instant::now();
                let verdict = check(&history, level, &Budget::default());
                let took = start.elapsed().as_secs_f64() * 1e3;
                println!("{path}: {level} {} in {took:.1} ms", verdict.word());
                if !verdict.holds() {
                    verdict.lines(&history).iter().for_each(|line| println!("  {line}"));
                }
            }
        }
    }
    code
}
