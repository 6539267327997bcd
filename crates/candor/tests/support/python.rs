//! Python with pyzmq, for the clients of ZeroMQ that people really have.

use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What is installed if it is not there.
const PACKAGE: &str = "pyzmq==27.1.0";
/// With the value `required`, tests fail where pyzmq cannot be had; else they are skipped, with a
/// line.
const VARIABLE: &str = "CANDOR_PYZMQ";

/// Where pyzmq lies; `None`: it cannot be had here, which was said.
pub(crate) fn pyzmq() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(find).as_deref()
}

fn find() -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pyzmq");
    if is_there(&home) {
        return Some(home);
    }
    match install(&home) {
        Ok(()) => Some(home),
        Err(why) if std::env::var_os(VARIABLE).is_some_and(|value| value == "required") => {
            panic!("{PACKAGE} cannot be had, for which Python needs pip and a package index: {why}")
        }
        Err(why) => {
            // Past what the test harness keeps to itself. If nobody listens, nobody is told.
            let _ = writeln!(stderr(), "zmq: skipped, because {PACKAGE} cannot be had: {why}");
            None
        }
    }
}

fn is_there(home: &Path) -> bool {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", home).args(["-c", "import zmq"]);
    python.output().is_ok_and(|output| output.status.success())
}

/// Installs it beside its place first: another test run may be doing the same.
fn install(home: &Path) -> Result<(), String> {
    let beside = home.with_extension(std::process::id().to_string());
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
    let output = pip.arg(&beside).arg(PACKAGE).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    if std::fs::rename(&beside, home).is_err() {
        std::fs::remove_dir_all(&beside).map_err(|error| error.to_string())?;
    }
    is_there(home).then_some(()).ok_or_else(|| "it is installed, and cannot be imported".into())
}
