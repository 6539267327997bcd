//! The directory that a run leaves behind: the scenario, the history, the servers' logs and the
//! summary; and, while the run lasts, the servers' data.
//!
//! ```text
//! runs/20251122-234501-t3/
//! ├── scenario.json      what was run
//! ├── keyspaces.toml     the keyspaces with which the servers began, if the scenario names some
//! ├── history.jsonl      what happened
//! ├── standings.jsonl    where the servers stood meanwhile, as they said
//! ├── summary.json       the verdict and the figures
//! ├── report.html        all of it as a picture
//! ├── server-0.log …     what each server said
//! ├── client-0.log       what a client complained about, if it did
//! └── data/server-0/ …   the servers' data, while they run
//! ```
//!
//! Beside such directories stand the pages that set levels side by side:
//! `runs/20251122-234501-t1-1-levels.html`.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where runs are kept, below the current directory.
pub const RUNS: &str = "runs";
/// The keyspaces of a run, in its directory, as its servers read them.
pub(crate) const KEYSPACES: &str = "keyspaces.toml";
/// The picture of a run, in its directory.
pub const REPORT: &str = "report.html";
/// How the name of a page ends that sets levels side by side; it stands beside the runs.
const LEVELS: &str = "-levels.html";
/// How much of a log's end is looked at, and how many lines of it are shown.
const TAIL_BYTES_MAX: u64 = 16 << 10;
const TAIL_LINES_MAX: usize = 12;
/// How many runs of one scenario may begin in one second.
const SAME_NAME_MAX: u32 = 1000;

/// The directory of one run.
#[derive(Debug)]
pub(crate) struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Makes a directory below `runs`, named after the time and the scenario, that nobody else has.
    pub(crate) fn create(runs: &Path, scenario: &Path) -> io::Result<RunDirectory> {
        let stem = scenario.file_stem().map_or("run".into(), |stem| stem.to_string_lossy());
        let name = format!("{}-{stem}", stamp(SystemTime::now()));
        fs::create_dir_all(runs).map_err(|error| in_words(error, "make", runs))?;
        for attempt in 1..=SAME_NAME_MAX {
            let name = if attempt == 1 { name.clone() } else { format!("{name}.{attempt}") };
            let path = runs.join(name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(RunDirectory { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(in_words(error, "make", &path)),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{name} is there already")))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one of its files.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        fs::write(&path, content).map_err(|error| in_words(error, "write", &path))
    }

    /// The log of a process, by the name that people call it.
    pub(crate) fn log(&self, process: &str) -> PathBuf {
        self.path.join(format!("{}.log", process.replace(' ', "-")))
    }

    /// Where a server has its data.
    pub(crate) fn data(&self, server: usize) -> PathBuf {
        self.path.join("data").join(format!("server-{server}"))
    }

    /// Removes what is of no use once the servers have ended: their data, and empty logs of
    /// clients.
    pub(crate) fn tidy(&self) -> io::Result<()> {
        let data = self.path.join("data");
        if data.exists() {
            fs::remove_dir_all(&data).map_err(|error| in_words(error, "remove", &data))?;
        }
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let is_client_log = entry.file_name().to_string_lossy().starts_with("client-");
            if is_client_log && entry.metadata()?.len() == 0 {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Writes the page that sets scenarios side by side, next to their runs, under a name that nobody
/// else has: the time, and the first of them.
pub(crate) fn write_levels(runs: &Path, scenario: &Path, html: &[u8]) -> io::Result<PathBuf> {
    let stem = scenario.file_stem().map_or("run".into(), |stem| stem.to_string_lossy());
    let name = format!("{}-{stem}", stamp(SystemTime::now()));
    for attempt in 1..=SAME_NAME_MAX {
        let name = if attempt == 1 { name.clone() } else { format!("{name}.{attempt}") };
        let path = runs.join(format!("{name}{LEVELS}"));
        match fs::File::create_new(&path) {
            Ok(mut file) => {
                file.write_all(html).map_err(|error| in_words(error, "write", &path))?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(in_words(error, "write", &path)),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{name}{LEVELS} is there already")))
}

fn in_words(error: io::Error, verb: &str, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("cannot {verb} {}: {error}", path.display()))
}

/// The last lines of a log; none if it cannot be read.
pub(crate) fn log_tail(path: &Path) -> Vec<String> {
    let read_end = || -> io::Result<Vec<u8>> {
        let mut file = fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES_MAX)))?;
        let mut end = vec![];
        file.take(TAIL_BYTES_MAX).read_to_end(&mut end)?;
        Ok(end)
    };
    let end = read_end().unwrap_or_default();
    let text = String::from_utf8_lossy(&end);
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(TAIL_LINES_MAX);
    lines[first..].iter().map(|line| line.replace(|c: char| c.is_control(), " ")).collect()
}

/// A time in UTC as a name that sorts: `20251122-234501`.
fn stamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
}

/// The civil date so many days after 1970-01-01. Years begin in March here, so that the leap day is
/// the last of its year; eras are the 400 years after which the calendar repeats.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn stamps() {
        let at = |seconds| stamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "19700101-000000");
        assert_eq!(at(951_782_400), "20000229-000000");
        assert_eq!(at(951_868_799), "20000229-235959");
        assert_eq!(at(951_868_800), "20000301-000000");
        assert_eq!(at(1_763_855_101), "20251122-234501");
        assert_eq!(at(4_107_542_399), "21000228-235959");
        assert_eq!(at(4_107_542_400), "21000301-000000");
    }

    #[test]
    fn nobody_gets_a_directory_that_is_there() {
        let runs = tempfile::tempdir().unwrap();
        let names: Vec<PathBuf> = (0..3)
            .map(|_| RunDirectory::create(runs.path(), Path::new("test/t1-1.json")).unwrap().path)
            .collect();
        assert!(names[0] != names[1] && names[1] != names[2]);
        assert!(names[0].to_string_lossy().ends_with("-t1-1"));
    }

    #[test]
    fn a_page_of_levels_takes_nobodys_place() {
        let runs = tempfile::tempdir().unwrap();
        let write = |html: &[u8]| write_levels(runs.path(), Path::new("test/t1-1.json"), html);
        let (first, second) = (write(b"one").unwrap(), write(b"two").unwrap());
        assert_ne!(first, second);
        assert_eq!(
            (fs::read(&first).unwrap(), fs::read(&second).unwrap()),
            (b"one".into(), b"two".into())
        );
        assert!(first.to_string_lossy().ends_with("-t1-1-levels.html"));
        let nowhere = write_levels(&runs.path().join("no"), Path::new("a.json"), b"").unwrap_err();
        assert!(nowhere.to_string().contains("cannot write"), "{nowhere}");
    }

    #[test]
    fn tails_are_short_and_tame() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("l");
        assert!(log_tail(&log).is_empty());
        let lines: String = (0..9000).map(|line| format!("line {line}\x1b[31m\n")).collect();
        fs::write(&log, lines).unwrap();
        let tail = log_tail(&log);
        assert_eq!(tail.len(), 12);
        assert_eq!(tail[11], "line 8999 [31m");
    }

    #[test]
    fn tidying_keeps_what_tells_something() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(runs.path(), Path::new("s.json")).unwrap();
        fs::create_dir_all(run.data(0)).unwrap();
        fs::write(run.log("server 0"), "").unwrap();
        fs::write(run.log("client 0"), "").unwrap();
        fs::write(run.log("client 1"), "it hurts").unwrap();
        run.tidy().unwrap();
        assert!(!run.data(0).exists() && run.log("server 0").exists());
        assert!(!run.log("client 0").exists() && run.log("client 1").exists());
    }
}
