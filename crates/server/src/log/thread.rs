//! The thread of the log: gathers what is queued, makes it durable, says so.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use node::Ticket;

use super::{Error, Log};

/// Records that the node wants durable.
#[derive(Debug)]
pub(crate) struct Group {
    /// What the node calls them.
    pub ticket: Ticket,
    /// What to write.
    pub records: Bytes,
}

/// What became durable by one sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    /// The last ticket; all before it are durable too.
    pub ticket: Ticket,
    /// How many bytes of records.
    pub bytes: usize,
}

/// The way to the thread. When it is dropped, all that was queued is made durable first.
#[derive(Debug)]
pub(crate) struct Handle {
    /// There until the end.
    sender: Option<Sender<Group>>,
    /// There until the end.
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// Starts the thread. It calls `done` after each sync, and `failed` if one fails, upon which it
    /// takes nothing more.
    pub(crate) fn spawn(
        log: Log,
        done: impl FnMut(Completion) + Send + 'static,
        failed: impl FnOnce(Error) + Send + 'static,
    ) -> Handle {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("log".into())
            .spawn(move || {
                if let Err(error) = run(log, &receiver, done) {
                    failed(error);
                }
            })
            .expect("the system has room for one more thread at the start");
        Handle { sender: Some(sender), thread: Some(thread) }
    }

    /// Queues records. Whoever queues limits how much; see [`Completion::bytes`].
    pub(crate) fn append(&self, group: Group) {
        // If the thread has ended, a sync failed and the process is about to end.
        let _ = self.sender.as_ref().map(|sender| sender.send(group));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Makes one group of all that is queued, again and again, until the other end is gone.
fn run(
    mut log: Log,
    receiver: &Receiver<Group>,
    mut done: impl FnMut(Completion),
) -> Result<(), Error> {
    let mut records = vec![];
    let mut held_back = None;
    while let Some(first) = held_back.take().or_else(|| receiver.recv().ok()) {
        let mut completion = Completion { ticket: first.ticket, bytes: first.records.len() };
        records.push(first.records);
        while let Ok(next) = receiver.try_recv() {
            if completion.bytes + next.records.len() > log.group_bytes() {
                held_back = Some(next);
                break;
            }
            completion.ticket = next.ticket;
            completion.bytes += next.records.len();
            records.push(next.records);
        }
        log.append(&records)?;
        records.clear();
        done(completion);
    }
    Ok(())
}
