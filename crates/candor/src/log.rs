//! `candor log`: a data directory, looked at from outside.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use lab::operator::{EXIT_BAD_FILE, EXIT_FAILURE};
use server::{Inspect, Inspected};

/// Look at the log and the snapshots of a data directory.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Inspect(InspectArgs),
}

/// Tell what is in a data directory: snapshots, segments of the log, and what both say together.
///
/// It changes nothing and locks nothing, so it works beside a server that runs; it says so if one
/// does. Every checksum is looked at.
///
/// A segment is sealed (an empty frame follows its last record), whole, torn (it ends in bytes that
/// are no frame: a write that the machine did not finish, which a start cuts off) or damaged. The
/// lines are for people, and may change.
///
/// Exit codes: 0 nothing is damaged; 1 something cannot be read; 78 something is damaged, or it is
/// no data directory.
#[derive(Debug, clap::Args)]
struct InspectArgs {
    /// The data directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Tell each record of the log, one a line, with the number of its frame.
    #[arg(long)]
    records: bool,
}

pub(crate) fn execute(args: Args) -> ExitCode {
    let Command::Inspect(InspectArgs { directory, records }) = args.command;
    let mut out = BufWriter::new(io::stdout().lock());
    let inspected = server::inspect(&Inspect { data_dir: directory, records }, &mut out);
    if let Err(error) = crate::output::heard(out.flush()) {
        return crate::fail(EXIT_FAILURE, &error);
    }
    match inspected {
        Ok(Inspected::Good) => ExitCode::SUCCESS,
        Ok(Inspected::Damaged) => ExitCode::from(EXIT_BAD_FILE),
        Err(error) => crate::fail(error.exit_code, &error),
    }
}
