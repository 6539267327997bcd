//! The keys of a server into a file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::entry::Format;
use super::error::Failure;
use super::keyspaces;
use super::link::Link;
use super::source::Source;

/// What is to be exported.
#[derive(Clone, Debug)]
pub struct Export {
    /// `HOST:PORT` of the server.
    pub server: String,
    /// In which form.
    pub format: Format,
    /// Only keys that fit this, as in `SCAN … MATCH`.
    pub pattern: Vec<u8>,
    /// Where to; `None`: the standard output.
    pub file: Option<PathBuf>,
}

/// What was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Keys that were written.
    pub keys: u64,
    /// Whether whoever reads the standard output has closed it before the end.
    pub is_cut: bool,
}

/// Writes all keys that fit. `progress` is told how many were written so far.
///
/// # Errors
/// The server cannot be reached, or refuses a read; the file cannot be written. A file that was
/// there is as it was then.
pub fn export(export: &Export, progress: &mut dyn FnMut(u64)) -> Result<Exported, Failure> {
    let mut link = Link::open(&export.server, "--server")?;
    let scans = keyspaces::scans(&mut link, &export.pattern)?;
    let Some(path) = &export.file else {
        let name = Path::new("the standard output");
        let mut out = Out { writer: BufWriter::new(io::stdout().lock()), name };
        return write(export, &mut link, &scans, &mut out, progress);
    };
    let unfinished = unfinished(path);
    let cannot = |what: &str, path: &Path| {
        let path = path.display().to_string();
        let what = what.to_owned();
        move |error: io::Error| Failure::run_time(format!("cannot {what} {path}: {error}"))
    };
    let file = File::create(&unfinished).map_err(cannot("make", &unfinished))?;
    let mut out = Out { writer: BufWriter::new(file), name: path };
    let exported = write(export, &mut link, &scans, &mut out, progress).and_then(|exported| {
        out.writer.get_ref().sync_all().map_err(cannot("sync", &unfinished))?;
        fs::rename(&unfinished, path).map_err(cannot("make", path))?;
        Ok(exported)
    });
    if exported.is_err() {
        // What there is of it is of no use to anybody.
        let _ = fs::remove_file(&unfinished);
    }
    exported
}

/// Where keys go.
struct Out<'a, W: Write> {
    writer: BufWriter<W>,
    name: &'a Path,
}

fn write<W: Write>(
    export: &Export,
    link: &mut Link,
    scans: &[keyspaces::Pattern],
    out: &mut Out<'_, W>,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported, Failure> {
    let (mut keys, mut is_cut) = (0, false);
    let name = out.name.display().to_string();
    let mut source = Source::of(link)?;
    let mut heard = |written: io::Result<()>| match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            is_cut = true;
            Err(Failure::run_time(String::new()))
        }
        written => {
            written.map_err(|error| Failure::run_time(format!("cannot write to {name}: {error}")))
        }
    };
    let written = scans.iter().try_for_each(|scan| {
        source.each(scan, &export.pattern, &mut |entry| {
            heard(entry.write(export.format, &mut out.writer))?;
            keys += 1;
            progress(keys);
            Ok(())
        })
    });
    let written = written.and_then(|()| heard(out.writer.flush()));
    match written {
        Err(_) if is_cut => Ok(Exported { keys, is_cut }),
        written => written.map(|()| Exported { keys, is_cut }),
    }
}

/// What a file is called until it is whole.
fn unfinished(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}
