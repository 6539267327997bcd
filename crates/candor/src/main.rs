//! Candor: a replicated key-value store that is candid about consistency. This is its one binary.

mod check;
mod run;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Requests make many small allocations; this allocator is quicker at them than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A replicated key-value store that is candid about consistency.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Run(run::Args),
    Check(check::Args),
    /// The client process of a run: it speaks with the runner by standard input and output.
    #[command(name = lab::CLIENT_COMMAND, hide = true)]
    Client,
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::execute(args),
        Command::Run(args) => run::execute(args),
        Command::Check(args) => check::execute(&args),
        Command::Client => lab::client(),
    }
}
