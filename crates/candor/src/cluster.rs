//! `candor cluster` and `candor drain`: who is in a cluster that runs, who leads it, and a node
//! that goes away well.

use std::process::ExitCode;

use clap::Subcommand;
use lab::ClusterAsk;

/// Where a node takes clients by default.
const SERVER: &str = "127.0.0.1:6379";

/// See and change who is in a cluster that runs.
///
/// Any member may be asked, on its own machine or through a tunnel: these commands are taken by
/// loopback alone. A change is answered when it is over.
///
/// Exit codes: 0 it is done; 1 it is not.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where a member takes clients.
    #[arg(long, value_name = "HOST:PORT", default_value = SERVER, global = true)]
    server: String,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Who is in it, as the member that is asked sees it: it needs no quorum.
    ///
    /// `matched` is the last entry of the leader's log that a member has acknowledged, `lag` how
    /// many it has not; the leader alone knows.
    Status {
        /// Print one JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// A new member: start it with --join first.
    Add {
        /// Its id, which no member ever had, and where its peers reach it.
        #[arg(value_name = "ID=HOST:PORT", value_parser = member)]
        member: (u64, String),
    },
    /// A member less: it hands on what it has first; with --lose it is gone for good.
    Remove {
        /// The members are gone for good: what only they had is lost.
        #[arg(long)]
        lose: bool,
        /// Who it is; several only with --lose.
        #[arg(value_name = "ID", required = true, value_parser = id)]
        ids: Vec<u64>,
    },
    /// A new member in place of one that is gone for good, as one change.
    Replace {
        /// Who is gone.
        #[arg(value_name = "OLD", value_parser = id)]
        old: u64,
        /// The new one's id, and where its peers reach it.
        #[arg(value_name = "NEW=HOST:PORT", value_parser = member)]
        new: (u64, String),
    },
    /// After an upgrade of all nodes: the cluster may use what this version brings. No node goes
    /// back to the version before from then on.
    Finalize,
    /// This member is to lead.
    Transfer {
        /// Who it is.
        #[arg(value_name = "ID", value_parser = id)]
        id: u64,
    },
    /// A member has another address.
    Move {
        /// Who it is.
        #[arg(value_name = "ID", value_parser = id)]
        id: u64,
        /// Where its peers reach it now.
        #[arg(value_name = "HOST:PORT", value_parser = address)]
        address: String,
    },
}

pub(crate) fn execute(args: Args) -> ExitCode {
    let ask = match args.what {
        What::Status { json } => ClusterAsk::Status { json },
        What::Add { member: (id, address) } => ClusterAsk::Add(id, address),
        What::Remove { lose: true, ids } => ClusterAsk::Lose(ids),
        What::Remove { lose: false, ids } => match ids[..] {
            [id] => ClusterAsk::Remove(id),
            _ => crate::refuse_arguments("cluster", "several are removed with --lose alone"),
        },
        What::Replace { old, new: (id, address) } => ClusterAsk::Replace(old, id, address),
        What::Finalize => ClusterAsk::Finalize,
        What::Transfer { id } => ClusterAsk::Transfer(id),
        What::Move { id, address } => ClusterAsk::Move(id, address),
    };
    ExitCode::from(lab::cluster(&args.server, &ask))
}

/// Have a node go away well: it hands over, answers what it has taken, and ends.
///
/// It takes no new clients from then on, and refuses what else it is asked. What it has answered is
/// on its disk, also what was written with DURABILITY interval. SIGTERM does the same.
///
/// Exit codes: 0 it has ended; 1 it has not.
#[derive(Debug, clap::Args)]
pub(crate) struct Drain {
    /// Where the node takes clients.
    #[arg(long, value_name = "HOST:PORT", default_value = SERVER)]
    server: String,
}

pub(crate) fn drain(args: &Drain) -> ExitCode {
    ExitCode::from(lab::cluster(&args.server, &ClusterAsk::Drain))
}

fn id(word: &str) -> Result<u64, String> {
    match word.parse() {
        Ok(id @ 1..) => Ok(id),
        _ => Err("the id of a node is a number from 1 on".into()),
    }
}

fn address(word: &str) -> Result<String, String> {
    match word.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(word.into()),
        _ => Err("an address is HOST:PORT".into()),
    }
}

fn member(word: &str) -> Result<(u64, String), String> {
    let (id_word, address_word) = word.split_once('=').ok_or("a member is ID=HOST:PORT")?;
    Ok((id(id_word)?, address(address_word)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_an_id_and_an_address() {
        assert_eq!(member("4=host:7104"), Ok((4, "host:7104".into())));
        assert_eq!(member("4=[::1]:7104"), Ok((4, "[::1]:7104".into())));
        for wrong in ["", "4", "0=host:7104", "host:7104", "4=host", "4=:7104", "4=host:high"] {
            assert!(member(wrong).is_err(), "{wrong}");
        }
    }
}
