//! Bits that flip on the disk of a minority, between the end of a process and its next start: it
//! serves what is right, or it stops and names the file and the place. The judge has the last word.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use support::recorded::draw;
use support::{Cluster, Recording, Server, times, until};

/// Snapshots are taken all the time, and little is kept of the log.
const SMALL: [&str; 4] = ["--snapshot-log-size", "100kb", "--log-memory", "256kb"];
const PADDING_MAX: u64 = 32 << 10;
/// Writes that are acknowledged between two flips.
const ACKNOWLEDGED: u64 = 60;
/// After that, the last frame of a log is sealed: harm to it is harm, and no torn tail. (It takes a
/// second without writes, and snapshots and a busy machine come between.)
const SEALED: Duration = Duration::from_millis(2500);

/// A bit that was flipped.
#[derive(Clone, Debug)]
struct Flip {
    path: PathBuf,
    offset: u64,
    /// The byte as it was.
    before: u8,
    bit: u8,
}

impl Flip {
    /// One bit of one of these files, drawn: as often as not, of a byte that is not zero.
    fn draw(files: &[PathBuf], chance: &mut u64) -> Flip {
        let path = files[(draw(chance) % files.len() as u64) as usize].clone();
        let bytes = fs::read(&path).unwrap();
        let mut offset = (draw(chance) % bytes.len() as u64) as usize;
        if draw(chance).is_multiple_of(2) {
            // The nearest before it, so that what is written is met and not only what is reserved.
            offset = bytes[..=offset].iter().rposition(|byte| *byte != 0).unwrap_or(offset);
        }
        let bit = 1 << (draw(chance) % 8);
        Flip { path, offset: offset as u64, before: bytes[offset], bit }
    }

    fn put(&self, byte: u8) {
        let file = File::options().write(true).open(&self.path).unwrap();
        file.write_all_at(&[byte], self.offset).unwrap();
    }

    /// Whether a line of the log names the file, and where in it something is wrong.
    fn is_named(&self, line: &str) -> bool {
        let file = self.path.file_stem().unwrap().to_str().unwrap();
        let places = ["offset ", "bytes from ", "header", "has version"];
        line.contains(file) && places.iter().any(|place| line.contains(place))
    }

    fn carry_out(&self) {
        self.put(self.before ^ self.bit);
    }

    /// Undoes it, unless the file is gone or was written there since.
    fn undo(&self) {
        let aside = self.path.with_extension("bad");
        if aside.exists() {
            fs::rename(&aside, &self.path).unwrap();
        }
        let Ok(bytes) = fs::read(&self.path) else { return };
        if bytes.get(self.offset as usize) == Some(&(self.before ^ self.bit)) {
            self.put(self.before);
        }
    }
}

/// Everything that a start may read: of the log, and of the snapshots.
fn files(data: &Path) -> Vec<PathBuf> {
    let folders = [data.join("log"), data.join("snapshots")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|is| is == "log" || is == "snap"));
    files.retain(|path| path.metadata().unwrap().len() > 0);
    files.sort();
    files
}

/// How a node took harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Served,
    Stopped,
}

/// Starts a harmed server: it gets ready, or ends. Then what it says names what was harmed, and it
/// starts once that is undone.
#[track_caller]
fn start_harmed(server: &mut Server, flips: &mut Vec<Flip>) -> Taken {
    let said = server.log().len();
    let is_ready = server.try_start().is_ok()
        && until("a harmed node to be ready, or to end", || {
            if server.has_ended() {
                return Some(false);
            }
            let info = server.try_info()?;
            (info["ready"] == "1" && info["raft_leader"] != "0").then_some(true)
        });
    if is_ready {
        return Taken::Served;
    }
    server.wait_if_runs();
    let log = server.log();
    let is_named = log[said..].lines().any(|line| flips.iter().any(|flip| flip.is_named(line)));
    assert!(is_named, "nothing that was harmed is named, {flips:?}: {}", &log[said..]);
    flips.drain(..).for_each(|flip| flip.undo());
    server.start();
    Taken::Stopped
}

#[test]
fn a_minority_with_flipped_bits_serves_what_is_right_or_stops() {
    let mut cluster = Cluster::on_lasting_ports(3, &SMALL);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    let recording = Recording::new("linearizable", PADDING_MAX);
    let (mut chance, mut flips, mut taken) = (0x5eed_0003, vec![], vec![]);
    for _ in 0..times("CANDOR_FLIPS", 8) {
        recording.during(&cluster.ports(), || {
            let enough = recording.acknowledged() + ACKNOWLEDGED;
            until("enough writes", || (recording.acknowledged() >= enough).then_some(()));
        });
        sleep(SEALED);
        let victim = &mut cluster.servers[0];
        victim.kill();
        let flip = Flip::draw(&files(&victim.data_dir), &mut chance);
        flip.carry_out();
        flips.push(flip);
        taken.push(start_harmed(victim, &mut flips));
        victim.wait_until_ready();
    }
    recording.judge(&cluster.servers, cluster.directory());
    let stopped = taken.iter().filter(|taken| **taken == Taken::Stopped).count();
    println!("{} flips: {stopped} times it stopped", taken.len());
}
