//! How a server is told to shut down.

use std::io::{self, Read};
use std::thread;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tracing::info;

use crate::Error;
use crate::logging::info_some;

/// The number of the signal on Linux and macOS.
const SIGXFSZ: i32 = 25;

/// What may end the server.
#[derive(Debug)]
pub(crate) struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
    /// What a terminal sends when it is closed. A server outlives its terminal.
    hang_up: Signal,
    stdin: Option<oneshot::Receiver<()>>,
    /// Taken so that a file that may not grow (`ulimit -f`) is an error of the write, not the end
    /// of the process.
    _file_size: Signal,
}

impl Shutdown {
    /// Listens for SIGTERM and SIGINT and, if so asked, for the end of standard input.
    pub(crate) fn listen(with_stdin: bool) -> Result<Shutdown, Error> {
        let listen = |kind| {
            signal(kind).map_err(|error| {
                Error::run_time(format!("the system lets nobody listen for signals: {error}"))
            })
        };
        Ok(Shutdown {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
            stdin: with_stdin.then(watch_stdin).transpose()?,
            _file_size: listen(SignalKind::from_raw(SIGXFSZ))?,
        })
    }

    /// Waits until the server is to end.
    pub(crate) async fn wait(&mut self) {
        let ignore = async {
            while self.hang_up.recv().await.is_some() {
                info_some!(
                    "SIGHUP is ignored: there is nothing to read again; SIGTERM ends this node"
                );
            }
            std::future::pending().await
        };
        let stdin = async {
            match &mut self.stdin {
                // However its thread ended: nobody holds the other end any more.
                Some(ended) => drop(ended.await),
                None => std::future::pending().await,
            }
        };
        let why = tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            () = ignore => unreachable!("it waits for ever"),
            () = stdin => "the end of standard input",
        };
        info!("ending upon {why}");
    }
}

/// Reads standard input to its end, on a thread of its own: it cannot be polled everywhere.
fn watch_stdin() -> Result<oneshot::Receiver<()>, Error> {
    let (sender, receiver) = oneshot::channel();
    let watch = move || {
        let mut scrap = [0; 256];
        let mut stdin = io::stdin();
        loop {
            match stdin.read(&mut scrap) {
                Ok(0) => break,
                Err(error) if error.kind() != io::ErrorKind::Interrupted => break,
                _ => {}
            }
        }
        let _ = sender.send(());
    };
    match thread::Builder::new().name("stdin".into()).spawn(watch) {
        Ok(_) => Ok(receiver),
        Err(error) => Err(Error::run_time(format!("the system starts no thread: {error}"))),
    }
}
