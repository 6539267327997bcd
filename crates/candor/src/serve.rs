//! `candor serve`: one node of a cluster, or one by itself.

use std::path::PathBuf;
use std::process::ExitCode;

use server::{Failure, Options};

/// Serve one node; without flags, a node by itself on 127.0.0.1:6379.
///
/// Exit codes: 0 it was told to end; 1 something failed; 78 a bad configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Who this node is, at least 1.
    #[arg(long, value_name = "N", default_value_t = Options::default().id)]
    id: u64,
    /// Where clients are served.
    #[arg(long, value_name = "HOST:PORT", default_value_t = Options::default().listen)]
    listen: String,
    /// Where the other nodes are received; by default this node's address in --peers.
    #[arg(long, value_name = "HOST:PORT")]
    peer_listen: Option<String>,
    /// The peer addresses of all members, this one included.
    #[arg(long, value_name = "ID=HOST:PORT,…")]
    peers: Option<String>,
    /// Where the data lies.
    #[arg(long, value_name = "DIR", default_value = "./candor-data")]
    data_dir: PathBuf,
    /// The level of the keyspace `default`: linearizable, sequential or eventual.
    #[arg(long, value_name = "NAME", default_value = "linearizable")]
    level: String,
    /// How long a request may take, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = Options::default().request_timeout_ms)]
    request_timeout: u64,
    /// End when standard input ends: so that no server outlives the one who started it.
    #[arg(long, hide = true)]
    exit_with_stdin: bool,
}

pub(crate) fn execute(args: Args) -> ExitCode {
    match options(args).and_then(server::serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            anstream::eprintln!("candor: {failure}");
            ExitCode::from(failure.exit_code)
        }
    }
}

fn options(args: Args) -> Result<Options, Failure> {
    let (order, level) = server::parse_level(&args.level)?;
    Ok(Options {
        id: args.id,
        listen: args.listen,
        peer_listen: args.peer_listen,
        peers: args.peers.as_deref().map_or(Ok(vec![]), server::parse_peers)?,
        data_dir: args.data_dir,
        order,
        level,
        request_timeout_ms: args.request_timeout,
        exit_with_stdin: args.exit_with_stdin,
    })
}
