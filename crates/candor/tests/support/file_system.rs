//! A small file system of its own, in a file, which can lose its power.

use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Stops a file system at once: what is not on disk yet, its journal included, never gets there
/// (`EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`).
const CUT: &str = "import fcntl, os, struct, sys\n\
    fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";

/// An ext4 in a file. It is unmounted when this goes, whatever became of it.
#[derive(Debug)]
pub(crate) struct FileSystem {
    /// Where it is mounted.
    path: PathBuf,
    home: TempDir,
}

impl FileSystem {
    /// One of this size, in MiB, mounted here. `None`: that cannot be done, which was said.
    pub(crate) fn new(path: &Path, size_mib: u64) -> Option<FileSystem> {
        let home = tempfile::tempdir().unwrap();
        let system = FileSystem { path: path.to_owned(), home };
        let image = std::fs::File::create(system.image()).unwrap();
        image.set_len(size_mib << 20).unwrap();
        std::fs::create_dir_all(path).unwrap();
        // Without room that only root may take.
        let made = run("mkfs.ext4", &["-q", "-m", "0"], &[&system.image()]);
        match made.and_then(|()| system.try_mount()) {
            Ok(()) => Some(system),
            Err(why) => {
                // Past what the test harness keeps to itself. If nobody listens, nobody is told.
                let _ = writeln!(stderr(), "skipped: no ext4 can be mounted here: {why}");
                None
            }
        }
    }

    fn image(&self) -> PathBuf {
        self.home.path().join("image")
    }

    fn try_mount(&self) -> Result<(), String> {
        run("mount", &["-o", "loop"], &[&self.image(), &self.path])
    }

    /// Its power goes. Whoever uses it from now on gets an error.
    pub(crate) fn cut_power(&self) {
        run("python3", &["-c", CUT], &[&self.path]).unwrap();
    }

    /// Its power comes back. Nobody uses it any more by then.
    pub(crate) fn mount_again(&self) {
        super::until("nobody to use the file system", || run("umount", &[], &[&self.path]).ok());
        self.try_mount().unwrap();
    }
}

impl Drop for FileSystem {
    fn drop(&mut self) {
        // Nothing is left of it even if somebody still uses it: its device goes with its last user.
        let _ = run("umount", &["-l"], &[&self.path]);
    }
}

fn run(program: &str, arguments: &[&str], paths: &[&Path]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).args(paths).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
