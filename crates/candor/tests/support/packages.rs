//! Packages of other languages, for the clients that people really have: installed under `target/`
//! if they are not there.

use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What the clients for Node.js are; both files lie beside the programs that use them.
const NODE_FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// Where pyzmq lies; `None`: it cannot be had here, which was said.
pub(crate) fn pyzmq() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = || find("pyzmq", "CANDOR_PYZMQ", "import zmq", &["pyzmq==27.1.0"]);
    FOUND.get_or_init(found).as_deref()
}

/// Where redis-py lies, with its parser in C beside the one in Python; `None`: likewise.
pub(crate) fn redis_py() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let packages = ["redis==8.1.0", "hiredis==3.5.0"];
    let found = || find("redis-py", "CANDOR_REDIS_PY", "import redis, hiredis", &packages);
    FOUND.get_or_init(found).as_deref()
}

/// Where ioredis and node-redis lie; `None`: likewise.
pub(crate) fn node_clients() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = || {
        let home = home("node-clients");
        let modules = home.join("node_modules");
        let is_there = || modules.join("ioredis").is_dir() && modules.join("redis").is_dir();
        let had = if is_there() { Ok(()) } else { place(&home, npm) };
        told("ioredis and node-redis", "CANDOR_NODE_CLIENTS", had).then_some(modules)
    };
    FOUND.get_or_init(found).as_deref()
}

fn home(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Packages for Python, which are there if this can be imported.
fn find(name: &str, variable: &str, import: &str, packages: &[&str]) -> Option<PathBuf> {
    let home = home(name);
    let is_there = || {
        let mut python = Command::new("python3");
        python.env("PYTHONPATH", &home).args(["-c", import]);
        python.output().is_ok_and(|output| output.status.success())
    };
    let install = || {
        place(&home, |into| pip(into, packages))?;
        is_there().then_some(()).ok_or_else(|| "it is installed, and cannot be imported".into())
    };
    let had = if is_there() { Ok(()) } else { install() };
    told(name, variable, had).then_some(home)
}

/// Whether it can be had. With the value `required` in its variable, tests fail where it cannot;
/// else they are skipped, with a line.
fn told(name: &str, variable: &str, had: Result<(), String>) -> bool {
    let Err(why) = had else { return true };
    let is_required = std::env::var_os(variable).is_some_and(|value| value == "required");
    assert!(!is_required, "{name} cannot be had ({variable} says that it must be): {why}");
    // Past what the test harness keeps to itself. If nobody listens, nobody is told.
    let _ = writeln!(stderr(), "skipped, because {name} cannot be had: {why}");
    false
}

/// Installs beside the place first: another test run may be doing the same.
fn place(home: &Path, install: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    let beside = home.with_extension(std::process::id().to_string());
    let installed = install(&beside);
    if installed.is_err() || std::fs::rename(&beside, home).is_err() {
        // Where nothing was begun there is nothing to remove.
        let _ = std::fs::remove_dir_all(&beside);
    }
    installed
}

fn pip(into: &Path, packages: &[&str]) -> Result<(), String> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
    run(pip.arg(into).args(packages))
}

fn npm(into: &Path) -> Result<(), String> {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libraries");
    let copy = |name| std::fs::copy(files.join(name), into.join(name)).map(drop);
    let copied = std::fs::create_dir_all(into).and_then(|()| NODE_FILES.iter().try_for_each(copy));
    copied.map_err(|error| error.to_string())?;
    let quiet =
        ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error"];
    run(Command::new("npm").arg("ci").args(quiet).current_dir(into))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let why = || said.lines().next().unwrap_or("it says nothing").to_owned();
    output.status.success().then_some(()).ok_or_else(why)
}
