//! `candor export`: the keys of a server into a file.

use std::path::PathBuf;
use std::process::ExitCode;

use lab::operator::{self, Export};

use crate::format;
use crate::progress::Progress;

/// Stands for the standard output.
const STDOUT: &str = "-";

/// Write the keys of a server into a file, with their values and deadlines.
///
/// The server goes on meanwhile: each key is written as it was at some moment of the export. For
/// one moment of all keys take a backup. The keys of all keyspaces are written; which keyspace a
/// key belongs to is for the server that imports it.
///
/// As JSON Lines a key is `{"key":"…","value":"…"}`, with `"expires_at_ms"` (milliseconds since
/// 1970) where it has a deadline, and with `"key_base64"` or `"value_base64"` where the bytes are
/// no UTF-8. As RESP it is `SET key value [PXAT milliseconds]`: `redis-cli --pipe` takes the file.
///
/// Exit codes: 0 all keys are written; 1 something failed, and a file that was there is as it was.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the server listens for clients.
    #[arg(long, value_name = "HOST:PORT", default_value = crate::SERVER)]
    server: String,
    /// In which form.
    #[arg(long, value_name = "jsonl|resp", default_value = "jsonl", value_parser = format::parse)]
    format: operator::Format,
    /// Only keys that fit this pattern, as in SCAN … MATCH.
    #[arg(long = "match", value_name = "PATTERN", default_value = "*")]
    pattern: String,
    /// Where to; `-` is the standard output.
    #[arg(value_name = "FILE", default_value = STDOUT)]
    file: PathBuf,
}

pub(crate) fn execute(args: Args) -> ExitCode {
    let file = Some(args.file).filter(|file| file.as_os_str() != STDOUT);
    let (server, format) = (args.server, args.format);
    let export = Export { server, format, pattern: args.pattern.into_bytes(), file };
    let bar = Progress::of_keys("exported");
    let exported = operator::export(&export, &mut |keys| bar.tell(keys));
    bar.end();
    match exported {
        Ok(exported) if exported.is_cut => ExitCode::SUCCESS,
        Ok(exported) => {
            // The standard output may be the file itself.
            eprintln!("candor: exported {} keys of {}", exported.keys, export.server);
            ExitCode::SUCCESS
        }
        Err(failure) => crate::fail(failure.exit_code, &failure),
    }
}
