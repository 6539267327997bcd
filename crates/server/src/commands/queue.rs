//! Where a connection stands between `MULTI` and `EXEC`, and what it has queued.

use node::{Command, Error, List};
use resp::Protocol;

use super::answers::Answers;

/// The most that is queued; as many as a list has.
const QUEUED_MAX: usize = node::REMOVED_KEYS_MAX;

/// Where a connection stands.
#[derive(Debug, Default)]
pub(super) enum Transaction {
    /// Outside.
    #[default]
    None,
    /// After a `MULTI`.
    Open(Box<Queue>),
}

/// What is queued.
#[derive(Debug)]
pub(super) struct Queue {
    list: List,
    answers: Answers,
    /// Something was refused: nothing will run.
    failed: bool,
}

impl Transaction {
    /// One that begins.
    pub(super) fn begin(protocol: Protocol) -> Transaction {
        let answers = Answers::new(protocol);
        Transaction::Open(Box::new(Queue { list: List::default(), answers, failed: false }))
    }

    /// Whether what comes is not to run now.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Transaction::None)
    }

    /// A request was refused: if it stands in a transaction, nothing of that will run.
    pub(super) fn fail(&mut self) {
        if let Transaction::Open(queue) = self {
            queue.failed = true;
        }
    }

    /// What it takes in memory, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        if let Transaction::Open(queue) = self { queue.held_bytes() } else { 0 }
    }
}

impl Queue {
    /// Whether it has room for no more, of so many bytes.
    pub(super) fn is_full(&self, bytes_max: u64) -> bool {
        self.answers.count() == QUEUED_MAX || self.held_bytes() as u64 > bytes_max
    }

    fn held_bytes(&self) -> usize {
        self.list.held_bytes() + self.answers.known_bytes()
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.answers.protocol()
    }

    /// Puts a command behind the others.
    ///
    /// # Errors
    /// If no list can hold it.
    pub(super) fn push(&mut self, command: &Command) -> Result<(), Error> {
        self.list.push(command)?;
        self.answers.expect();
        Ok(())
    }

    /// Puts behind the others what is answered already.
    pub(super) fn know(&mut self, reply: Vec<u8>) {
        self.answers.know(reply);
    }

    /// The commands, and the form of their answers; none if something was refused.
    pub(super) fn into_parts(self) -> Option<(List, Answers)> {
        (!self.failed).then_some((self.list, self.answers))
    }
}
