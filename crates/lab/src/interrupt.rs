//! Ctrl-C and its kin: they end a run in order; the second one ends it at once.

use std::fmt;
use std::io;

use tokio::signal::unix::{self, SignalKind};

/// A signal that asks the runner to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGINT, which Ctrl-C sends.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
}

impl Signal {
    /// What a shell shows of a process that such a signal ended.
    pub(crate) fn exit_code(self) -> u8 {
        128 + match self {
            Signal::HangUp => 1,
            Signal::Interrupt => 2,
            Signal::Terminate => 15,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Signal::Interrupt => "Ctrl-C",
            Signal::Terminate => "SIGTERM",
            Signal::HangUp => "SIGHUP",
        })
    }
}

/// The signals that ask the runner to end. From its making on they no longer end the process by
/// themselves; the first asks for an end in order, the second for an end at once.
pub(crate) struct Interrupts {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hang_up: unix::Signal,
    /// Those that came.
    came: Vec<Signal>,
}

impl Interrupts {
    /// Begins to listen.
    pub(crate) fn listen() -> io::Result<Interrupts> {
        Ok(Interrupts {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hang_up: unix::signal(SignalKind::hangup())?,
            came: vec![],
        })
    }

    /// Waits until somebody wants an end; at once if somebody did before.
    pub(crate) async fn asked(&mut self) -> Signal {
        loop {
            if let Some(first) = self.came.first() {
                return *first;
            }
            self.receive().await;
        }
    }

    /// Waits until somebody loses patience; at once if somebody did before.
    pub(crate) async fn insisted(&mut self) {
        while self.came.len() < 2 {
            self.receive().await;
        }
    }

    async fn receive(&mut self) {
        let signal = tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.hang_up.recv() => Signal::HangUp,
        };
        self.came.push(signal);
    }
}
