//! Candor: a replicated key-value store that is candid about consistency. This is its one binary.

mod backup;
mod check;
mod cluster;
mod export;
mod format;
mod import;
mod limits;
mod log;
mod output;
mod pages;
mod picture;
mod progress;
mod run;
mod serve;
mod sim;

use std::io::{self, Write};
use std::process::ExitCode;
use std::{panic, process};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

/// Requests make many small allocations; this allocator is quicker at them than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A replicated key-value store that is candid about consistency.
#[derive(Debug, Parser)]
#[command(version = env!("CANDOR_VERSION"), arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<serve::Args>),
    Run(run::Args),
    Check(check::Args),
    Sim(sim::Args),
    Cluster(cluster::Args),
    Drain(cluster::Drain),
    Backup(backup::BackupArgs),
    Verify(backup::VerifyArgs),
    Restore(backup::RestoreArgs),
    Recover(backup::RecoverArgs),
    Export(export::Args),
    Import(import::Args),
    Log(log::Args),
    /// The client process of a run: it speaks with the runner by standard input and output.
    #[command(name = lab::CLIENT_COMMAND, hide = true)]
    Client,
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    if !matches!(command, Command::Sim(_) | Command::Serve(_)) {
        abort_on_panic();
    }
    match command {
        Command::Serve(args) => serve::execute(*args),
        Command::Run(args) => run::execute(args),
        Command::Check(args) => check::execute(&args),
        Command::Sim(args) => sim::execute(&args),
        Command::Cluster(args) => cluster::execute(args),
        Command::Drain(args) => cluster::drain(&args),
        Command::Backup(args) => backup::backup(&args),
        Command::Verify(args) => backup::verify(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Recover(args) => backup::recover(&args),
        Command::Export(args) => export::execute(args),
        Command::Import(args) => import::execute(args),
        Command::Log(args) => log::execute(args),
        Command::Client => lab::client(),
    }
}

/// The server that an operator's command speaks with, if nothing else is said.
const SERVER: &str = "127.0.0.1:6379";

/// Says what a command has done.
fn say(what: &str) -> ExitCode {
    let printed = writeln!(io::stdout().lock(), "{what}");
    match output::heard(printed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(history::EXIT_FAILURE, &error),
    }
}

/// Says why a command failed.
fn fail(exit_code: u8, what: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("candor: {what}");
    ExitCode::from(exit_code)
}

/// A program of which one thread failed must not go on with the others. (In a simulated world, an
/// assertion that fails is a violation like any other; `serve` has last words of its own.)
fn abort_on_panic() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        print(info);
        process::abort();
    }));
}

/// Ends the program because arguments do not go together, with the usage of a subcommand.
fn refuse_arguments(subcommand: &str, what: &str) -> ! {
    let mut cli = Cli::command();
    cli.build();
    let command = cli.find_subcommand_mut(subcommand).expect("it is a subcommand");
    command.error(ErrorKind::ArgumentConflict, what).exit()
}
