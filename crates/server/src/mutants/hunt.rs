//! Plants each bug in a process of its own, and demands that the test which is to catch it does.

use std::collections::BTreeSet;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::tests::{Mutant, VARIABLE};

/// How long a test may take that a bug keeps from coming to its end; then it counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs one test of this binary, with this bug; says how it ended, if it did.
fn run(test: &str, planted: Option<Mutant>) -> Option<ExitStatus> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--test-threads=1"]).env_remove(VARIABLE);
    command.envs(planted.map(|mutant| (VARIABLE, format!("{mutant:?}"))));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

/// Does this for each, on as many threads as there are processors.
fn for_each<T: Send>(all: Vec<T>, work: impl Fn(T) + Sync) {
    let queue = Mutex::new(all.into_iter());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(next) = queue.lock().unwrap().next() else { return };
                    work(next);
                }
            });
        }
    });
}

/// The names of all tests of this binary.
fn known() -> BTreeSet<String> {
    let output =
        Command::new(std::env::current_exe().unwrap()).arg("--list").output().unwrap().stdout;
    let text = String::from_utf8(output).unwrap();
    text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

#[test]
fn each_planted_bug_is_caught_by_its_test() {
    let known = known();
    let tests: BTreeSet<&str> = Mutant::ALL.iter().map(|mutant| mutant.caught_by()).collect();
    for_each(tests.into_iter().collect(), |test| {
        assert!(known.contains(test), "there is no test {test}");
        let sound = run(test, None).is_some_and(|status| status.success());
        assert!(sound, "{test} fails without any bug");
    });
    let missed = Mutex::new(vec![]);
    for_each(Mutant::ALL.to_vec(), |mutant| {
        if run(mutant.caught_by(), Some(mutant)).is_some_and(|status| status.success()) {
            missed.lock().unwrap().push(format!("{} by {}", mutant.name(), mutant.caught_by()));
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "a bug that nothing catches is a hole to close: {missed:#?}");
}
