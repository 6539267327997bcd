//! `candor import`: keys from a file, or from a Redis, into a server.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use lab::operator::{self, Format};
use lab::operator::{EXIT_FAILURE, From, Import, Imported};

use crate::progress::Progress;
use crate::{format, output};

/// The variable from which the password of a Redis is taken, as `redis-cli` does.
const PASSWORD: &str = "REDISCLI_AUTH";

/// Write keys from a file, or from a running Redis, into a server.
///
/// A file is what `candor export` writes: JSON Lines, or SET commands in RESP. A key that is there
/// already gets the new value. A key whose deadline has passed is left out and counted. The first
/// line that is not understood, and the first key that the server refuses, ends the import: the
/// error names it, and says how many keys were written before.
///
/// From Redis come the strings of database 0, with their deadlines; Candor has no other types yet.
/// If it wants a password, the variable REDISCLI_AUTH has it.
///
/// Merged keyspaces have no deadlines: a key with one is refused there.
///
/// Exit codes: 0 all keys are written; 1 something failed, or keys of other types were left out; 78
/// the file is missing or not understood.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["file", "from_redis"])))]
pub(crate) struct Args {
    /// Where the server listens for clients that gets the keys.
    #[arg(long, value_name = "HOST:PORT", default_value = crate::SERVER)]
    server: String,
    /// In which form the file is [default: as its first byte says].
    #[arg(long, value_name = "jsonl|resp", value_parser = format::parse, conflicts_with = "from_redis")]
    format: Option<Format>,
    /// Take the keys from the Redis that listens there.
    #[arg(long, value_name = "HOST:PORT")]
    from_redis: Option<String>,
    /// Keys that are no strings are left out, and that is no failure.
    #[arg(long, requires = "from_redis")]
    skip_other_types: bool,
    /// The file; `-` is the standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) fn execute(args: Args) -> ExitCode {
    let from = match (args.from_redis, args.file) {
        (Some(server), _) => From::Redis { server, password: std::env::var(PASSWORD).ok() },
        (None, Some(file)) => From::File(file, args.format),
        (None, None) => unreachable!("one of them is required"),
    };
    let import = Import { server: args.server, from };
    let bar = Progress::of_keys("imported");
    let imported = operator::import(&import, &mut |keys| bar.tell(keys));
    bar.end();
    match imported {
        Ok(imported) => {
            if let Err(error) = output::heard(tell(&imported, &import.server)) {
                return crate::fail(EXIT_FAILURE, &error);
            }
            match imported.other_types.is_empty() || args.skip_other_types {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(EXIT_FAILURE),
            }
        }
        Err(failure) => crate::fail(failure.exit_code, &failure),
    }
}

/// What was imported; what was not, and why.
fn tell(imported: &Imported, server: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "imported {} keys into {server}", imported.written)?;
    if imported.expired > 0 {
        writeln!(out, "left out {} keys whose deadline has passed", imported.expired)?;
    }
    for (kind, (count, one)) in &imported.other_types {
        writeln!(out, "left out {count} keys of type {kind}, such as {}", one.escape_ascii())?;
    }
    if !imported.other_types.is_empty() {
        writeln!(
            out,
            "  hint: Candor has strings alone: keep each of these in one (as JSON, say); --skip-other-types makes that no failure"
        )?;
    }
    for database in &imported.other_databases {
        writeln!(out, "left out a database beside 0: {database}")?;
    }
    Ok(())
}
