//! A cluster that stays up after its run, for people to look at and to hurt, until Ctrl-C.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::directory::RunDirectory;
use crate::error::Error;
use crate::interrupt::Interrupts;
use crate::nemesis::Nemesis;
use crate::report::server_lines;
use crate::report::terminal::{Look, Terminal};
use crate::servers::cluster::{Cluster, ServerEnd, leader};

/// How long to look for a new leader after a server has ended.
const LEADER_WITHIN: Duration = Duration::from_secs(10);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// A cluster that goes on after its run.
pub(crate) struct Kept {
    pub(crate) cluster: Cluster,
    /// Its proxy is there as long as the servers, which hear of each other through it.
    pub(crate) _nemesis: Nemesis,
    pub(crate) directory: RunDirectory,
}

/// Keeps a cluster up until Ctrl-C if that is `wanted`, then ends it.
pub(crate) async fn hold(
    mut kept: Kept,
    wanted: bool,
    terminal: &mut Terminal,
    interrupts: &mut Interrupts,
) -> Result<(), Error> {
    if wanted {
        tokio::select! {
            _ = interrupts.asked() => {}
            () = watch(&mut kept.cluster, terminal) => {}
        }
        terminal.tell("\nending the cluster");
    }
    kept.cluster.end(interrupts.insisted()).await;
    kept.directory.tidy()?;
    Ok(())
}

/// Tells how to reach the cluster, and what becomes of it; for ever.
async fn watch(cluster: &mut Cluster, terminal: &mut Terminal) {
    let mut led_by = leader(&cluster.ask_all().await);
    terminal.tell(format!("\n{} until Ctrl-C; try", Look::Strong.on("the cluster stays up")));
    for line in server_lines(cluster, led_by) {
        terminal.tell(line);
    }
    loop {
        let ServerEnd { end, .. } = cluster.next_end().await;
        terminal.tell(format!("\n  {}", Look::Bad.on(end.sentence())));
        // A merged keyspace goes on without a leader, and nobody looks for one.
        if led_by.is_some() {
            led_by = new_leader(cluster, terminal).await.or(led_by);
        }
    }
}

/// Looks for the server that leads now.
async fn new_leader(cluster: &Cluster, terminal: &mut Terminal) -> Option<usize> {
    let begun = Instant::now();
    while begun.elapsed() < LEADER_WITHIN {
        if let Some(server) = leader(&cluster.ask_all().await) {
            let after = begun.elapsed().as_millis();
            let pid = cluster.servers()[server].pid();
            terminal.tell(format!("  server {server} (pid {pid}) leads, {after} ms later"));
            return Some(server);
        }
        sleep(PAUSE).await;
    }
    terminal.tell(format!("  no server leads {} s later", LEADER_WITHIN.as_secs()));
    None
}
