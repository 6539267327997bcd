//! Keys from a file, or from a Redis, into a server.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use bytes::Bytes;
use resp::Value;

use super::entry::Format;
use super::error::Failure;
use super::link::Link;
use super::sink::Sink;
use super::source::Source;
use super::{commands, lines};

/// The name of the standard input.
const STDIN: &str = "-";

/// What is to be imported.
#[derive(Clone, Debug)]
pub struct Import {
    /// `HOST:PORT` of the server that gets the keys.
    pub server: String,
    /// Where they come from.
    pub from: From,
}

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum From {
    /// A file, in this form; without one, as its first byte says. `-`: the standard input.
    File(PathBuf, Option<Format>),
    /// Database 0 of a Redis at this `HOST:PORT`, with this password if it wants one.
    Redis {
        /// Where it listens.
        server: String,
        /// Its password.
        password: Option<String>,
    },
}

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Keys that were written.
    pub written: u64,
    /// Keys that were left out, because their deadline has passed.
    pub expired: u64,
    /// Keys that are no strings and were left out: of each type how many, and one of them.
    pub other_types: BTreeMap<String, (u64, Bytes)>,
    /// Other databases of the Redis that have keys, as it tells of them.
    pub other_databases: Vec<String>,
}

/// Writes all keys. `progress` is told how many were written so far.
///
/// # Errors
/// A server cannot be reached or refuses something, or the file is not understood. What says so
/// also says how many keys were written before.
pub fn import(import: &Import, progress: &mut dyn FnMut(u64)) -> Result<Imported, Failure> {
    let mut sink = Sink::new(Link::open(&import.server, "--server")?);
    let mut imported = Imported::default();
    let read = match &import.from {
        From::File(path, format) => {
            let name = path.display().to_string();
            open(&name)
                .and_then(|mut file| from_file(&name, &mut file, *format, &mut sink, progress))
        }
        From::Redis { server, password } => {
            from_redis(server, password.as_deref(), &mut sink, &mut imported, progress)
        }
    };
    // What was read before something went wrong is written, so that the count is true.
    let flushed = sink.flush();
    progress(sink.written);
    (imported.written, imported.expired) = (sink.written, sink.expired);
    read.and(flushed).map_err(|failure| failure.after(sink.written))?;
    Ok(imported)
}

fn open(name: &str) -> Result<Box<dyn BufRead>, Failure> {
    if name == STDIN {
        return Ok(Box::new(io::stdin().lock()));
    }
    match File::open(name) {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(error) => Err(Failure::bad_file(format!("cannot open {name}: {error}"))),
    }
}

fn from_file(
    name: &str,
    mut file: &mut dyn BufRead,
    format: Option<Format>,
    sink: &mut Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Failure> {
    let first = file.fill_buf();
    let first = first.map_err(|error| Failure::run_time(format!("cannot read {name}: {error}")))?;
    let found = match first.first() {
        Some(b'*') => Format::Resp,
        _ => Format::JsonLines,
    };
    let put = |entry, place: &str| {
        sink.put(&entry, place)?;
        progress(sink.written);
        Ok(())
    };
    match format.unwrap_or(found) {
        Format::JsonLines => lines::read(name, &mut file, put),
        Format::Resp => commands::read(name, &mut file, put),
    }
}

fn from_redis(
    server: &str,
    password: Option<&str>,
    sink: &mut Sink,
    imported: &mut Imported,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Failure> {
    let mut link = Link::open(server, "--from-redis")?;
    if let Some(password) = password {
        let reply = link.ask(&["AUTH", password])?;
        if reply.as_error().is_some() {
            return Err(link.unexpected("AUTH with the password in REDISCLI_AUTH", &reply));
        }
    }
    imported.other_databases = other_databases(&mut link)?;
    let mut source = Source::of(&mut link)?;
    source.each(b"*", b"*", &mut |entry| {
        sink.put(&entry, "")?;
        progress(sink.written);
        Ok(())
    })?;
    imported.other_types = std::mem::take(&mut source.others);
    Ok(())
}

/// The databases beside the first that have keys.
fn other_databases(link: &mut Link) -> Result<Vec<String>, Failure> {
    let reply = link.ask(&["INFO", "keyspace"])?;
    let Some(Ok(text)) = reply.as_bytes().map(std::str::from_utf8) else {
        let mut failure = link.unexpected("INFO keyspace", &reply);
        if matches!(&reply, Value::Error(text) if text.starts_with(b"NOAUTH")) {
            failure.what += "\n  hint: put its password into the environment as REDISCLI_AUTH";
        }
        return Err(failure);
    };
    let lines = text.lines().filter(|line| line.starts_with("db") && !line.starts_with("db0:"));
    Ok(lines.map(str::to_owned).collect())
}
