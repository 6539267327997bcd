//! `candor sim --mutants`: bugs planted on purpose, and whether worlds catch them.

use std::num::NonZero;
use std::process::ExitCode;
use std::thread;

use ::sim::{Mutant, Progress};
use history::{EXIT_GOOD, EXIT_VIOLATED};
use indicatif::{ProgressBar, ProgressStyle};

/// In how many worlds a bug must be caught.
const WORLDS_MAX: u64 = 1000;

/// Plants all bugs, one after the other; one line each.
pub(super) fn hunt(from: u64) -> ExitCode {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mutants = Mutant::all();
    // It shows on a terminal only, on standard error.
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} mutants, {msg} worlds, {elapsed}");
    let progress = ProgressBar::new(mutants.len() as u64);
    progress.set_style(style.expect("the template is valid"));
    let mut worlds = 0_u64;
    let hunted = ::sim::hunt(&mutants, from, WORLDS_MAX, threads, |news| match news {
        Progress::World => {
            worlds += 1;
            progress.set_message(worlds.to_string());
        }
        Progress::Done(hunted) => {
            progress.inc(1);
            progress.suspend(|| println!("{hunted}"));
        }
    });
    progress.finish_and_clear();
    let caught = hunted.iter().filter(|hunted| hunted.caught.is_some()).count();
    println!("{caught} of {} caught, in {worlds} worlds", hunted.len());
    ExitCode::from(if caught == hunted.len() { EXIT_GOOD } else { EXIT_VIOLATED })
}
