//! The snapshot of a server, fetched into a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use resp::Value;

use super::error::Failure;
use super::link::Link;

/// How often the server is asked whether the snapshot is in place.
const LOOK: Duration = Duration::from_millis(50);
/// How long no snapshot may be written, though one was asked for, before that is a failure.
const IDLE: Duration = Duration::from_secs(60);
/// How often another snapshot is asked for, where the one before it was replaced before it could be
/// read.
const ATTEMPTS: u32 = 3;
/// So much is asked for at once.
const PART_BYTES: u64 = 1 << 20;

/// Has the server take a snapshot now, and fetches its file. `progress` is told how many bytes have
/// come so far. Gives the number of the snapshot.
///
/// # Errors
/// The server cannot be reached, or cannot take a snapshot; or the file cannot be written.
pub fn fetch_snapshot(
    server: &str,
    file: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, Failure> {
    let mut link = Link::open(server, "--server")?;
    for _ in 0..ATTEMPTS {
        let number = take(&mut link)?;
        if fetch(&mut link, number, file, progress)? {
            return Ok(number);
        }
    }
    Err(link.failure(
        "its snapshots are gone before they can be fetched, or several backups are being taken of it\n  hint: try again \
         when it has less to do",
    ))
}

/// Has a snapshot taken that is begun from now on, and waits until it is in place: its number.
fn take(link: &mut Link) -> Result<u64, Failure> {
    let mut idle_since = Instant::now();
    let before = loop {
        match link.ask(&["CLUSTER-ADMIN", "BACKUP", "BEGIN"])? {
            Value::Integer(before) => break before,
            Value::Error(text) if text.starts_with(b"TRYAGAIN") => sleep(LOOK),
            reply => return Err(link.unexpected("CLUSTER-ADMIN BACKUP BEGIN", &reply)),
        }
    };
    loop {
        let status = Status::ask(link)?;
        if status.number > before {
            return Ok(status.number as u64);
        }
        if status.is_writing {
            idle_since = Instant::now();
        } else if status.is_full {
            return Err(
                link.failure("its disk is full, so it takes no snapshot\n  hint: make room there")
            );
        } else if idle_since.elapsed() > IDLE {
            let why = if status.has_failed { "the last one failed" } else { "none was begun" };
            return Err(link.failure(&format!(
                "it has not taken a snapshot for {} s: {why}\n  hint: its log lines say why",
                IDLE.as_secs()
            )));
        }
        sleep(LOOK);
    }
}

/// What a server says of its snapshots.
struct Status {
    number: i64,
    is_writing: bool,
    has_failed: bool,
    is_full: bool,
}

impl Status {
    fn ask(link: &mut Link) -> Result<Status, Failure> {
        let reply = link.ask(&["CLUSTER-ADMIN", "BACKUP", "STATUS"])?;
        Status::of(&reply).ok_or_else(|| link.unexpected("CLUSTER-ADMIN BACKUP STATUS", &reply))
    }

    fn of(reply: &Value) -> Option<Status> {
        let Value::Array(words) = reply else { return None };
        let field = |name: &str| {
            let mut pairs = words.chunks_exact(2);
            match pairs.find(|pair| pair[0].as_bytes() == Some(name.as_bytes()))?[1] {
                Value::Integer(value) => Some(value),
                _ => None,
            }
        };
        Some(Status {
            number: field("number")?,
            is_writing: field("writing")? != 0,
            has_failed: field("failed")? != 0,
            is_full: field("disk_full")? != 0,
        })
    }
}

/// Fetches the file of a snapshot; false: it is not there any more.
fn fetch(
    link: &mut Link,
    number: u64,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<bool, Failure> {
    let cannot = |what: &str, error: std::io::Error| {
        Failure::run_time(format!("cannot {what} {}: {error}", path.display()))
    };
    let file = File::create(path).map_err(|error| cannot("make", error))?;
    let mut out = BufWriter::new(file);
    let mut offset = 0;
    loop {
        let place = [number, offset, PART_BYTES].map(|number| number.to_string());
        let [number, from, bytes] = place.each_ref().map(String::as_str);
        let reply = link.ask(&["CLUSTER-ADMIN", "BACKUP", "READ", number, from, bytes])?;
        match &reply {
            Value::Nil => return Ok(false),
            Value::Bulk(part) if part.is_empty() => break,
            Value::Bulk(part) => {
                out.write_all(part).map_err(|error| cannot("write to", error))?;
                offset += part.len() as u64;
                progress(offset);
            }
            reply => return Err(link.unexpected("CLUSTER-ADMIN BACKUP READ", reply)),
        }
    }
    let file = out.into_inner().map_err(|error| cannot("write to", error.into_error()))?;
    file.sync_all().map_err(|error| cannot("sync", error))?;
    // It lets go of the snapshot by itself, too, when the connection ends.
    link.ask(&["CLUSTER-ADMIN", "BACKUP", "END"])?;
    Ok(true)
}
